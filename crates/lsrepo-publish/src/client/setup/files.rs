//! The files that a host gets, as functions of the script: `put PATH <<'LSREPO_FILE'`.

use super::{CA_PATH, PackageSource, Setup};
use crate::client::{
    KEY_PATH, RegistryClient, SourcesForm, debian_sources, key_lines,
    registry::{CONTAINERD_FOLDER, server_name, trusting_config},
    yum,
};

pub(super) const YUM_REPO_PATH: &str = "/etc/yum.repos.d/lsrepo.repo";
const APT_CA_PATH: &str = "/etc/apt/apt.conf.d/90lsrepo";
const END: &str = "LSREPO_FILE";

pub(super) fn apt_source_path(form: SourcesForm) -> String {
    format!("/etc/apt/sources.list.d/lsrepo.{}", form.extension())
}

/// All of them. `ca` is the authority, checked.
pub(super) fn functions(setup: &Setup<'_>, ca: Option<&str>) -> String {
    let mut text = "\n# The files of this host.\n".to_owned();
    let origin = format!("{} from {}; undo: sh /var/lib/lsrepo-client/setup.sh --revert", setup.os(), setup.base_url());
    let ca_path = ca.map(|_| CA_PATH);
    text.push_str(&function("ca_pem", ca.map(|pem| here("cat", pem))));
    match setup.source {
        PackageSource::Apt(apt) => {
            let source = debian_sources(apt.os, apt.base_url, apt.components);
            let mut files = vec![
                put(KEY_PATH, &key_lines(apt.repository_key)),
                put(&apt_source_path(SourcesForm::of(apt.os)), &format!("# {origin}\n{source}")),
            ];
            files.extend(
                ca_path.map(|file| put(APT_CA_PATH, &format!("// {origin}\n{}", apt_authority(apt.base_url.as_str(), file)))),
            );
            text.push_str(&function("files_apt", files));
        }
        PackageSource::Yum(source) => {
            let (repo, keys) = yum::setup_files(&source, ca_path);
            let keys = keys.iter().map(|(path, text)| put(path, text));
            text.push_str(&function("files_yum", keys.chain([put(YUM_REPO_PATH, &format!("# {origin}\n{repo}"))])));
        }
    }
    text + &containers(setup, &origin, ca_path)
}

fn containers(setup: &Setup<'_>, origin: &str, ca_path: Option<&'static str>) -> String {
    let whole = |client| {
        let files = trusting_config(client, setup.base_url(), setup.registry_hosts, ca_path);
        files.into_iter().filter(|file| !file.part)
    };
    let authority = |folder: &str| {
        let path = format!("{folder}/{}/ca.crt", server_name(setup.base_url()));
        ca_path.map(|_| format!("ca_pem >\"$plan/pem\"\nput \"{path}\" <\"$plan/pem\"\n"))
    };
    let commented = |text: &str| format!("# {origin}\n{text}");
    let hosts = whole(RegistryClient::Containerd)
        .map(|file| put(&file.path.replacen(CONTAINERD_FOLDER, "$certs", 1), &commented(&file.text)));
    let main =
        format!("version = 2\n\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"{CONTAINERD_FOLDER}\"\n");
    let registries = whole(RegistryClient::Podman).map(|file| put(&file.path, &commented(&file.text)));
    let crio = whole(RegistryClient::Crio).filter(|file| file.path.starts_with("/etc/crio/"));
    let docker = trusting_config(RegistryClient::Docker, setup.base_url(), setup.registry_hosts, ca_path);
    let members = docker.iter().map(|file| file.text.as_str()).find(|text| text.contains('"'));
    [
        function("files_containerd", hosts),
        function("files_containerd_config", [put("/etc/containerd/config.toml", &commented(&main))]),
        function("files_docker", authority("/etc/docker/certs.d")),
        function("docker_json", members.map(|json| here("cat", json))),
        function("files_containers", registries.chain(authority("/etc/containers/certs.d"))),
        function("files_crio", crio.map(|file| put(&file.path, &commented(&file.text)))),
    ]
    .concat()
}

/// For this host alone, but for those that apt's names of options cannot spell.
fn apt_authority(base_url: &str, file: &str) -> String {
    let authority = base_url.split_once("://").map_or(base_url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    match authority.starts_with('[') {
        true => format!("Acquire::https::CaInfo \"{file}\";\n"),
        false => format!("Acquire::https::{}::CaInfo \"{file}\";\n", authority.split(':').next().unwrap_or_default()),
    }
}

fn function(name: &str, body: impl IntoIterator<Item = String>) -> String {
    let body: String = body.into_iter().collect();
    match body.is_empty() {
        true => format!("{name}() {{ :; }}\n"),
        false => format!("{name}() {{\n{body}}}\n"),
    }
}

fn put(path: &str, text: &str) -> String {
    here(&format!("put \"{path}\""), text)
}

/// A command with a text before it. No line of the text can end it, though none of ours ever would.
fn here(command: &str, text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("LSREPO_")).fold(String::new(), |all, line| all + line + "\n");
    format!("{command} <<'{END}'\n{lines}{END}\n")
}
