//! containerd: a folder of `hosts.toml` files, one for each registry, and one for all others.

use super::{ConfigFile, Server};
use lsrepo_oci::RegistryHost;

/// Where nerdctl, k3s and containerd 2 look by themselves.
pub(in super::super) const FOLDER: &str = "/etc/containerd/certs.d";

pub(super) fn files(server: &Server, hosts: &[&RegistryHost]) -> Vec<ConfigFile> {
    let mut files = vec![main_file(), others(server)];
    files.extend(hosts.iter().map(|host| {
        let note = format!("# {host} is asked for here, and nowhere else: as `server` there is nothing to fall back to.\n");
        hosts_toml(server, host.as_str(), &note)
    }));
    files.push(own(server));
    files
}

/// Images that are called by the server's own name: `repo.example:8080/quay.io/org/app`.
pub(super) fn own(server: &Server) -> ConfigFile {
    hosts_toml(server, &server.name, "# The server itself.\n")
}

fn hosts_toml(server: &Server, host: &str, note: &str) -> ConfigFile {
    ConfigFile::whole(format!("{FOLDER}/{host}/hosts.toml"), format!("{note}server = \"{}\"\n\n{}", server.url, entry(server)))
}

fn others(server: &Server) -> ConfigFile {
    let note = "# All registries without a folder here are asked for at the server first, then at their own address.\n";
    ConfigFile::whole(format!("{FOLDER}/_default/hosts.toml"), format!("{note}{}", entry(server)))
}

/// containerd 1.6 reads no file without such an entry.
fn entry(server: &Server) -> String {
    let ca = match (server.insecure, server.ca) {
        (true, _) => String::new(),
        (false, Some(file)) => format!("  ca = \"{file}\"\n"),
        (false, None) => {
            "  # ca = \"/etc/containerd/lsrepo-ca.crt\"    # where this machine does not know who signed the certificate\n"
                .to_owned()
        }
    };
    format!("[host.\"{}\"]\n  capabilities = [\"pull\", \"resolve\"]\n{ca}", server.url)
}

fn main_file() -> ConfigFile {
    let text = format!(
        "# containerd 1.x (version = 2):\n\
         [plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"{FOLDER}\"\n\
         # containerd 2.x (version = 3) looks there by itself; to be plain:\n\
         # [plugins.\"io.containerd.cri.v1.images\".registry]\n#   config_path = \"{FOLDER}\"\n"
    );
    ConfigFile::part("/etc/containerd/config.toml", text)
        .noted("then: systemctl restart containerd; changes of the other files are seen without that")
        .noted("`registry.mirrors` and `registry.configs` of older set-ups must go: containerd takes no two ways at once")
        .noted(format!("ctr does not read this file: ctr images pull --hosts-dir {FOLDER} IMAGE"))
}
