//! Files that only the lists of all files tell of.
//!
//! `primary.xml` tells by convention of programs and configuration. A dependency on any other path needs
//! `filelists.xml`, which is several times as large as everything else; so it is read only where something
//! that could be needed names such a path, and of it only the paths that somebody names are kept.

use super::{
    rules,
    solve::{Groups, Policy},
    universe::{Error, SourceId, Universe},
    view::View,
    wish::Wish,
};
use lsrepo_rpm::{Request, describe::is_primary, filelists};
use lsrepo_types::glob;
use std::{
    collections::{HashMap, HashSet},
    io::BufRead,
};

impl Universe {
    /// Whether the lists of all files have to be read before `requests` can be answered.
    pub fn wants_filelists(&self, requests: &[Request], groups: &Groups) -> bool {
        if requests.iter().filter_map(Request::path).any(|path| !is_primary(path)) {
            return true;
        }
        let policy = Policy { best: false, ..Policy::default() };
        let view = View::new(self, &policy);
        let all = requests.iter().enumerate().filter_map(|(number, request)| Wish::expand(&view, number, request, groups).ok());
        let roots: Vec<u32> = all.flat_map(|wish| wish.wanted.into_iter().flatten()).collect();
        let Some(reached) = rules::reach(&view, roots.into_iter(), true) else { return true };
        let mut found = false;
        for id in reached {
            for &dep in self.deps_of_all(id) {
                self.names(dep, &mut |name| found |= is_missing(self.strings.get(name)));
            }
        }
        found
    }

    /// Adds the files of an unpacked `filelists.xml` that a relation or a request names.
    pub fn add_filelists(&mut self, source: SourceId, filelists: impl BufRead, requests: &[Request]) -> Result<(), Error> {
        let mut wanted: HashSet<&str> = HashSet::new();
        for &dep in &self.deps {
            self.names(dep, &mut |name| {
                let text = self.strings.get(name);
                if is_missing(text) {
                    wanted.insert(text);
                }
            });
        }
        wanted.extend(requests.iter().filter_map(Request::path));
        let patterns: Vec<&str> = requests.iter().filter_map(Request::path).filter(|path| glob::is_pattern(path)).collect();
        let by_digest: HashMap<&str, u32> = self.of_source(source).map(|id| (self.candidate(id).checksum.hex, id.0)).collect();
        let mut found: Vec<(String, u32)> = Vec::new();
        let read = filelists::read(filelists, |digest, _, path| {
            if wanted.contains(path) || patterns.iter().any(|pattern| glob::matches(pattern, path)) {
                found.extend(by_digest.get(digest).map(|&id| (path.to_owned(), id)));
            }
        });
        read.map_err(|problem| Error::Filelists { source_name: self.source(source).name.clone(), problem })?;
        self.index.take();
        for (path, id) in found {
            let path = self.strings.intern(&path);
            self.files.push((path, id));
        }
        Ok(())
    }
}

/// Whether it is a path that no index tells of by convention.
fn is_missing(text: &str) -> bool {
    text.starts_with('/') && !is_primary(text)
}

#[cfg(test)]
mod tests;
