//! How container tools are pointed at this server: exact files, for each tool in its own words.
//!
//! An image keeps the name that it has upstream. There are three ways to ask for it here, and each tool has its best one:
//! containerd says in every request whose image it wants (`?ns=quay.io`); podman and CRI-O are told to write
//! `server/quay.io/org/app` for `quay.io/org/app`; Docker asks mirrors for Docker Hub's images alone, so that all
//! others are called by their long name. None of them may ask the upstream when the server says no: behind an air gap
//! that ends in an error about DNS, which hides what the server said.
//!
//! Sources: containerd `docs/hosts.md`, containers-registries.conf(5), crio.conf.d(5), dockerd(8), kubeadm's
//! `ClusterConfiguration`.

mod containerd;
mod containers;
mod docker;
mod kubeadm;
mod server;
#[cfg(test)]
mod tests;

use super::BaseUrl;
pub(super) use containerd::FOLDER as CONTAINERD_FOLDER;
use lsrepo_oci::RegistryHost;
use lsrepo_types::nearest;
use server::Server;
use std::str::FromStr;

/// A tool that pulls images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistryClient {
    /// containerd, and with it Kubernetes, nerdctl and k3s
    Containerd,
    /// dockerd
    Docker,
    /// podman, buildah and skopeo
    Podman,
    /// CRI-O
    Crio,
    /// kubeadm, which only names images; the runtime below it pulls
    Kubeadm,
}

impl RegistryClient {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Containerd, Self::Docker, Self::Podman, Self::Crio, Self::Kubeadm];

    /// As it is written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Containerd => "containerd",
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Crio => "crio",
            Self::Kubeadm => "kubeadm",
        }
    }
}

/// A word that is none of the known tools.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not a container tool (known: containerd, docker, podman, crio, kubeadm){}", text.escape_debug(), near.map(|near| format!("\nhint: did you mean {near}?")).unwrap_or_default())]
pub struct RegistryClientError {
    text: String,
    near: Option<&'static str>,
}

impl FromStr for RegistryClient {
    type Err = RegistryClientError;
    fn from_str(text: &str) -> Result<Self, RegistryClientError> {
        let text: String = text.chars().take(80).collect();
        match text.to_ascii_lowercase().as_str() {
            "cri-o" => Ok(Self::Crio),
            "buildah" | "skopeo" => Ok(Self::Podman),
            word => Self::ALL.into_iter().find(|client| client.as_str() == word).ok_or_else(|| {
                let near = nearest(word, Self::ALL.map(Self::as_str));
                RegistryClientError { text, near }
            }),
        }
    }
}

/// A file of a client, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// where it belongs on the client's machine
    pub path: String,
    /// whether these are lines for a file that is there already, and not the whole file
    pub part: bool,
    /// what to know about it, for people: one line each, not in the file
    pub notes: Vec<String>,
    /// its content
    pub text: String,
}

impl ConfigFile {
    fn whole(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), part: false, notes: Vec::new(), text }
    }

    fn part(path: impl Into<String>, text: String) -> Self {
        Self { part: true, ..Self::whole(path, text) }
    }

    fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// The files that make a tool take its images from the server at `base_url`, for the upstreams that have images there.
/// Registries are asked at the root of a host: a path in `base_url` does not count.
///
/// ```
/// # use lsrepo_publish::client::{RegistryClient, registry_config, render_config};
/// let files = registry_config(RegistryClient::Podman, &"http://repo.example:8080".parse()?, &["quay.io".parse()?]);
/// assert_eq!(files[0].path, "/etc/containers/registries.conf.d/900-lsrepo.conf");
/// assert!(files[0].text.contains("prefix = \"quay.io\"\nlocation = \"repo.example:8080/quay.io\"\ninsecure = true\n"));
/// assert!(render_config(&files).starts_with("# file: /etc/containers/registries.conf.d/900-lsrepo.conf\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn registry_config(client: RegistryClient, base_url: &BaseUrl, hosts: &[RegistryHost]) -> Vec<ConfigFile> {
    files_of(client, &Server::of(base_url), hosts)
}

/// [`registry_config`], for machines that have the authority of the server's certificate in the file `ca`.
pub(super) fn trusting_config(
    client: RegistryClient,
    base_url: &BaseUrl,
    hosts: &[RegistryHost],
    ca: Option<&'static str>,
) -> Vec<ConfigFile> {
    files_of(client, &Server { ca, ..Server::of(base_url) }, hosts)
}

/// How the server is called in front of an image's name: `repo.example:8080`.
pub(super) fn server_name(base_url: &BaseUrl) -> String {
    Server::of(base_url).name
}

fn files_of(client: RegistryClient, server: &Server, hosts: &[RegistryHost]) -> Vec<ConfigFile> {
    let mut hosts: Vec<&RegistryHost> = hosts.iter().filter(|host| host.as_str() != server.name).collect();
    hosts.sort();
    hosts.dedup();
    match client {
        RegistryClient::Containerd => containerd::files(server, &hosts),
        RegistryClient::Docker => docker::files(server, &hosts),
        RegistryClient::Podman => containers::podman(server, &hosts),
        RegistryClient::Crio => containers::crio(server, &hosts),
        RegistryClient::Kubeadm => kubeadm::files(server, &hosts),
    }
}

/// All files as one text, each below a line that says where it belongs.
pub fn render_config(files: &[ConfigFile]) -> String {
    let mut text = String::new();
    for file in files {
        if !text.is_empty() {
            text.push('\n');
        }
        let part = if file.part { " (add this to it)" } else { "" };
        text.push_str(&format!("# file: {}{part}\n", file.path));
        file.notes.iter().for_each(|note| text.push_str(&format!("# {note}\n")));
        text.push_str(&file.text);
    }
    text
}
