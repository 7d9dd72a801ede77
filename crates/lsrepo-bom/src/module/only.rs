//! On which platforms a wish holds, and what of its text depends on the architecture.

use lsrepo_types::{Arch, Family, Os, Platform};
use schemars::JsonSchema;
use serde::Deserialize;

/// Where a wish holds. What is not said holds everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// on one of these
    pub os: Vec<Os>,
    /// on this family
    pub os_family: Option<Family>,
    /// on one of these
    pub arch: Vec<Arch>,
}

impl Only {
    /// Whether the wish holds on `platform`.
    pub fn holds(&self, platform: &Platform) -> bool {
        (self.os.is_empty() || self.os.contains(&platform.os))
            && self.os_family.is_none_or(|family| family == platform.os.family())
            && (self.arch.is_empty() || self.arch.contains(&platform.arch))
    }
}

/// One or several: a lone word need not be a list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected text (a number stands in quotes), or a list of texts")]
pub(super) enum Words {
    One(String),
    Several(Vec<String>),
}

impl Words {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Words::One(word) => vec![word],
            Words::Several(words) => words,
        }
    }
}

/// `text` with each `{arch:A|B}` replaced by `A` on x86_64 and `B` on arm64.
pub(super) fn for_arch(text: &str, arch: Arch) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{arch:") {
        let (words, tail) = after.split_once('}').unwrap_or((after, ""));
        let (x86_64, arm64) = words.split_once('|').unwrap_or((words, words));
        done.push_str(before);
        done.push_str(match arch {
            Arch::X86_64 => x86_64,
            Arch::Arm64 => arm64,
        });
        rest = tail;
    }
    done + rest
}

/// Whether no pattern stands in it.
pub(crate) fn is_pattern_free(text: &str) -> bool {
    !text.contains(['{', '}'])
}

/// Whether every `{` opens a pattern of two words.
pub(super) fn patterns_are_whole(text: &str) -> bool {
    text.split('{').skip(1).all(|part| {
        let inner = part.strip_prefix("arch:").and_then(|inner| inner.split_once('}'));
        inner.is_some_and(|(words, tail)| words.matches('|').count() == 1 && !tail.contains('}'))
    })
}
