//! Module metadata (`modules.yaml`): streams of packages of which one a module is active, and which one by default.
//! Format: modulemd 1 and 2, modulemd-defaults 1, modulemd-obsoletes 1, as libmodulemd reads them;
//! <https://docs.fedoraproject.org/en-US/modularity>. What an active stream hides: dnf's modularity(7).

mod active;
mod conflict;
mod documents;
mod enable;
mod lean;
mod read;
mod reduce;
mod request;

use crate::Nevra;
use std::collections::{BTreeMap, BTreeSet};

pub use active::{ActiveModules, ActiveStream, Hidden};
pub use conflict::ModuleConflict;
pub use documents::Problem;
pub use request::StreamRequest;

/// What repositories know of modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modules {
    streams: Vec<Stream>,
    defaults: BTreeMap<String, Defaults>,
    notes: Vec<Note>,
}

/// One build of a stream: packages that belong together, and streams of other modules that they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// the module: `postgresql`
    pub module: String,
    /// `16`
    pub stream: String,
    /// counts its builds
    pub version: u64,
    /// what it was built against
    pub context: String,
    /// RPM's word
    pub arch: String,
    /// a line for people
    pub summary: String,
    /// modules that it needs, with the streams that will do: these, or (`-7`) all but these, or any
    pub requires: Vec<(String, Vec<String>)>,
    /// its packages
    pub artifacts: Vec<Nevra>,
    /// names of packages by the name of a profile
    pub profiles: BTreeMap<String, Vec<String>>,
    /// the document, as it was read
    document: String,
}

/// What holds for a module as long as nobody says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Defaults {
    modified: u64,
    stream: Option<String>,
    /// names of profiles by stream
    profiles: BTreeMap<String, Vec<String>>,
    document: String,
}

/// A document about a stream: its translations, or that it comes to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Note {
    module: String,
    stream: String,
    /// module and stream that take its place
    obsoleted_by: Option<(String, String)>,
    document: String,
}

impl Modules {
    /// Reads a text of any number of documents. One that cannot be used is reported and left out.
    pub fn parse(text: &str) -> (Self, Vec<Problem>) {
        let mut modules = Self::default();
        let mut problems = Vec::new();
        for document in documents::split(text) {
            let read = document.and_then(|document| read::one(&document).map(|part| modules.add(part)));
            problems.extend(read.err());
        }
        (modules, problems)
    }

    /// All streams, in no order of importance.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The modules that anything is said of.
    pub fn names(&self) -> BTreeSet<&str> {
        let streams = self.streams.iter().map(|stream| stream.module.as_str());
        let notes = self.notes.iter().map(|note| note.module.as_str());
        streams.chain(self.defaults.keys().map(String::as_str)).chain(notes).collect()
    }

    /// The stream that is active where nobody says otherwise.
    pub fn default_stream(&self, module: &str) -> Option<&str> {
        self.defaults.get(module)?.stream.as_deref()
    }

    /// Whether nothing is said of any module.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.defaults.is_empty()
    }

    /// Takes in what another repository knows.
    pub fn extend(&mut self, other: Self) {
        other.streams.into_iter().for_each(|stream| self.add(read::Part::Stream(Box::new(stream))));
        other.defaults.into_iter().for_each(|(module, defaults)| self.add(read::Part::Defaults(module, defaults)));
        other.notes.into_iter().for_each(|note| self.add(read::Part::Note(note)));
    }

    fn add(&mut self, part: read::Part) {
        match part {
            read::Part::Stream(stream) => self.streams.push(*stream),
            read::Part::Note(note) => self.notes.push(note),
            read::Part::Defaults(module, defaults) => match self.defaults.get_mut(&module) {
                Some(known) => known.merge(defaults),
                None => drop(self.defaults.insert(module, defaults)),
            },
        }
    }
}

impl Defaults {
    /// The younger one holds. Two of one age that disagree on the stream leave the module without a default.
    fn merge(&mut self, other: Self) {
        if other.modified > self.modified {
            *self = other;
        } else if other.modified == self.modified {
            if self.stream != other.stream && other.stream.is_some() && self.stream.is_some() {
                (self.stream, self.document) = (None, String::new());
            }
            for (stream, profiles) in other.profiles {
                self.profiles.entry(stream).or_insert(profiles);
            }
        }
    }
}

#[cfg(test)]
mod tests;
