//! Which streams are active: those that are asked for, default ones, and what these need.
//!
//! As in dnf, a wish outweighs a default, also with what it needs; a default stream whose needs are not met by other
//! defaults is not active, without a word; a module without a default is activated where something needs it.

use super::{ActiveModules, ModuleConflict, Modules, Stream, StreamRequest};
use crate::evr;
use lsrepo_types::nearest;
use std::collections::{BTreeMap, HashMap};

/// How many streams may need each other in a chain.
const DEEPEST: usize = 200;
/// How much is tried for one wish.
const MOST_WORK: usize = 200_000;

impl Modules {
    /// Decides which streams are active on a platform (`el8`, `f29`; none: streams of every platform will do).
    pub fn enable(&self, requests: &[StreamRequest], platform: Option<&str>) -> Result<ActiveModules, ModuleConflict> {
        let platform = platform.map(|word| word.strip_prefix("platform:").unwrap_or(word));
        let wishes = self.wishes(requests)?;
        let mut search = Search::new(self, platform);
        search.pinned = wishes.iter().map(|(module, stream)| (*module, stream[0].as_str())).collect();
        let needs: Vec<Need<'_>> = wishes.iter().map(|(module, streams)| Need { module, streams, by: None }).collect();
        search.settle(needs, 0).map_err(|why| {
            let wanted = wishes.iter().map(|(module, stream)| format!("`{module}:{}`", stream[0])).collect();
            ModuleConflict::Unmet { wanted, why }
        })?;
        search.only_defaults = true;
        for (module, defaults) in &self.defaults {
            if let Some(stream) = &defaults.stream
                && !search.chosen.contains_key(module.as_str())
            {
                search.work = 0;
                let _ = search.settle(vec![Need { module, streams: std::slice::from_ref(stream), by: None }], 0);
            }
        }
        let chosen = search.chosen.values().map(|stream| (stream.module.as_str(), *stream)).collect();
        Ok(ActiveModules::of(self, &chosen))
    }

    /// Module and stream of every wish.
    fn wishes(&self, requests: &[StreamRequest]) -> Result<BTreeMap<&str, [String; 1]>, ModuleConflict> {
        let mut wishes: BTreeMap<&str, [String; 1]> = BTreeMap::new();
        for StreamRequest { module, stream } in requests {
            let mut known: Vec<&str> =
                self.streams.iter().filter(|one| one.module == *module).map(|one| one.stream.as_str()).collect();
            known.sort_by(|a, b| evr::compare(a, b).then_with(|| a.cmp(b)));
            known.dedup();
            let owned = || known.iter().map(|stream| (*stream).to_owned()).collect::<Vec<_>>();
            let wanted = match (stream.as_deref().or_else(|| self.default_stream(module)), &known[..]) {
                (_, []) => {
                    let near = nearest(module, self.names()).map(str::to_owned);
                    return Err(ModuleConflict::NoModule { module: module.clone(), near });
                }
                (None, [only]) => only,
                (None, _) => return Err(ModuleConflict::NoDefault { module: module.clone(), known: owned() }),
                (Some(wanted), _) => wanted,
            };
            let Some(stream) = known.iter().copied().find(|known| *known == wanted) else {
                return Err(ModuleConflict::NoStream { module: module.clone(), stream: wanted.to_owned(), known: owned() });
            };
            let module = self.streams.iter().find(|one| one.module == *module).map_or("", |one| one.module.as_str());
            match wishes.insert(module, [stream.to_owned()]) {
                Some([first]) if first != stream => {
                    let second = stream.to_owned();
                    return Err(ModuleConflict::Two { module: module.to_owned(), first, second });
                }
                _ => {}
            }
        }
        Ok(wishes)
    }
}

/// Streams of a module of which one has to be active.
#[derive(Clone, Copy)]
struct Need<'a> {
    module: &'a str,
    streams: &'a [String],
    /// none: it is asked for, or default
    by: Option<&'a Stream>,
}

impl Need<'_> {
    fn admits(&self, stream: &str) -> bool {
        let named = |mark: &str| self.streams.iter().any(|one| one.strip_prefix(mark) == Some(stream));
        let only = self.streams.iter().any(|one| !one.starts_with('-'));
        if only { named("") } else { !named("-") }
    }

    fn said(&self) -> String {
        let wanted: Vec<String> = self.streams.iter().map(|one| format!("{}:{one}", self.module)).collect();
        let wanted = if wanted.is_empty() { self.module.to_owned() } else { wanted.join(" or ") };
        match self.by {
            Some(Stream { module, stream, .. }) => format!("`{module}:{stream}` needs `{wanted}`"),
            None => format!("`{wanted}` is asked for"),
        }
    }
}

struct Search<'a> {
    modules: &'a Modules,
    platform: Option<&'a str>,
    /// of each stream and context the newest build, the preferred first
    by_module: HashMap<&'a str, Vec<&'a Stream>>,
    pinned: HashMap<&'a str, &'a str>,
    chosen: BTreeMap<&'a str, &'a Stream>,
    /// in the order in which they were chosen
    trail: Vec<&'a str>,
    only_defaults: bool,
    work: usize,
}

impl<'a> Search<'a> {
    fn new(modules: &'a Modules, platform: Option<&'a str>) -> Self {
        let mut by_module: HashMap<&str, Vec<&Stream>> = HashMap::new();
        for stream in &modules.streams {
            by_module.entry(&stream.module).or_default().push(stream);
        }
        for (module, all) in &mut by_module {
            let default = modules.default_stream(module);
            all.sort_by(|a, b| {
                let preferred = |stream: &Stream| default == Some(stream.stream.as_str());
                let streams = || evr::compare(&b.stream, &a.stream).then_with(|| b.stream.cmp(&a.stream));
                let builds = || b.version.cmp(&a.version).then_with(|| a.context.cmp(&b.context));
                preferred(b).cmp(&preferred(a)).then_with(streams).then_with(builds)
            });
            let mut seen = std::collections::HashSet::new();
            all.retain(|one| seen.insert((one.stream.as_str(), one.context.as_str())));
        }
        Self {
            modules,
            platform,
            by_module,
            pinned: HashMap::new(),
            chosen: BTreeMap::new(),
            trail: Vec::new(),
            only_defaults: false,
            work: 0,
        }
    }

    /// Tries candidates in turn; what the first one lacked is what is told.
    fn first_that_works(&mut self, candidates: &[&'a Stream], open: &[Need<'a>], depth: usize) -> Option<Result<(), String>> {
        let mut why = None;
        for candidate in candidates {
            let mark = self.trail.len();
            self.chosen.insert(&candidate.module, candidate);
            self.trail.push(&candidate.module);
            let needs = candidate.requires.iter().map(|(module, streams)| Need { module, streams, by: Some(candidate) });
            match self.settle(open.iter().copied().chain(needs).collect(), depth + 1) {
                Ok(()) => return Some(Ok(())),
                Err(error) => why = why.or(Some(Err(error))),
            }
            for module in self.trail.drain(mark..) {
                self.chosen.remove(module);
            }
        }
        why
    }

    /// Makes active what is needed, or changes nothing.
    fn settle(&mut self, mut open: Vec<Need<'a>>, depth: usize) -> Result<(), String> {
        self.work += open.len() + 1;
        if self.work > MOST_WORK || depth > DEEPEST {
            return Err("its needs are too entangled".to_owned());
        }
        while let Some(need) = open.pop() {
            if need.module == "platform" {
                match self.platform {
                    Some(platform) if !need.admits(platform) => return Err(format!("{}, and this is `{platform}`", need.said())),
                    _ => continue,
                }
            }
            if let Some(active) = self.chosen.get(need.module) {
                match need.admits(&active.stream) {
                    true => continue,
                    false => return Err(self.other_is_there(&need, &active.stream)),
                }
            }
            let candidates = self.candidates(&need);
            return self.first_that_works(&candidates, &open, depth).unwrap_or_else(|| Err(self.nothing_for(&need)));
        }
        Ok(())
    }

    fn candidates(&self, need: &Need<'a>) -> Vec<&'a Stream> {
        let default = self.modules.default_stream(need.module);
        let allowed = |one: &&&Stream| match self.pinned.get(need.module) {
            Some(pinned) => one.stream == *pinned,
            None => !self.only_defaults || default.is_none_or(|default| one.stream == default),
        };
        let all = self.by_module.get(need.module).into_iter().flatten();
        all.filter(|one| need.admits(&one.stream)).filter(allowed).copied().collect()
    }

    fn nothing_for(&self, need: &Need<'_>) -> String {
        match self.pinned.get(need.module) {
            Some(pinned) => self.other_is_there(need, pinned),
            None => format!("{}, which no repository has", need.said()),
        }
    }

    fn other_is_there(&self, need: &Need<'_>, other: &str) -> String {
        let how = if self.pinned.get(need.module) == Some(&other) { "is asked for" } else { "is active" };
        format!("{}, and `{}:{other}` {how}", need.said(), need.module)
    }
}
