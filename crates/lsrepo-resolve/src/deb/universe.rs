//! Everything a platform could install: the indexes of its sources, and where each name is in them.
//!
//! The texts stay as they are. A candidate is a fixed 48 bytes beside them, its stanza is read again
//! when somebody asks; a suite of 63,000 packages costs 6 MB on top of its 50 MB of text. Only the
//! names and what is provided are indexed; dependencies are parsed for the few thousand packages that a
//! solve looks at.

use crate::CandidateId;
use lsrepo_deb::{
    dependency,
    packages::{self, Stanza},
    preferences::{Origin, Pins},
};
use lsrepo_types::Arch;
use std::collections::HashMap;

/// An index that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// a stanza that cannot be read
    #[error("index of `{origin}`, after `{after}`: {problem}")]
    Index {
        /// the name of the source
        origin: String,
        /// the last package that could be read
        after: String,
        /// what is wrong
        problem: lsrepo_deb::Error,
    },
    /// more than an offset can say
    #[error("index of `{origin}`: {size} bytes are more than 4 GiB")]
    TooLarge {
        /// the name of the source
        origin: String,
        /// how large it is
        size: usize,
    },
}

/// Where an index comes from.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// what messages call it
    pub name: String,
    /// what its Release file and address say, for pins and `/suite`
    pub origin: Origin,
}

/// All packages that a platform could install.
#[derive(Debug)]
pub struct Universe<'a> {
    pub(super) architectures: Vec<String>,
    pub(super) sources: Vec<(SourceInfo, &'a str)>,
    pub(super) names: Vec<Name<'a>>,
    pub(super) candidates: Vec<Candidate<'a>>,
    provides: Vec<Provided<'a>>,
    index: HashMap<&'a str, u32>,
}

/// The end of a chain of candidates or of provides.
const END: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Name<'a> {
    pub(super) text: &'a str,
    candidates: (u32, u32),
    provides: (u32, u32),
}

/// What is known of a candidate without reading its stanza again.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) version: &'a str,
    pub(super) name: u32,
    offset: u32,
    next: u32,
    pub(super) pin: i32,
    pub(super) source: u16,
    /// position among the architectures; `all` counts as the first, the native one
    pub(super) arch: u8,
    pub(super) multi_arch: MultiArch,
    /// required 1, important 2, standard 3, optional 4, extra 5
    pub(super) rank: u8,
    pub(super) essential: bool,
}

/// What a package says of other architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MultiArch {
    No,
    Same,
    Foreign,
    Allowed,
}

#[derive(Debug)]
struct Provided<'a> {
    candidate: u32,
    next: u32,
    version: Option<&'a str>,
}

impl<'a> Universe<'a> {
    /// An empty one for a machine of `arch` that also takes packages of the `foreign` architectures
    /// (Debian's words: `i386`).
    pub fn new(arch: Arch, foreign: &[&str]) -> Self {
        let all = std::iter::once(arch.deb()).chain(foreign.iter().copied().filter(|&word| word != arch.deb()));
        Self {
            architectures: all.map(str::to_owned).collect(),
            sources: Vec::new(),
            names: Vec::new(),
            candidates: Vec::new(),
            provides: Vec::new(),
            index: HashMap::new(),
        }
    }

    /// Adds a `Packages` text and says how many packages of a usable architecture it has.
    ///
    /// Sources are added in the order in which a machine lists them: of equal versions the first counts.
    pub fn add(&mut self, index: &'a str, source: SourceInfo, pins: &Pins) -> Result<usize, Error> {
        if index.len() >= END as usize {
            return Err(Error::TooLarge { origin: source.name, size: index.len() });
        }
        let before = self.candidates.len();
        let number = self.sources.len() as u16;
        let mut after = "the start";
        for stanza in packages::scan(index) {
            let stanza =
                stanza.map_err(|problem| Error::Index { origin: source.name.clone(), after: after.to_owned(), problem })?;
            after = stanza.package;
            let Some(arch) = self.architecture(stanza.architecture) else { continue };
            let pin = pins.priority(stanza.package, stanza.version, &source.origin);
            let offset = (stanza.raw.as_ptr() as usize - index.as_ptr() as usize) as u32;
            self.push(&stanza, arch, pin, number, offset);
        }
        self.sources.push((source, index));
        Ok(self.candidates.len() - before)
    }

    fn push(&mut self, stanza: &Stanza<'a>, arch: u8, pin: i32, source: u16, offset: u32) {
        let id = self.candidates.len() as u32;
        let name = self.intern(stanza.package);
        self.candidates.push(Candidate {
            version: stanza.version,
            name,
            offset,
            next: END,
            pin,
            source,
            arch,
            multi_arch: stanza.multi_arch.map_or(MultiArch::No, MultiArch::read),
            rank: stanza.priority.map_or(4, rank),
            essential: stanza.essential,
        });
        let (first, last) = self.names[name as usize].candidates;
        match first {
            END => self.names[name as usize].candidates.0 = id,
            _ => self.candidates[last as usize].next = id,
        }
        self.names[name as usize].candidates.1 = id;
        // Names get their numbers in the order in which apt meets them; see `relations::options`.
        let fields = [stanza.pre_depends, stanza.depends, stanza.conflicts, stanza.breaks];
        let later = [stanza.recommends, stanza.suggests, stanza.replaces];
        for text in fields.into_iter().chain(later).flatten() {
            for relation in text.split([',', '|']) {
                let relation = relation.trim_ascii_start();
                let end = relation.bytes().position(|c| b" \t\n(:[<".contains(&c)).unwrap_or(relation.len());
                self.intern(&relation[..end]);
            }
        }
        // A field that cannot be read is reported when the candidate is looked at, not for all.
        let provided = stanza.provides.and_then(|text| dependency::provides(text).ok()).unwrap_or_default();
        for (name, version) in provided {
            let (id, name) = (self.provides.len() as u32, self.intern(name) as usize);
            self.provides.push(Provided { candidate: self.candidates.len() as u32 - 1, next: END, version });
            let (first, last) = self.names[name].provides;
            match first {
                END => self.names[name].provides.0 = id,
                _ => self.provides[last as usize].next = id,
            }
            self.names[name].provides.1 = id;
        }
    }

    fn intern(&mut self, text: &'a str) -> u32 {
        *self.index.entry(text).or_insert_with(|| {
            self.names.push(Name { text, candidates: (END, END), provides: (END, END) });
            self.names.len() as u32 - 1
        })
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// What the index says of a candidate.
    ///
    /// # Panics
    /// When the id is another universe's.
    pub fn candidate(&self, id: CandidateId) -> Stanza<'a> {
        let candidate = &self.candidates[id.index()];
        let text = self.sources[candidate.source as usize].1;
        match packages::scan(&text[candidate.offset as usize..]).next() {
            Some(Ok(stanza)) => stanza,
            _ => unreachable!("the stanza was read when the index was added"),
        }
    }

    /// Where a candidate comes from.
    pub fn source(&self, id: CandidateId) -> &SourceInfo {
        &self.sources[self.candidates[id.index()].source as usize].0
    }

    /// Every candidate of that name, in the order of the sources.
    pub fn named(&self, name: &str) -> impl Iterator<Item = CandidateId> + '_ {
        let name = self.index.get(name).copied();
        name.into_iter().flat_map(|name| self.candidates_of(name)).map(CandidateId)
    }

    pub(super) fn name(&self, text: &str) -> Option<u32> {
        self.index.get(text).copied()
    }

    pub(super) fn candidates_of(&self, name: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.names.get(name as usize).map_or(END, |name| name.candidates.0);
        std::iter::successors(Some(first).filter(|&id| id != END), |&id| {
            Some(self.candidates[id as usize].next).filter(|&id| id != END)
        })
    }

    pub(super) fn providers_of(&self, name: u32) -> impl Iterator<Item = (u32, Option<&'a str>)> + '_ {
        let first = self.names.get(name as usize).map_or(END, |name| name.provides.0);
        std::iter::successors(Some(first).filter(|&id| id != END), |&id| {
            Some(self.provides[id as usize].next).filter(|&id| id != END)
        })
        .map(|id| (self.provides[id as usize].candidate, self.provides[id as usize].version))
    }

    pub(super) fn architecture(&self, word: &str) -> Option<u8> {
        match word {
            "all" => Some(0),
            word => self.architectures.iter().position(|known| known == word).map(|position| position as u8),
        }
    }
}

impl MultiArch {
    fn read(word: &str) -> Self {
        match word {
            "same" => Self::Same,
            "foreign" => Self::Foreign,
            "allowed" => Self::Allowed,
            _ => Self::No,
        }
    }
}

fn rank(priority: &str) -> u8 {
    let known = ["required", "important", "standard", "optional", "extra"];
    known.iter().position(|&word| word == priority).map_or(4, |position| position as u8 + 1)
}
