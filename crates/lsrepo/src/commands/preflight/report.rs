//! What a preflight found, for people and for programs.

use crate::commands::prepare::summary::{self, Summary};
use lsrepo_types::{Bytes, Count, Platform};
use serde::Serialize;

/// Everything that was found.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) platforms: Vec<PlatformRow>,
    pub(super) upstreams: Vec<Upstream>,
    /// what `prepare` would take
    pub(super) takes: Summary,
    /// as measured now
    pub(super) bytes_per_second: Option<u64>,
}

/// What one platform can have.
#[derive(Serialize)]
pub(super) struct PlatformRow {
    pub(super) platform: Platform,
    pub(super) modules: Vec<ModuleRow>,
    /// what cannot be had, and why
    pub(super) failures: Vec<String>,
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

/// A source of packages.
#[derive(Serialize)]
pub(super) struct Upstream {
    /// the address that stands for it
    pub(super) name: String,
    pub(super) platforms: Vec<String>,
    pub(super) milliseconds: u64,
    /// why it does not answer
    pub(super) failure: Option<String>,
}

impl Report {
    /// Whether nothing stands in the way.
    pub(super) fn is_ready(&self) -> bool {
        self.takes.to_download <= self.takes.free
            && self.upstreams.iter().all(|upstream| upstream.failure.is_none())
            && self.platforms.iter().all(|row| row.failures.is_empty())
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
        text += "\n";
    }
    for Upstream { name, milliseconds, failure, .. } in &report.upstreams {
        text += &match failure {
            None => format!("answers: {name} ({milliseconds} ms)\n"),
            Some(why) => format!("DOES NOT ANSWER: {why}\n"),
        };
    }
    for row in &report.platforms {
        row.failures.iter().for_each(|why| text += &format!("not to be had: {}\n", why.replace('\n', "\n  ")));
    }
    text += &summary::totals(&report.takes);
    if let Some(rate) = report.bytes_per_second.filter(|&rate| rate > 0) {
        text += &format!("at {}/s, as measured now: {}\n", Bytes(rate), duration(report.takes.to_download / rate));
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
