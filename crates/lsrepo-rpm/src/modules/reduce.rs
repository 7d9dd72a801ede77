//! The module metadata of a repository that carries only some packages.

use super::{Defaults, Modules, Stream};
use crate::Nevra;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt::Write as _,
};

impl Modules {
    /// The text for a repository with these packages: the streams that have any of them, the streams that those need,
    /// and what is said of them; empty where no stream is carried. Documents stay as they were.
    ///
    /// `active` is the stream of a module with which the packages were chosen, and becomes its default: without one,
    /// or with a default that is not carried, a client would see none of its packages.
    pub fn reduce(&self, carried: &HashSet<Nevra>, active: &BTreeMap<String, String>) -> String {
        let streams = self.carried_streams(carried, active);
        let names: BTreeSet<(&str, &str)> = streams.iter().map(|one| (one.module.as_str(), one.stream.as_str())).collect();
        let modules: BTreeSet<&str> = names.iter().map(|(module, _)| *module).collect();
        let mut documents: Vec<String> = streams.iter().map(|stream| stream.document.clone()).collect();
        for module in modules {
            let known = self.defaults.get(module);
            let carried = |stream: &&str| names.contains(&(module, *stream));
            let wanted = active.get(module).map(String::as_str).filter(carried);
            let wanted = wanted.or_else(|| known.and_then(|known| known.stream.as_deref()).filter(carried));
            match known {
                Some(known) if known.stream.as_deref() == wanted && !known.document.is_empty() => {
                    documents.push(known.document.clone())
                }
                None if wanted.is_none() => {}
                _ => documents.push(defaults(module, wanted, known, &|stream| names.contains(&(module, stream)))),
            }
        }
        let is_carried = |module: &str, stream: &str| names.contains(&(module, stream));
        let fits = |by: &Option<(String, String)>| by.as_ref().is_none_or(|(module, stream)| is_carried(module, stream));
        let notes = self.notes.iter().filter(|note| is_carried(&note.module, &note.stream) && fits(&note.obsoleted_by));
        let notes: BTreeSet<&str> = notes.map(|note| note.document.as_str()).filter(|text| !text.is_empty()).collect();
        documents.extend(notes.into_iter().map(str::to_owned));
        documents.iter().map(|document| format!("---\n{document}...\n")).collect()
    }

    /// Sorted; each once.
    fn carried_streams(&self, carried: &HashSet<Nevra>, active: &BTreeMap<String, String>) -> Vec<&Stream> {
        let key = |one: &Stream| (one.module.clone(), one.stream.clone(), one.version, one.context.clone(), one.arch.clone());
        let with_packages = self.streams.iter().filter(|one| one.artifacts.iter().any(|artifact| carried.contains(artifact)));
        let mut found: BTreeMap<_, &Stream> = BTreeMap::new();
        let mut names: HashSet<(&str, &str)> = HashSet::new();
        let mut open: Vec<&Stream> = with_packages.collect();
        while let Some(stream) = open.pop() {
            names.insert((&stream.module, &stream.stream));
            if found.insert(key(stream), stream).is_some() {
                continue;
            }
            for (module, streams) in &stream.requires {
                open.extend(self.needed(module, streams, active).filter(|one| !names.contains(&(&one.module, &one.stream))));
            }
        }
        found.into_values().collect()
    }

    /// The newest build of a stream that will do.
    fn needed(&self, module: &str, streams: &[String], active: &BTreeMap<String, String>) -> Option<&Stream> {
        let only = streams.iter().any(|one| !one.starts_with('-'));
        let admits = |stream: &str| match only {
            true => streams.iter().any(|one| one == stream),
            false => !streams.iter().any(|one| one.strip_prefix('-') == Some(stream)),
        };
        let rank = |one: &Stream| match (active.get(module).map(String::as_str), self.default_stream(module)) {
            (Some(active), _) if active == one.stream => 2,
            (_, Some(default)) if default == one.stream => 1,
            _ => 0,
        };
        let fitting = self.streams.iter().filter(|one| one.module == module && admits(&one.stream));
        fitting.max_by_key(|one| (rank(one), one.version, &one.stream, &one.context))
    }
}

/// A document of defaults, with the profiles of carried streams.
fn defaults(module: &str, stream: Option<&str>, known: Option<&Defaults>, carried: &dyn Fn(&str) -> bool) -> String {
    let mut text = format!("document: modulemd-defaults\nversion: 1\ndata:\n  module: {}\n", quoted(module));
    if let Some(modified) = known.map(|known| known.modified).filter(|modified| *modified > 0) {
        let _ = writeln!(text, "  modified: {modified}");
    }
    if let Some(stream) = stream {
        let _ = writeln!(text, "  stream: {}", quoted(stream));
    }
    let profiles = known.map(|known| &known.profiles).into_iter().flatten();
    let profiles: Vec<_> = profiles.filter(|(stream, _)| carried(stream)).collect();
    text.push_str(if profiles.is_empty() { "  profiles: {}\n" } else { "  profiles:\n" });
    for (stream, names) in profiles {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        let _ = writeln!(text, "    {}: [{}]", quoted(stream), names.join(", "));
    }
    text
}

/// A text between double quotes, as YAML and JSON know it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => drop(write!(quoted, "\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}
