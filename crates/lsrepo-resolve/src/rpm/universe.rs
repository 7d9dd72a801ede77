//! Everything a platform could install, compactly: each text once, each relation once, a package as a few
//! numbers. A repository of 18,700 packages takes some 30 MB.

use super::{index::Index, strings::Strings};
use crate::CandidateId;
use lsrepo_rpm::{
    NevraRef, Operator,
    primary::{self, Checksum, ChecksumKind, Kind},
    rich::Expression,
};
use lsrepo_types::Arch;
use serde::Serialize;
use std::{collections::HashMap, sync::OnceLock};

/// An index that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// packages that cannot be read
    #[error("index of `{source_name}`: {problem}")]
    Primary {
        /// the name of the source
        source_name: String,
        /// what is wrong
        problem: primary::Error,
    },
    /// file lists that cannot be read
    #[error("index of `{source_name}`: {problem}")]
    Filelists {
        /// the name of the source
        source_name: String,
        /// what is wrong
        problem: lsrepo_rpm::filelists::Error,
    },
    /// more than the numbers here can say
    #[error("index of `{source_name}`: too large")]
    TooLarge {
        /// the name of the source
        source_name: String,
    },
}

/// Where an index comes from.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// what messages call it
    pub name: String,
    /// lower wins; 99 where a `.repo` file says nothing
    pub priority: i32,
    /// of equal versions the cheaper source counts; 1000 where a `.repo` file says nothing
    pub cost: u32,
    /// packages that are not there: names, `name.arch`, full names, with `*` and `?`
    pub exclude: Vec<String>,
    /// where it is not empty: only these
    pub includepkgs: Vec<String>,
}

impl SourceInfo {
    /// A source about which nothing is said.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), priority: 99, cost: 1000, exclude: Vec::new(), includepkgs: Vec::new() }
    }
}

/// Names a source that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SourceId(pub(super) u16);

/// All packages that a platform could install.
#[derive(Debug)]
pub struct Universe {
    /// the best first, `noarch` last
    pub(super) architectures: Vec<Box<str>>,
    pub(super) strings: Strings,
    pub(super) relations: Vec<Relation>,
    pub(super) relation_ids: HashMap<Relation, u32>,
    pub(super) rich: Vec<Rich>,
    pub(super) rich_ids: HashMap<u32, u32>,
    pub(super) candidates: Vec<Candidate>,
    /// what all packages say of others, package by package
    pub(super) deps: Vec<Dep>,
    /// paths and who has them
    pub(super) files: Vec<(u32, u32)>,
    pub(super) texts: String,
    pub(super) sources: Vec<SourceInfo>,
    pub(super) hidden: Vec<Hidden>,
    pub(super) index: OnceLock<Index>,
}

/// A dependency: a plain name, a relation with a version, or a rich one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Dep(u32);

/// A [`Dep`], opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Name(u32),
    Relation(u32),
    Rich(u32),
}

const RELATION: u32 = 1 << 31;
const RICH: u32 = 1 << 30;

impl Dep {
    pub(super) fn name(number: u32) -> Self {
        Dep(number)
    }

    pub(super) fn relation(number: u32) -> Self {
        Dep(RELATION | number)
    }

    pub(super) fn rich(number: u32) -> Self {
        Dep(RICH | number)
    }

    pub(super) fn means(self) -> Means {
        match self.0 {
            number if number & RELATION != 0 => Means::Relation(number & !RELATION),
            number if number & RICH != 0 => Means::Rich(number & !RICH),
            number => Means::Name(number),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Relation {
    pub(super) name: u32,
    pub(super) operator: Operator,
    pub(super) evr: u32,
}

/// A rich dependency, or why it cannot be read.
#[derive(Debug)]
pub(super) struct Rich {
    pub(super) text: u32,
    pub(super) tree: Result<Expression<Dep>, Box<str>>,
}

#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) name: u32,
    pub(super) evr: u32,
    pub(super) arch: u8,
    pub(super) checksum_kind: ChecksumKind,
    pub(super) source: u16,
    /// where in `deps` it begins, and where each kind ends
    pub(super) deps: [u32; Kind::ALL.len() + 1],
    /// where in `texts` href and digest stand: start, between, end
    pub(super) texts: [u32; 3],
    pub(super) size: Option<u64>,
}

/// A package of an index that is none here.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) name: u32,
    pub(super) evr: u32,
    pub(super) arch: Box<str>,
    pub(super) why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Architecture,
    Excluded,
    Module(Box<str>),
}

/// What an index says of a candidate.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'u> {
    /// its full name
    pub nevra: NevraRef<'u>,
    /// epoch (where it is not 0), version and release, as one word
    pub evr: &'u str,
    /// where it lies, below its source
    pub href: &'u str,
    /// of the file, in bytes, where the index says it
    pub size: Option<u64>,
    /// the digest of the file
    pub checksum: Checksum<'u>,
    /// where it comes from
    pub source: SourceId,
}

impl Universe {
    /// An empty one for a machine of `arch`.
    pub fn new(arch: Arch) -> Self {
        match arch {
            Arch::X86_64 => Self::with_architectures(&["x86_64", "i686", "i586", "i486", "i386"]),
            Arch::Arm64 => Self::with_architectures(&["aarch64"]),
        }
    }

    /// An empty one for a machine that runs these architectures, the best first; `noarch` goes without saying.
    pub fn with_architectures(architectures: &[&str]) -> Self {
        let named = architectures.iter().filter(|&&arch| arch != "noarch");
        Self {
            architectures: named.copied().chain(["noarch"]).map(Into::into).collect(),
            strings: Strings::default(),
            relations: Vec::new(),
            relation_ids: HashMap::new(),
            rich: Vec::new(),
            rich_ids: HashMap::new(),
            candidates: Vec::new(),
            deps: Vec::new(),
            files: Vec::new(),
            texts: String::new(),
            sources: Vec::new(),
            hidden: Vec::new(),
            index: OnceLock::new(),
        }
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// What is known of a source.
    pub fn source(&self, id: SourceId) -> &SourceInfo {
        &self.sources[id.0 as usize]
    }

    /// All sources, in the order in which they were added.
    pub fn sources(&self) -> impl Iterator<Item = (SourceId, &SourceInfo)> {
        self.sources.iter().enumerate().map(|(number, source)| (SourceId(number as u16), source))
    }

    /// What an index says of a candidate.
    pub fn candidate(&self, id: CandidateId) -> Facts<'_> {
        let known = &self.candidates[id.index()];
        let [start, middle, end] = known.texts.map(|position| position as usize);
        let evr = self.strings.get(known.evr);
        Facts {
            nevra: NevraRef::new(self.strings.get(known.name), evr, &self.architectures[known.arch as usize]),
            evr,
            href: &self.texts[start..middle],
            size: known.size,
            checksum: Checksum { kind: known.checksum_kind, hex: &self.texts[middle..end] },
            source: SourceId(known.source),
        }
    }

    /// The candidates of a source, in the order of its index.
    pub fn of_source(&self, source: SourceId) -> impl Iterator<Item = CandidateId> {
        let all = self.candidates.iter().enumerate();
        all.filter(move |(_, known)| known.source == source.0).map(|(id, _)| CandidateId(id as u32))
    }

    /// The candidates of a name, in the order in which they were added.
    pub fn named(&self, name: &str) -> impl Iterator<Item = CandidateId> {
        let ids = self.strings.find(name).map(|name| self.index().named(name)).unwrap_or_default();
        ids.iter().map(|&id| CandidateId(id))
    }

    /// What a candidate says of others, of one kind, as text.
    pub fn says(&self, id: CandidateId, kind: Kind) -> Vec<String> {
        self.deps_of(id.0, kind).iter().map(|&dep| self.text(dep)).collect()
    }

    /// Every path that an index tells of.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let mut paths: Vec<u32> = self.files.iter().map(|&(path, _)| path).collect();
        paths.sort_unstable();
        paths.dedup();
        paths.into_iter().map(|path| self.strings.get(path))
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(self))
    }

    pub(super) fn deps_of(&self, id: u32, kind: Kind) -> &[Dep] {
        let deps = &self.candidates[id as usize].deps;
        &self.deps[deps[kind as usize] as usize..deps[kind as usize + 1] as usize]
    }

    /// Everything that a candidate says of others.
    pub(super) fn deps_of_all(&self, id: u32) -> &[Dep] {
        let deps = &self.candidates[id as usize].deps;
        &self.deps[deps[0] as usize..deps[Kind::ALL.len()] as usize]
    }

    /// A dependency as its author wrote it, up to spaces.
    pub(super) fn text(&self, dep: Dep) -> String {
        match dep.means() {
            Means::Name(name) => self.strings.get(name).to_owned(),
            Means::Relation(number) => {
                let Relation { name, operator, evr } = self.relations[number as usize];
                format!("{} {} {}", self.strings.get(name), operator.sign(), self.strings.get(evr))
            }
            Means::Rich(number) => self.strings.get(self.rich[number as usize].text).to_owned(),
        }
    }

    pub(super) fn architecture(&self, word: &str) -> Option<u8> {
        self.architectures.iter().position(|arch| **arch == *word).map(|position| position as u8)
    }

    pub(super) fn is_noarch(&self, arch: u8) -> bool {
        arch as usize + 1 == self.architectures.len()
    }
}
