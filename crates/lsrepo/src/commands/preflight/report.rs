//! What a preflight found, for people and for programs.

use lsrepo_types::{Bytes, Count, Platform};
use serde::Serialize;

/// Everything that was found.
#[derive(Default, Serialize)]
pub(super) struct Report {
    pub(super) platforms: Vec<PlatformRow>,
    pub(super) upstreams: Vec<Upstream>,
    /// files that no address gives, and why
    pub(super) files_without_source: Vec<String>,
    pub(super) files_of_unknown_size: u64,
    /// bytes that are not here yet, as far as they are known
    pub(super) needed: u64,
    /// bytes that are free where the store is
    pub(super) free: u64,
    /// as measured now
    pub(super) bytes_per_second: Option<u64>,
}

/// What one platform can have.
#[derive(Serialize)]
pub(super) struct PlatformRow {
    platform: Platform,
    modules: Vec<ModuleRow>,
    pub(super) packages: u64,
    pub(super) package_bytes: u64,
    pub(super) files: u64,
    pub(super) images: u64,
    /// what images take is known when their manifests are here
    pub(super) images_of_unknown_size: u64,
    /// requests that nothing fulfils, and why
    pub(super) without_source: Vec<String>,
    /// what kept us from finding out
    pub(super) failures: Vec<String>,
}

impl PlatformRow {
    pub(super) fn new(platform: Platform, modules: Vec<ModuleRow>) -> Self {
        let (without_source, failures) = (Vec::new(), Vec::new());
        let (packages, package_bytes, files, images, images_of_unknown_size) = (0, 0, 0, 0, 0);
        Self { platform, modules, packages, package_bytes, files, images, images_of_unknown_size, without_source, failures }
    }
}

/// A module, and whether the platform can have it.
#[derive(Serialize)]
pub(super) struct ModuleRow {
    pub(super) name: String,
    pub(super) because: String,
    pub(super) state: State,
}

/// How it is with a module on a platform.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// it has wishes there
    Supported,
    /// it has no wishes anywhere, it brings others along
    OnlyRequires,
    /// its wishes are for other platforms
    NothingHere,
    /// it does not run on the architecture
    Unsupported,
}

/// An address that stands for an upstream.
#[derive(Serialize)]
pub(super) struct Upstream {
    pub(super) url: String,
    pub(super) platforms: Vec<String>,
    pub(super) milliseconds: u64,
    /// why it does not answer
    pub(super) failure: Option<String>,
}

impl Report {
    /// Whether nothing stands in the way.
    pub(super) fn is_ready(&self) -> bool {
        self.needed <= self.free
            && self.files_without_source.is_empty()
            && self.upstreams.iter().all(|upstream| upstream.failure.is_none())
            && self.platforms.iter().all(|row| row.without_source.is_empty() && row.failures.is_empty())
    }
}

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    for row in &report.platforms {
        let of = |state: State| row.modules.iter().filter(move |module| module.state == state).map(|module| module.name.as_str());
        let supported = of(State::Supported).chain(of(State::OnlyRequires)).count();
        text += &format!("{}: {} modules", row.platform, Count(supported as u64));
        for (state, words) in
            [(State::NothingHere, "with nothing for this platform"), (State::Unsupported, "not for this architecture")]
        {
            let names: Vec<&str> = of(state).collect();
            if !names.is_empty() {
                text += &format!("; {words}: {}", names.join(", "));
            }
        }
        let (packages, bytes) = (Count(row.packages), Bytes(row.package_bytes));
        text += &format!("\n  {packages} packages, {bytes}; {} files; {} images\n", Count(row.files), Count(row.images));
        for why in row.without_source.iter().chain(&row.failures) {
            text += &format!("  not to be had: {}\n", why.replace('\n', "\n    "));
        }
    }
    for Upstream { url, milliseconds, failure, .. } in &report.upstreams {
        text += &match failure {
            None => format!("answers: {url} ({milliseconds} ms)\n"),
            Some(why) => format!("DOES NOT ANSWER: {url}: {why}\n"),
        };
    }
    report.files_without_source.iter().for_each(|why| text += &format!("not to be had: {why}\n"));
    let images: u64 = report.platforms.iter().map(|row| row.images_of_unknown_size).sum();
    let mut unknown = Vec::new();
    unknown.extend((images > 0).then(|| format!("{images} images")));
    unknown.extend((report.files_of_unknown_size > 0).then(|| format!("{} files", report.files_of_unknown_size)));
    let more = if unknown.is_empty() { String::new() } else { format!(" and {} of unknown size", unknown.join(" and ")) };
    text += &format!("to download: {}{more}; free: {}\n", Bytes(report.needed), Bytes(report.free));
    if report.needed > report.free {
        text += "this disk will not do\n";
    }
    if let Some(rate) = report.bytes_per_second.filter(|&rate| rate > 0) {
        text += &format!("at {}/s, as measured now: {}\n", Bytes(rate), duration(report.needed / rate));
    }
    text
}

/// `2 h 5 min`, `7 min`, `40 s`.
fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
