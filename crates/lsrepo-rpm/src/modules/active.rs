//! What active streams show and hide.

use super::{Modules, Stream};
use crate::{Evr, Nevra};
use std::collections::{BTreeMap, HashMap};

/// A stream that is active.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActiveStream {
    /// `16`
    pub stream: String,
    /// all its builds of this context count
    pub context: String,
}

/// Why a package does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// it belongs to a stream that is not active
    Inactive {
        /// the module
        module: String,
        /// its stream
        stream: String,
    },
    /// it belongs to none, and has or provides the name of a package of an active stream
    Shadowed {
        /// the module
        module: String,
        /// its stream
        stream: String,
    },
}

/// The active streams, and which packages they leave.
#[derive(Clone, Debug, Default)]
pub struct ActiveModules {
    streams: BTreeMap<String, ActiveStream>,
    /// module and stream by number
    owners: Vec<(String, String)>,
    /// whose package it is, and whether that stream is active
    artifacts: HashMap<Nevra, (usize, bool)>,
    /// all names of packages of streams; the active stream where there is one
    names: HashMap<Box<str>, Option<usize>>,
}

impl ActiveModules {
    pub(super) fn of(modules: &Modules, chosen: &BTreeMap<&str, &Stream>) -> Self {
        let mut active = Self::default();
        let mut numbers: HashMap<(&str, &str), usize> = HashMap::new();
        for stream in &modules.streams {
            let owners = &mut active.owners;
            let owner = *numbers.entry((&stream.module, &stream.stream)).or_insert_with(|| {
                owners.push((stream.module.clone(), stream.stream.clone()));
                owners.len() - 1
            });
            let counts = |one: &&Stream| one.stream == stream.stream && one.context == stream.context;
            let counts = chosen.get(stream.module.as_str()).is_some_and(counts);
            for artifact in &stream.artifacts {
                let name = active.names.entry(artifact.name.clone()).or_default();
                if counts && !artifact.is_source() {
                    *name = name.or(Some(owner));
                }
                // What an active stream has counts, whichever other streams have it too.
                let known = active.artifacts.entry(artifact.clone()).or_insert((owner, counts));
                if counts && !known.1 {
                    *known = (owner, true);
                }
            }
        }
        active.streams = chosen
            .iter()
            .map(|(module, one)| {
                let (stream, context) = (one.stream.clone(), one.context.clone());
                ((*module).to_owned(), ActiveStream { stream, context })
            })
            .collect();
        active
    }

    /// The active stream of each module that has one.
    pub fn streams(&self) -> &BTreeMap<String, ActiveStream> {
        &self.streams
    }

    /// Why a package does not count, if it does not. Of a repository with `module_hotfixes` everything counts.
    pub fn hides<'a>(
        &self,
        name: &str,
        evr: &Evr,
        arch: &str,
        mut provides: impl Iterator<Item = &'a str>,
        module_hotfixes: bool,
    ) -> Option<Hidden> {
        if module_hotfixes || self.names.is_empty() {
            return None;
        }
        if self.names.contains_key(name)
            && let Some((owner, counts)) = self.artifacts.get(&Nevra::new(name, evr, arch))
        {
            let (module, stream) = self.owners[*owner].clone();
            return (!counts).then_some(Hidden::Inactive { module, stream });
        }
        let owner = |name: &str| self.names.get(name).copied().flatten();
        let owner = owner(name).or_else(|| provides.find_map(owner))?;
        let (module, stream) = self.owners[owner].clone();
        Some(Hidden::Shadowed { module, stream })
    }

    /// Module and stream that a package belongs to.
    pub fn owner(&self, name: &str, evr: &Evr, arch: &str) -> Option<(&str, &str)> {
        self.names.contains_key(name).then_some(())?;
        let (owner, _) = self.artifacts.get(&Nevra::new(name, evr, arch))?;
        let (module, stream) = &self.owners[*owner];
        Some((module, stream))
    }
}
