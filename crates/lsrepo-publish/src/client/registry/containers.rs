//! podman, buildah, skopeo and CRI-O: one library, and its `registries.conf`.

use super::{ConfigFile, Server};
use lsrepo_oci::RegistryHost;

pub(super) fn podman(server: &Server, hosts: &[&RegistryHost]) -> Vec<ConfigFile> {
    let file = registries(server, hosts).noted("for podman, buildah and skopeo; read anew by each of their commands");
    vec![match hosts.iter().any(|host| host.is_docker_hub()) {
        true => file.noted("short names: `unqualified-search-registries = [\"docker.io\"]` in /etc/containers/registries.conf"),
        false => file,
    }]
}

pub(super) fn crio(server: &Server, hosts: &[&RegistryHost]) -> Vec<ConfigFile> {
    let mut files = vec![registries(server, hosts).noted("then: systemctl reload crio")];
    if server.insecure {
        let text = format!("[crio.image]\ninsecure_registries = [\"{}\"]\n", server.name);
        let file = ConfigFile::whole("/etc/crio/crio.conf.d/90-lsrepo.conf", text);
        files.push(file.noted("for versions that do not go by `insecure` above"));
    }
    files
}

fn registries(server: &Server, hosts: &[&RegistryHost]) -> ConfigFile {
    let name = &server.name;
    let mut text = String::from("# A registry's images are taken from below its name on the server, and nowhere else.\n");
    for host in hosts {
        // A part of a repository's path has no `:`, so that a registry with a port cannot stand there.
        match host.as_str().contains(':') {
            true => {
                text.push_str("# Its port cannot stand in a path: these are found where no other registry has the same path.\n");
                text.push_str(&registry(server, host.as_str(), name));
            }
            false => text.push_str(&registry(server, host.as_str(), &format!("{name}/{host}"))),
        }
    }
    text.push_str("# The server itself.\n");
    text.push_str(&registry(server, name, name));
    let file = ConfigFile::whole("/etc/containers/registries.conf.d/900-lsrepo.conf", text);
    match server.insecure {
        true => file,
        false => file
            .noted(format!("where this machine does not know who signed the certificate: /etc/containers/certs.d/{name}/ca.crt")),
    }
}

fn registry(server: &Server, prefix: &str, location: &str) -> String {
    let insecure = if server.insecure { "insecure = true\n" } else { "" };
    format!("[[registry]]\nprefix = \"{prefix}\"\nlocation = \"{location}\"\n{insecure}\n")
}
