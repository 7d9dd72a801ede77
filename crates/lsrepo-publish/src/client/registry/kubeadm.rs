//! kubeadm: it names images, and the container runtime pulls them.
//!
//! With the runtime's mirrors set up it needs nothing: `registry.k8s.io/…` is found here under its own name, and that is
//! the better way, for it is also that of all other images of a cluster. The file here is for those who may not touch
//! the runtime's mirrors. `etcd` and `pause` follow `imageRepository` by themselves, CoreDNS does not: upstream it lies one
//! folder deeper, and kubeadm knows that only of its own default.

use super::{ConfigFile, Server, containerd};
use lsrepo_oci::RegistryHost;

/// Where Kubernetes' own images are, since 1.25 and before.
const NEW: &str = "registry.k8s.io";
const OLD: &str = "k8s.gcr.io";

pub(super) fn files(server: &Server, hosts: &[&RegistryHost]) -> Vec<ConfigFile> {
    let has = |wanted: &str| hosts.iter().any(|host| host.as_str() == wanted);
    let old = has(OLD) && !has(NEW);
    let (registry, version) = if old { (OLD, "v1beta2") } else { (NEW, "v1beta3") };
    let images = format!("{}/{registry}", server.name);
    let text = format!(
        "apiVersion: kubeadm.k8s.io/{version}\nkind: ClusterConfiguration\n\
         # Said, or kubeadm asks the Internet for the newest: kubernetesVersion: v1.x.y\n\
         imageRepository: {images}\n\
         # Before Kubernetes 1.21 CoreDNS was not in a folder of its own: leave these two lines out.\n\
         dns:\n  imageRepository: {images}/coredns\n"
    );
    let config = ConfigFile::part("kubeadm.yaml", text)
        .noted("kubeadm init --config kubeadm.yaml; what it will pull: kubeadm config images list --config kubeadm.yaml")
        .noted("not needed where the runtime has its mirrors (--print-config containerd, crio): then leave it out, images keep their names")
        .noted(format!("with it, containerd's sandbox image must be named alike: sandbox_image = \"{images}/pause:TAG\""));
    let mut files = vec![config];
    if server.insecure {
        files.push(containerd::own(server).noted("containerd: the server speaks plain http"));
        let text = format!("[crio.image]\ninsecure_registries = [\"{}\"]\n", server.name);
        files.push(ConfigFile::whole("/etc/crio/crio.conf.d/90-lsrepo.conf", text).noted("CRI-O: the same"));
    }
    files
}
