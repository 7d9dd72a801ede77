//! The folder that LambdaStack's own roles install from, so that they work unchanged: `custom_repository_url` is its
//! address.
//!
//! ```text
//! packages/             yum: repodata/ and packages; apt: a flat repository; both where both are shown
//! files/NAME            by their last names; packages that came by URL too, which roles hand to apt and yum as files
//! grafana_dashboards/   some of them again, where Epiphany 2 looks for them
//! images/haproxy-2.2.2-alpine.tar          docker-archives
//! charts/system/        index.yaml and charts
//! centos-7/arm64/       all of that again for this platform alone
//! ```
//! A cluster has one distribution, so the top shows one platform ([`shown_at_the_top`]); every platform has a folder
//! of its own.

mod finding;
mod names;
#[cfg(test)]
mod tests;

pub use finding::Finding;
pub use names::{archive_name, is_dashboard, long_archive_name};

use crate::{Entry, Parts, Tree};
use lsrepo_oci::Reference;
use lsrepo_types::{Digest, Platform, RelPath};
use std::sync::Arc;

/// What a platform has to show.
#[derive(Clone, Debug)]
pub struct Offer {
    /// `centos-7/arm64`
    pub platform: Platform,
    /// its yum repository, or its flat apt repository
    pub packages: Tree,
    /// different packages
    pub package_count: u64,
    /// its files, and packages that came by URL, in the order in which names are given away
    pub files: Vec<OfferedFile>,
    /// its charts, which are among the files too
    pub charts: Vec<OfferedFile>,
    /// `index.yaml` of those
    pub chart_index: Vec<u8>,
    /// its images, in the order in which names are given away
    pub images: Vec<OfferedImage>,
}

/// A blob of the store with a name, which may have folders in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfferedFile {
    /// `grafana_dashboards/grafana_dashboard_405.json`
    pub name: String,
    /// its bytes
    pub digest: Digest,
    /// how many there are
    pub size: u64,
}

/// An image as an archive.
#[derive(Clone, Debug)]
pub struct OfferedImage {
    /// what it is called after it was loaded
    pub reference: Reference,
    /// a docker-archive
    pub archive: Arc<Parts>,
}

/// The platforms whose content is at the top, the first one first: of those that are `wanted`, or else the one with the most
/// packages, and the one of the other family with the most packages where it is for the same architecture: the metadata
/// of apt and yum lie side by side, and images and files of two architectures do not.
pub fn shown_at_the_top(offers: &[Offer], wanted: &[Platform]) -> Vec<Platform> {
    let has = |platform: &Platform| offers.iter().any(|offer| offer.platform == *platform);
    if !wanted.is_empty() {
        return wanted.iter().filter(|platform| has(platform)).cloned().collect();
    }
    let most = |fits: &dyn Fn(&Platform) -> bool| {
        let fitting = offers.iter().filter(|offer| fits(&offer.platform));
        fitting.reduce(|most, offer| if offer.package_count > most.package_count { offer } else { most }).map(|one| &one.platform)
    };
    let Some(first) = most(&|_| true) else { return Vec::new() };
    let beside = most(&|other| other.os.family() != first.os.family() && other.arch == first.arch);
    std::iter::once(first).chain(beside).cloned().collect()
}

/// The whole folder, with the content of the platforms in `top` at its top, and what does not show as one might expect.
pub fn folder(offers: &[Offer], top: &[Platform]) -> (Tree, Vec<Finding>) {
    let (mut folder, mut findings) = (Tree::default(), Vec::new());
    let mut shown: Vec<(&Offer, Tree)> = Vec::new();
    for offer in offers {
        let tree = of_one(offer, &mut findings);
        let Platform { os, arch } = &offer.platform;
        for (path, entry) in &tree.entries {
            add(&mut folder, &format!("{os}/{arch}/{path}"), entry.clone());
        }
        shown.push((offer, tree));
    }
    let at = |platform: &&Platform| shown.iter().find(|(offer, _)| offer.platform == **platform);
    for (offer, tree) in top.iter().filter_map(|platform| at(&platform)) {
        join(&mut folder, offer, tree, &mut findings);
    }
    // What yum calls a folder, apt calls a file; apt does without the plain one where it has a packed one.
    if !folder.children("packages/Packages").is_empty() {
        folder.entries.remove("packages/Packages");
    }
    (folder, findings)
}

/// The folder of one platform.
fn of_one(offer: &Offer, findings: &mut Vec<Finding>) -> Tree {
    let mut tree = Tree::default();
    for (path, entry) in &offer.packages.entries {
        add(&mut tree, &format!("packages/{path}"), entry.clone());
    }
    let last = |file: &OfferedFile| file.name.rsplit('/').next().unwrap_or_default().to_owned();
    for file in &offer.files {
        let (name, entry) = (last(file), Entry::Blob { digest: file.digest, size: file.size });
        match add(&mut tree, &format!("files/{name}"), entry.clone()) {
            Added::Yes => {}
            Added::Taken => findings.push(Finding::File { platform: offer.platform.clone(), name: file.name.clone() }),
            Added::NoName => findings.push(Finding::Name { platform: offer.platform.clone(), name: file.name.clone() }),
        }
        if is_dashboard(&file.name) {
            add(&mut tree, &format!("grafana_dashboards/{name}"), entry);
        }
    }
    add(&mut tree, "charts/system/index.yaml", Entry::Bytes(Arc::from(offer.chart_index.as_slice())));
    for chart in &offer.charts {
        add(&mut tree, &format!("charts/system/{}", last(chart)), Entry::Blob { digest: chart.digest, size: chart.size });
    }
    for image in &offer.images {
        let platform = || offer.platform.clone();
        let Some(name) = archive_name(&image.reference) else {
            findings.push(Finding::NoTag { platform: platform(), image: image.reference.clone() });
            continue;
        };
        let entry = || Entry::Parts(image.archive.clone());
        let longer = long_archive_name(&image.reference);
        let image = image.reference.clone();
        match add(&mut tree, &format!("images/{name}"), entry()) {
            Added::Yes => {}
            Added::Taken => match add(&mut tree, &format!("images/{longer}"), entry()) {
                Added::Yes => findings.push(Finding::Archive { platform: platform(), image, name, longer }),
                _ => findings.push(Finding::Name { platform: platform(), name: image.to_string() }),
            },
            Added::NoName => findings.push(Finding::Name { platform: platform(), name: image.to_string() }),
        }
    }
    tree
}

/// Adds a platform's folder to the top. What is there already stays.
fn join(folder: &mut Tree, offer: &Offer, tree: &Tree, findings: &mut Vec<Finding>) {
    // An index and its charts belong together: those of the first platform that has any.
    let has_charts = folder.children("charts/system").len() > 1;
    for (path, entry) in &tree.entries {
        let path = path.as_str();
        let is_chart = path.starts_with("charts/");
        if is_chart && !has_charts && !offer.charts.is_empty() {
            folder.entries.remove(path);
        }
        if is_chart && has_charts {
            if folder.get(path).is_none() {
                findings.push(Finding::Beside { platform: offer.platform.clone(), path: path.to_owned() });
            }
            continue;
        }
        if let Added::Taken = add(folder, path, entry.clone())
            && !is_chart
        {
            findings.push(Finding::Beside { platform: offer.platform.clone(), path: path.to_owned() });
        }
    }
}

/// How it went.
enum Added {
    /// it is there, maybe it was before
    Yes,
    /// something else is there
    Taken,
    /// that cannot be a path
    NoName,
}

/// Adds what is not there yet.
fn add(tree: &mut Tree, path: &str, entry: Entry) -> Added {
    let Ok(path) = path.parse::<RelPath>() else { return Added::NoName };
    match tree.entries.get(&path) {
        None => {
            tree.entries.insert(path, entry);
            Added::Yes
        }
        Some(there) if *there == entry => Added::Yes,
        Some(_) => Added::Taken,
    }
}
