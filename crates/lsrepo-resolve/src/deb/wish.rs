//! A request, resolved to what would meet it.
//!
//! A name with `*` or `?` means every real package that it fits. A version is exact or a pattern; it may
//! leave out the epoch, and a pattern also the Debian revision: `2.6.*` fits `2.6.12-1+deb12u2`.

use super::{
    hints,
    relations::options,
    view::{Node, View},
};
use crate::{Conflict, Link};
use lsrepo_deb::{Request, dependency::Relation};
use lsrepo_types::glob;

/// One package that has to be there.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// what would do, the first to try in front
    pub(super) options: Vec<u32>,
    pub(super) suite: Option<String>,
}

/// A request that something could meet: all of `wanted` have to be there.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// position in what was asked
    pub(super) number: usize,
    /// the request as text
    pub(super) text: String,
    pub(super) wanted: Vec<Wanted>,
}

impl Wish {
    /// Finds what would meet a request, or says why nothing does.
    pub(super) fn expand(view: &View<'_, '_>, number: usize, request: &Request) -> Result<Self, Conflict> {
        let text = request.to_string();
        let nothing = |offered: Vec<String>| Conflict {
            request: text.clone(),
            chain: vec![Link::Nothing { dependency: text.clone(), offered }],
            hints: hints::for_request(view, request),
        };
        let arches = match &request.arch {
            Some(word) => vec![view.universe.architecture(word).ok_or_else(|| nothing(Vec::new()))?],
            None => (0..view.universe.architectures.len() as u8).collect(),
        };
        let names: Vec<u32> = match glob::is_pattern(&request.name) {
            true => fitting_names(view, &request.name),
            false => view.name(&request.name).into_iter().collect(),
        };
        let pick = |name: u32| arches.iter().map(|&arch| view.candidates(Node { name, arch })).find(|all| !all.is_empty());
        let mut wanted = Vec::new();
        let mut offered = Vec::new();
        for name in names {
            // As apt does: the native package if there is one, whether it fits or not.
            let Some(all) = pick(name) else { continue };
            let options: Vec<u32> = all.iter().copied().filter(|&id| fits(view, request, id)).collect();
            match options.is_empty() {
                true => offered.extend(all.iter().map(|&id| view.display(id))),
                false => wanted.push(Wanted { options, suite: request.suite.clone() }),
            }
        }
        if wanted.is_empty() && offered.is_empty() && request.version.is_none() {
            let relation = Relation { name: &request.name, qualifier: request.arch.as_deref(), version: None };
            let options: Vec<u32> =
                options(view, &[relation], arches[0]).into_iter().filter(|&id| fits(view, request, id)).collect();
            wanted.extend((!options.is_empty()).then_some(Wanted { options, suite: None }));
        }
        match wanted.is_empty() {
            true => Err(nothing(offered)),
            false => Ok(Self { number, text, wanted }),
        }
    }
}

fn fitting_names(view: &View<'_, '_>, pattern: &str) -> Vec<u32> {
    let mut names: Vec<u32> =
        (0..view.universe.names.len() as u32).filter(|&name| glob::matches(pattern, view.name_text(name))).collect();
    names.sort_by_key(|&name| view.name_text(name));
    names
}

fn fits(view: &View<'_, '_>, request: &Request, id: u32) -> bool {
    let version = |pattern: &String| fits_version(pattern, view.version(id));
    let suite = |suite: &String| view.known(id).is_some() && view.is_from(id, suite);
    request.version.as_ref().is_none_or(version) && request.suite.as_ref().is_none_or(suite)
}

fn fits_version(pattern: &str, version: &str) -> bool {
    let plain = version.split_once(':').map_or(version, |(_, rest)| rest);
    let upstream = plain.rsplit_once('-').map_or(plain, |(upstream, _)| upstream);
    let pattern_of = |text: &str| glob::matches(pattern, text);
    pattern_of(version) || pattern_of(plain) || glob::is_pattern(pattern) && pattern_of(upstream)
}

#[cfg(test)]
mod tests {
    use super::fits_version;

    #[test]
    fn a_pattern_may_leave_out_epoch_and_revision() {
        for pattern in ["2.6.*", "2.6.12-1+deb12u2", "1:2.6.12-1+deb12u2", "2.6.??", "1:2.*"] {
            assert!(fits_version(pattern, "1:2.6.12-1+deb12u2"), "{pattern}");
        }
        for pattern in ["2.6", "2.6.12", "2.7.*", "2.6.?"] {
            assert!(!fits_version(pattern, "1:2.6.12-1+deb12u2"), "{pattern}");
        }
    }
}
