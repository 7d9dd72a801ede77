//! `/setup/?os=&tool=`: set up a client: the exact commands and files for one OS and one tool.

use super::{
    Made, Page, View,
    ask::address,
    layout::Place,
    markup::{Markup, commands},
    search::select,
};
use crate::site::Repository;
use lsrepo_oci::RegistryHost;
use lsrepo_publish::client::{BaseUrl, ConfigFile, RegistryClient, registry_config};
use lsrepo_types::{Family, Os};

/// Whose images most clusters want, where none is carried yet.
const USUAL: [&str; 5] = ["docker.io", "ghcr.io", "k8s.gcr.io", "quay.io", "registry.k8s.io"];

/// What can be set up, besides the container tools, and what it is for.
const OTHERS: [(&str, &str); 3] =
    [("packages", "Packages: apt, dnf, yum"), ("helm", "Helm charts: helm"), ("files", "Files: curl")];

pub(super) fn page(view: &View<'_>) -> Made {
    let site = view.site;
    let systems: Vec<&Os> = site.repositories.keys().collect();
    let asked = view.form.get("os");
    let os = systems.iter().copied().find(|os| os.as_str() == asked).or(systems.first().copied());
    let client = RegistryClient::ALL.into_iter().find(|client| client.as_str() == view.form.get("tool"));
    let other = OTHERS.into_iter().find(|(word, _)| *word == view.form.get("tool")).map(|(word, _)| word);
    let usual = if systems.is_empty() { "containerd" } else { "packages" };
    let tool = client.map(RegistryClient::as_str).or(other).unwrap_or(usual);
    let way = match (tool, os) {
        ("packages", Some(os)) => packages(view, os),
        ("packages", None) => Markup::of("p", "This snapshot holds no packages."),
        ("helm", _) => helm(view),
        ("files", _) => files(view),
        _ => runtime(view, tool.parse().unwrap_or(RegistryClient::Containerd)),
    };
    let content = Markup::of("h1", "Set up a client")
        .then(Markup::of("p class=\"lead\"", "Choose what the host runs. The commands name this server as you reached it."))
        .then(choice(&systems, os, tool))
        .then(Markup::element("div id=\"way\"", way));
    Ok(Some(Page { place: Place::Setup, title: "Set up a client".into(), content, per_host: true }))
}

fn choice(systems: &[&Os], os: Option<&Os>, tool: &str) -> Markup {
    let systems = systems.iter().map(|os| (os.as_str().to_owned(), os.as_str().to_owned()));
    let runtimes = RegistryClient::ALL.into_iter().map(|client| (client.as_str(), words(client)));
    let [packages, others @ ..] = OTHERS;
    let tools = [packages].into_iter().chain(runtimes).chain(others).map(|(word, text)| (word.to_owned(), text.to_owned()));
    let systems = match os {
        Some(os) => select("os", "System", "", systems, os.as_str()),
        None => Markup::default(),
    };
    let inner = systems.then(select("tool", "Tool", "", tools, tool)).then(Markup::fixed("<button type=\"submit\">Show</button>"));
    Markup::element(
        "form class=\"fields\" action=\"/setup/\" data-live=\"way\" data-keep=\"setup\" aria-label=\"System and tool\"",
        inner,
    )
    .then(Markup::fixed("\n"))
}

fn words(client: RegistryClient) -> &'static str {
    match client {
        RegistryClient::Containerd => "Images: containerd, Kubernetes, k3s",
        RegistryClient::Docker => "Images: docker",
        RegistryClient::Podman => "Images: podman, buildah, skopeo",
        RegistryClient::Crio => "Images: CRI-O",
        RegistryClient::Kubeadm => "Images: kubeadm",
    }
}

/// What a host of this OS runs, as root.
pub(super) fn script_commands(base: &BaseUrl, os: &Os, repository: &Repository) -> String {
    let then = match repository {
        Repository::Apt(_) => "apt-get update",
        Repository::Yum(_) => "yum makecache",
    };
    format!("curl -fsSO {base}/setup/{os}.sh\nsh {os}.sh && {then}")
}

fn packages(view: &View<'_>, os: &Os) -> Markup {
    let Some(repository) = view.site.repositories.get(os) else { return Markup::default() };
    let script = address(&["setup", &format!("{os}.sh")], &[]);
    let mut way = Markup::of("h2", format!("Packages on {os}"))
        .then(Markup::fixed("<p>As root. Other sources are moved aside, and the key comes along. "))
        .then(Markup::link(&script, Markup::fixed("Read the script")))
        .then(Markup::fixed(" before you run it.</p>"))
        .then(commands("Set up packages", &script_commands(view.base, os, repository)));
    // A fresh host of Debian may have neither curl nor wget; what apt brings along can download too.
    if matches!(repository, Repository::Apt(_)) {
        let text =
            format!("/usr/lib/apt/apt-helper download-file {}/setup/{os}.sh {os}.sh\nsh {os}.sh && apt-get update", view.base);
        way = way.then(Markup::of("h3", "Without curl")).then(commands("Set up packages without curl", &text));
    }
    let install = if os.family() == Family::Debian { "apt-get install NAME" } else { "dnf install NAME" };
    way.then(Markup::of("h3", "Then"))
        .then(commands("Install a package", install))
        .then(Markup::of("h3", "Back again"))
        .then(commands("Put the sources back", &format!("sh {os}.sh --revert")))
        .then(Markup::of("h3", "By hand"))
        .then(Markup::fixed("<p>The host's own configuration, with the key from <a href=\"/keys/\">/keys/</a>.</p>"))
        .then(commands("The sources file", &repository.by_hand(view.base)))
}

fn runtime(view: &View<'_>, client: RegistryClient) -> Markup {
    let carried: Vec<RegistryHost> = view.site.images.hosts().cloned().collect();
    let hosts = match carried.is_empty() {
        true => USUAL.iter().filter_map(|host| host.parse().ok()).collect(),
        false => carried,
    };
    let file = |file: &ConfigFile| {
        let heading = Markup::element("h3", Markup::of("code", &file.path));
        let part = if file.part { Markup::of("p", "Lines for a file that may be there already:") } else { Markup::default() };
        let notes: Markup = file.notes.iter().map(|note| Markup::of("p class=\"dim\"", note)).collect();
        heading.then(part).then(commands(&format!("Content of {}", file.path), &file.text)).then(notes)
    };
    let restart = match client {
        RegistryClient::Docker => Some("systemctl restart docker"),
        RegistryClient::Crio => Some("systemctl restart crio"),
        _ => None,
    };
    let restart = restart.map(|text| Markup::of("h3", "Then").then(commands("Restart", text))).unwrap_or_default();
    Markup::of("h2", words(client))
        .then(Markup::fixed("<p>With these files images are found here under their upstream names.</p>"))
        .then(registry_config(client, view.base, &hosts).iter().map(file).collect())
        .then(restart)
}

fn helm(view: &View<'_>) -> Markup {
    let text = format!("helm repo add carried {}/files/charts\nhelm repo update\nhelm search repo carried", view.base);
    Markup::of("h2", "Helm charts").then(commands("Set up Helm", &text)).then(Markup::fixed(
        "<p>The images that charts use are found once the <a href=\"/setup/?tool=containerd\">container runtime</a> is set up.</p>",
    ))
}

fn files(view: &View<'_>) -> Markup {
    let text = format!(
        "curl -fsSO {0}/files/SHA256SUMS\ncurl -fSO --create-dirs --output-dir DIR {0}/files/NAME\nsha256sum --check --ignore-missing SHA256SUMS",
        view.base
    )
    .replace(" --create-dirs --output-dir DIR", "");
    Markup::of("h2", "Files by name")
        .then(Markup::fixed("<p>Nothing has to be set up. <code>NAME</code> is the name that the list of files shows.</p>"))
        .then(commands("Download a file", &text))
}
