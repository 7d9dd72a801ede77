use super::*;

const HOSTS: [&str; 4] = ["registry.k8s.io", "docker.io", "quay.io", "old.example:5000"];

fn files(client: RegistryClient, base: &str) -> Vec<ConfigFile> {
    let hosts = HOSTS.map(|host| host.parse().unwrap());
    registry_config(client, &base.parse().unwrap(), &hosts)
}

fn file(client: RegistryClient, base: &str, path: &str) -> String {
    files(client, base).into_iter().find(|file| file.path.ends_with(path)).unwrap().text
}

#[test]
fn containerd_has_a_folder_for_each_registry_and_falls_back_to_none_of_them() {
    let paths: Vec<String> = files(RegistryClient::Containerd, "http://repo:8080").into_iter().map(|file| file.path).collect();
    let folders = ["_default", "docker.io", "old.example:5000", "quay.io", "registry.k8s.io", "repo:8080"];
    assert_eq!(paths[0], "/etc/containerd/config.toml");
    assert_eq!(paths[1..], folders.map(|folder| format!("/etc/containerd/certs.d/{folder}/hosts.toml")));
    let text = file(RegistryClient::Containerd, "http://repo:8080", "quay.io/hosts.toml");
    let entry = "[host.\"http://repo:8080\"]\n  capabilities = [\"pull\", \"resolve\"]\n";
    assert!(text.ends_with(&format!("\nserver = \"http://repo:8080\"\n\n{entry}")), "{text}");
    let others = file(RegistryClient::Containerd, "http://repo:8080", "_default/hosts.toml");
    assert!(others.ends_with(entry), "{others}");
    assert!(!others.contains("server ="), "other registries of the site stay reachable");
}

#[test]
fn podman_finds_images_below_the_name_of_their_registry() {
    let text = file(RegistryClient::Podman, "http://repo.example:8080/x", "900-lsrepo.conf");
    let has = |prefix: &str, location: &str| {
        let wanted = format!("[[registry]]\nprefix = \"{prefix}\"\nlocation = \"{location}\"\ninsecure = true\n");
        assert!(text.contains(&wanted), "{wanted}\n{text}");
    };
    has("docker.io", "repo.example:8080/docker.io");
    has("quay.io", "repo.example:8080/quay.io");
    has("old.example:5000", "repo.example:8080");
    has("repo.example:8080", "repo.example:8080");
    assert!(!file(RegistryClient::Podman, "https://repo.example", "900-lsrepo.conf").contains("insecure"));
}

#[test]
fn cri_o_is_told_of_plain_http_twice() {
    let insecure = file(RegistryClient::Crio, "http://repo:8080", "90-lsrepo.conf");
    assert_eq!(insecure, "[crio.image]\ninsecure_registries = [\"repo:8080\"]\n");
    assert_eq!(files(RegistryClient::Crio, "https://repo:8443").len(), 1);
}

#[test]
fn docker_has_a_mirror_for_docker_hub_and_long_names_for_the_others() {
    let files = files(RegistryClient::Docker, "http://repo:8080");
    let json: serde_json::Value = serde_json::from_str(&files[0].text).unwrap();
    assert_eq!(json, serde_json::json!({"registry-mirrors": ["http://repo:8080"], "insecure-registries": ["repo:8080"]}));
    let notes = files[0].notes.join("\n");
    assert!(notes.contains("docker pull repo:8080/quay.io/NAME:TAG") && !notes.contains("repo:8080/docker.io"), "{notes}");
    let quay = registry_config(RegistryClient::Docker, &"https://repo:8443".parse().unwrap(), &["quay.io".parse().unwrap()]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&quay[0].text).unwrap(), serde_json::json!({}));
}

#[test]
fn kubeadm_is_told_where_coredns_is() {
    let text = file(RegistryClient::Kubeadm, "http://repo:8080", "kubeadm.yaml");
    assert!(text.contains("\nimageRepository: repo:8080/registry.k8s.io\n"), "{text}");
    assert!(text.ends_with("\ndns:\n  imageRepository: repo:8080/registry.k8s.io/coredns\n"), "{text}");
    let old = registry_config(RegistryClient::Kubeadm, &"http://repo:8080".parse().unwrap(), &["k8s.gcr.io".parse().unwrap()]);
    assert!(old[0].text.starts_with("apiVersion: kubeadm.k8s.io/v1beta2\n") && old[0].text.contains("repo:8080/k8s.gcr.io\n"));
}

#[test]
fn a_server_is_never_taken_for_a_user_of_docker_hub() {
    for (base, name) in [
        ("http://repo", "repo:80"),
        ("https://repo", "repo:443"),
        ("http://repo.example", "repo.example:80"),
        ("https://repo.example", "repo.example"),
        ("http://Repo.Example:8080/x", "repo.example:8080"),
        ("https://[fe80::1]", "[fe80::1]"),
        ("http://[fe80::1]", "[fe80::1]:80"),
        ("http://[fe80::1]:81", "[fe80::1]:81"),
    ] {
        let server = Server::of(&base.parse().unwrap());
        assert_eq!((server.name.as_str(), server.url.split_once("://").unwrap().1), (name, name), "{base}");
    }
}

#[test]
fn one_text_says_where_each_file_belongs() {
    for client in RegistryClient::ALL {
        let all = files(client, "http://repo:8080");
        let text = render_config(&all);
        assert_eq!(text.matches("# file: ").count(), all.len());
        assert!(text.ends_with('\n') && text.starts_with("# file: "), "{text}");
        assert_eq!(client.as_str().parse::<RegistryClient>().unwrap(), client);
        assert!(!registry_config(client, &"http://repo".parse().unwrap(), &[]).is_empty());
    }
    assert!(render_config(&files(RegistryClient::Docker, "http://repo:8080")).contains("daemon.json (add this to it)\n# then: "));
    assert!("podmam".parse::<RegistryClient>().unwrap_err().to_string().ends_with("did you mean podman?"));
}
