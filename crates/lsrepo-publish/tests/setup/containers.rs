//! Container tools: files of their own, and lines in files that are there.

use crate::{
    host::{CA, Host, PLAIN, SECURE, script},
    program::program,
    stories::assert_same,
};

const HOSTS: [&str; 3] = ["docker.io", "quay.io", "old.example:5000"];

/// Sets up one tool on a host with this file, shows that file after it, and reverts.
fn with(path: &str, text: Option<&str>, url: &str, tool: &str) -> (String, String) {
    let host = Host::debian();
    text.iter().for_each(|text| host.write(path, text));
    let (before, script) = (host.tree(), script("debian-12", url, &HOSTS));
    let said = host.well(&script, &["--only", tool]);
    let after = host.read(path);
    host.well(&script, &["--status"]);
    host.well(&script, &["--revert"]);
    assert_same(&host.tree(), &before);
    (after, said)
}

fn containerd(text: &str) -> (String, String) {
    with("/etc/containerd/config.toml", Some(text), PLAIN, "containerd")
}

#[test]
fn tools_that_are_there_are_set_up_where_there_are_images() {
    let host = Host::debian();
    for folder in ["/etc/docker", "/etc/containers/x", "/etc/crio"] {
        std::fs::create_dir_all(host.path(folder)).unwrap();
    }
    host.write("/usr/bin/containerd", "");
    host.mode("/usr/bin/containerd", 0o755);
    let before = host.tree();
    host.well(&script("debian-12", SECURE, &[]), &[]);
    assert!(!host.path("/etc/containerd").exists() && !host.path("/etc/docker/daemon.json").exists());
    let said = host.well(&script("debian-12", SECURE, &HOSTS), &[]);
    let quay = host.read("/etc/containerd/certs.d/quay.io/hosts.toml");
    assert!(quay.contains("server = \"https://repo.example:8443\"") && quay.contains("ca = \"/etc/lsrepo/ca.crt\""), "{quay}");
    assert!(host.read("/etc/containers/registries.conf.d/900-lsrepo.conf").contains("location = \"repo.example:8443/quay.io\""));
    for folder in ["docker", "containers"] {
        assert_eq!(host.read(&format!("/etc/{folder}/certs.d/repo.example:8443/ca.crt")), CA);
    }
    for line in ["systemctl restart containerd", "systemctl reload docker"] {
        assert!(said.contains(line), "{said}");
    }
    host.well(&script("debian-12", PLAIN, &HOSTS), &[]);
    assert!(host.read("/etc/docker/daemon.json").contains("\"insecure-registries\": [\"repo.example:8080\"]"));
    assert!(host.read("/etc/crio/crio.conf.d/90-lsrepo.conf").contains("repo.example:8080"));
    host.well(&script("debian-12", PLAIN, &[]), &["--revert"]);
    assert_same(&host.tree(), &before);
}

#[test]
fn containerd_is_told_where_to_look_once() {
    let debian = "version = 2\n\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n    [plugins.\"io.containerd.grpc.v1.cri\".cni]\n      bin_dir = \"/usr/lib/cni\"\n";
    let line = "config_path = \"/etc/containerd/certs.d\"\n";
    let two = "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n";
    assert_eq!(containerd(debian).0, format!("{debian}\n{two}  {line}"));
    let table = format!("version = 2\n  {two}  x = 1\n[a]\nconfig_path = \"\"\n");
    assert_eq!(containerd(&table).0, format!("version = 2\n  {two}      {line}  x = 1\n[a]\nconfig_path = \"\"\n"));
    let three = "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\n  config_path = ''\n";
    assert_eq!(containerd(three).0, format!("version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\n      {line}"));
    let new = with("/etc/containerd/config.toml", None, PLAIN, "containerd").0;
    assert!(new.ends_with(&format!("version = 2\n\n{two}  {line}")), "{new}");
}

#[test]
fn a_file_of_containerd_that_says_it_or_is_beyond_us_stays() {
    let two = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n";
    let set = format!("{two}  config_path = \"/etc/containerd/certs.d:/etc/docker/certs.d\"\n");
    assert_eq!(containerd(&set).0, set);
    let off = "disabled_plugins = [\"cri\"]\n#[plugins]\n";
    assert_eq!(containerd(off).0, off);
    let inline = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n  registry = { x = 1 }\n".to_owned();
    for unclear in
        [format!("{two}[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\n"), inline, "[plugins]\n".into()]
    {
        let (after, said) = containerd(&unclear);
        assert_eq!(after, unclear);
        assert!(said.contains("is not as simple") && said.contains("config_path = \"/etc/containerd/certs.d\""), "{said}");
    }
}

#[test]
fn a_folder_that_containerd_already_reads_is_taken() {
    let host = Host::debian();
    host.write(
        "/etc/containerd/config.toml",
        "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\nconfig_path = \"/etc/c\"\n",
    );
    host.well(&script("debian-12", PLAIN, &HOSTS), &["--only", "containerd"]);
    assert!(host.path("/etc/c/quay.io/hosts.toml").exists() && !host.path("/etc/containerd/certs.d").exists());
}

#[test]
fn docker_keeps_what_it_was_told_but_not_the_mirrors_of_others() {
    if program("python3").is_none() && program("jq").is_none() {
        return;
    }
    let old = "{\"log-driver\": \"x\", \"registry-mirrors\": [\"http://old\"], \"insecure-registries\": [\"a:1\"]}";
    let (after, _) = with("/etc/docker/daemon.json", Some(old), PLAIN, "docker");
    let json: serde_json::Value = serde_json::from_str(&after).unwrap();
    let expected = serde_json::json!({
        "log-driver": "x",
        "registry-mirrors": ["http://repo.example:8080"],
        "insecure-registries": ["repo.example:8080", "a:1"],
    });
    assert_eq!(json, expected);
}

#[test]
fn a_file_of_docker_that_is_none_stays_and_is_told() {
    let (after, said) = with("/etc/docker/daemon.json", Some("{ broken"), PLAIN, "docker");
    assert_eq!(after, "{ broken");
    assert!(
        said.contains("cannot be merged here") && said.contains("\"registry-mirrors\": [\"http://repo.example:8080\"]"),
        "{said}"
    );
}
