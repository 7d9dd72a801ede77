//! What one solve sees of a universe: without what is excluded, with what the target already has, and
//! the candidates of a name in the order in which they are tried.

use super::{
    Universe,
    relations::Relations,
    universe::{Candidate, MultiArch},
    wish::Wanted,
};
use crate::CandidateId;
use lsrepo_types::glob;
use std::{
    cell::RefCell,
    cmp::Reverse,
    collections::{HashMap, HashSet},
    rc::Rc,
};

/// A name on an architecture: of its candidates at most one can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    pub(super) name: u32,
    pub(super) arch: u8,
}

/// An installed version that no index has: it meets dependencies, and has none that are open.
#[derive(Debug)]
struct Stranger {
    node: Node,
    version: Box<str>,
    /// the best candidate of the name: what it provides is taken over
    like: Option<u32>,
}

pub(super) struct View<'u, 'a> {
    pub(super) universe: &'u Universe<'a>,
    pub(super) recommends: bool,
    pub(super) suggests: bool,
    exclude: Vec<Exclusion<'u>>,
    strangers: Vec<Stranger>,
    /// names that only strangers have, numbered after the universe's
    strange_names: Vec<Box<str>>,
    stranger_like: HashMap<u32, u32>,
    present: HashMap<Node, u32>,
    requested: HashSet<Node>,
    suites: HashMap<u32, Box<str>>,
    nodes: RefCell<HashMap<Node, Rc<[u32]>>>,
    relations: RefCell<HashMap<u32, Rc<Relations<'a>>>>,
}

/// `NAME` or `NAME=VERSION`, both maybe with `*` and `?`.
struct Exclusion<'u> {
    name: &'u str,
    version: Option<&'u str>,
}

impl<'u, 'a> View<'u, 'a> {
    pub(super) fn new(universe: &'u Universe<'a>, exclude: &'u [String], recommends: bool, suggests: bool) -> Self {
        let exclude = exclude.iter().map(|text| match text.split_once('=') {
            Some((name, version)) => Exclusion { name, version: Some(version) },
            None => Exclusion { name: text, version: None },
        });
        Self {
            universe,
            recommends,
            suggests,
            exclude: exclude.collect(),
            strangers: Vec::new(),
            strange_names: Vec::new(),
            stranger_like: HashMap::new(),
            present: HashMap::new(),
            requested: HashSet::new(),
            suites: HashMap::new(),
            nodes: RefCell::default(),
            relations: RefCell::default(),
        }
    }

    /// Tells that the target has this candidate.
    pub(super) fn set_present(&mut self, candidate: u32) {
        self.present.insert(self.node(candidate), candidate);
    }

    /// Tells that the target has this version, which an index may have or not.
    pub(super) fn set_installed(&mut self, name: &str, version: &str, arch: u8) {
        let node = Node { name: self.name_or_strange(name), arch };
        let known = self.universe.candidates_of(node.name).find(|&id| {
            let candidate = &self.universe.candidates[id as usize];
            candidate.arch == arch && candidate.version == version
        });
        let id = known.unwrap_or_else(|| {
            let id = self.len() as u32;
            let like = self.candidates(node).first().copied();
            if let Some(like) = like {
                self.stranger_like.insert(like, id);
            }
            self.strangers.push(Stranger { node, version: version.into(), like });
            id
        });
        self.present.insert(node, id);
        self.nodes.get_mut().clear();
    }

    /// Tells what is asked for: these names get their best version even where an older one is present,
    /// and the suite that the request names.
    pub(super) fn set_requested(&mut self, wanted: &[Wanted]) {
        for wanted in wanted {
            let nodes: Vec<Node> = wanted.options.iter().map(|&id| self.node(id)).collect();
            self.requested.extend(nodes);
            if let (Some(suite), Some(&first)) = (&wanted.suite, wanted.options.first()) {
                self.suites.insert(self.node(first).name, suite.as_str().into());
            }
        }
        self.nodes.get_mut().clear();
        self.relations.get_mut().clear();
    }

    fn name_or_strange(&mut self, text: &str) -> u32 {
        self.name(text).unwrap_or_else(|| {
            self.strange_names.push(text.into());
            (self.universe.names.len() + self.strange_names.len() - 1) as u32
        })
    }

    pub(super) fn name(&self, text: &str) -> Option<u32> {
        let strange = || self.strange_names.iter().position(|name| &**name == text);
        let first = self.universe.names.len();
        self.universe.name(text).or_else(|| strange().map(|position| (first + position) as u32))
    }

    pub(super) fn name_text(&self, name: u32) -> &str {
        match self.universe.names.get(name as usize) {
            Some(name) => name.text,
            None => &self.strange_names[name as usize - self.universe.names.len()],
        }
    }

    /// All candidates have smaller numbers, those of the universe and the strangers.
    pub(super) fn len(&self) -> usize {
        self.universe.candidates.len() + self.strangers.len()
    }

    /// All names have smaller numbers.
    pub(super) fn names(&self) -> usize {
        self.universe.names.len() + self.strange_names.len()
    }

    /// The candidate, unless it is a stranger.
    pub(super) fn known(&self, id: u32) -> Option<&Candidate<'a>> {
        self.universe.candidates.get(id as usize)
    }

    fn stranger(&self, id: u32) -> &Stranger {
        &self.strangers[id as usize - self.universe.candidates.len()]
    }

    pub(super) fn node(&self, id: u32) -> Node {
        match self.known(id) {
            Some(candidate) => Node { name: candidate.name, arch: candidate.arch },
            None => self.stranger(id).node,
        }
    }

    pub(super) fn version(&self, id: u32) -> &str {
        match self.known(id) {
            Some(candidate) => candidate.version,
            None => &self.stranger(id).version,
        }
    }

    pub(super) fn multi_arch(&self, id: u32) -> MultiArch {
        match self.known(id) {
            Some(candidate) => candidate.multi_arch,
            None => self.stranger(id).like.map_or(MultiArch::No, |like| self.multi_arch(like)),
        }
    }

    pub(super) fn essential(&self, id: u32) -> bool {
        self.known(id).is_some_and(|candidate| candidate.essential)
    }

    /// `name 1.2-3`, with the architecture where it is not the native one.
    pub(super) fn display(&self, id: u32) -> String {
        let node = self.node(id);
        let name = self.name_text(node.name);
        match node.arch {
            0 => format!("{name} {}", self.version(id)),
            arch => format!("{name}:{} {}", self.universe.architectures[arch as usize], self.version(id)),
        }
    }

    /// What the target has of this name.
    pub(super) fn present(&self, node: Node) -> Option<u32> {
        self.present.get(&node).copied()
    }

    /// Whether the target has exactly this.
    pub(super) fn is_present(&self, id: u32) -> bool {
        self.present(self.node(id)) == Some(id)
    }

    /// All that the target has, in the order of the numbers.
    pub(super) fn all_present(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.present.values().copied().collect();
        all.sort_unstable();
        all
    }

    /// Whether the policy takes a candidate out.
    pub(super) fn is_excluded(&self, id: u32) -> bool {
        let (name, version) = (self.name_text(self.node(id).name), self.version(id));
        let fits = |exclusion: &Exclusion<'_>| {
            glob::matches(exclusion.name, name) && exclusion.version.is_none_or(|pattern| glob::matches(pattern, version))
        };
        self.exclude.iter().any(fits)
    }

    /// The usable candidates of a node, the one to try first in front: what is present (unless the name
    /// was requested), the requested suite, the higher pin, the higher version, the earlier source.
    pub(super) fn candidates(&self, node: Node) -> Rc<[u32]> {
        if let Some(known) = self.nodes.borrow().get(&node) {
            return known.clone();
        }
        let present = self.present(node);
        let of_node = |&id: &u32| self.node(id).arch == node.arch;
        let usable = |&id: &u32| Some(id) == present || self.universe.candidates[id as usize].pin >= 0 && !self.is_excluded(id);
        let mut list: Vec<u32> = self.universe.candidates_of(node.name).filter(of_node).filter(usable).collect();
        list.extend(present.filter(|id| self.known(*id).is_none()));
        if list.len() > 1 {
            let keep = present.filter(|_| !self.requested.contains(&node));
            let suite = self.suites.get(&node.name);
            let first = |id: u32| {
                let suited = suite.is_some_and(|suite| self.known(id).is_some() && self.is_from(id, suite));
                (Reverse(keep == Some(id)), Reverse(suited), Reverse(self.known(id).map_or(100, |known| known.pin)))
            };
            list.sort_by(|&a, &b| {
                let versions = || lsrepo_deb::version::compare(self.version(b), self.version(a));
                first(a).cmp(&first(b)).then_with(versions).then(a.cmp(&b))
            });
        }
        let list: Rc<[u32]> = list.into();
        self.nodes.borrow_mut().insert(node, list.clone());
        list
    }

    /// Whether apt would weigh this candidate at all: it takes the best of a name, or what is installed.
    pub(super) fn is_first_choice(&self, id: u32) -> bool {
        self.candidates(self.node(id)).first() == Some(&id) || self.is_present(id)
    }

    /// Whether a candidate comes from the suite, by any of the names that a suite has.
    pub(super) fn is_from(&self, id: u32, suite: &str) -> bool {
        let source = self.universe.source(CandidateId(id));
        [source.origin.suite.as_str(), source.origin.codename.as_str(), source.name.as_str()].contains(&suite)
    }

    /// Who provides a name, with the version that is provided.
    pub(super) fn providers(&self, name: u32) -> Vec<(u32, Option<&str>)> {
        let mut all = Vec::new();
        for (id, version) in self.universe.providers_of(name) {
            if let Some(&stranger) = self.stranger_like.get(&id) {
                let own = version == Some(self.version(id));
                all.push((stranger, if own { Some(self.version(stranger)) } else { version }));
            }
            let usable = self.is_present(id) || self.universe.candidates[id as usize].pin >= 0 && !self.is_excluded(id);
            if usable {
                all.push((id, version));
            }
        }
        all
    }

    /// What a candidate needs and excludes, parsed at the first question.
    pub(super) fn relations(&self, id: u32) -> Rc<Relations<'a>> {
        if let Some(known) = self.relations.borrow().get(&id) {
            return known.clone();
        }
        let relations = Rc::new(Relations::read(self, id));
        self.relations.borrow_mut().insert(id, relations.clone());
        relations
    }
}
