//! The answer: which packages, why each of them, and for whom.

use crate::Conflict;
use serde::Serialize;

/// One version of one package in a universe. Valid for the universe that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CandidateId(pub(crate) u32);

impl CandidateId {
    /// The position in the universe, in the order in which the indexes were added.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a solve found.
///
/// Requests that exclude each other stand in separate sets, since a repository that holds both
/// answers is unusable for clients that weigh one version a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resolution {
    /// packages that can be installed together, the set `main` first
    pub sets: Vec<Set>,
    /// requests that nothing can meet
    pub conflicts: Vec<Conflict>,
}

/// Packages that can be installed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Set {
    /// `main`, else after the first request: `haproxy-2.4`
    pub name: String,
    /// the requests it answers, as positions in what was asked
    pub requests: Vec<usize>,
    /// what to carry, by name, architecture and version
    pub picks: Vec<Pick>,
    /// why the first request is not in an earlier set; empty for `main`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<Conflict>,
}

/// A package that was picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pick {
    /// what was picked
    pub candidate: CandidateId,
    /// the requests that lead to it, as positions in what was asked
    pub wanted_by: Vec<usize>,
    /// why it was picked
    pub reason: Reason,
}

/// Why a package was picked; the strongest reason where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// a request names it
    Requested,
    /// something picked depends on it
    Dependency,
    /// part of the base system, which was not assumed to be present
    Base,
    /// something picked recommends or suggests it, and it fits
    Recommended,
    /// part of the base system that is present, but maybe not new enough
    BaseUpdate,
}
