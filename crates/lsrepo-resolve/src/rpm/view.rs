//! What one solve sees of a universe: without what is excluded, and with what the target already has.

use super::{
    formula, names,
    range::{self, Range},
    relations::Relations,
    solve::Policy,
    universe::{Dep, Means, Relation, Universe},
};
use crate::CandidateId;
use lsrepo_rpm::{NevraRef, Operator, primary::Kind};
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

/// A candidate that is there, or that is not.
pub(super) type Literal = i32;

pub(super) fn is(id: u32) -> Literal {
    id as i32 + 1
}

pub(super) fn is_not(id: u32) -> Literal {
    -is(id)
}

/// The candidate of a literal.
pub(super) fn of(literal: Literal) -> u32 {
    literal.unsigned_abs() - 1
}

/// An installed version that no index has: it meets dependencies, and has none that are open.
#[derive(Debug)]
struct Stranger {
    name: u32,
    evr: Box<str>,
    arch: u8,
    /// the best candidate of the name: what it provides is taken over
    like: Option<u32>,
}

pub(super) struct View<'u> {
    pub(super) universe: &'u Universe,
    pub(super) policy: &'u Policy,
    /// excluded by the policy
    pub(super) excluded: Vec<bool>,
    /// candidates that keep their place where they can
    kept: HashSet<u32>,
    strangers: Vec<Stranger>,
    stranger_provides: HashMap<u32, Vec<u32>>,
    present: Vec<u32>,
    is_present: Vec<bool>,
    providers: RefCell<HashMap<Dep, Rc<[u32]>>>,
    relations: RefCell<HashMap<u32, Rc<Relations>>>,
}

impl<'u> View<'u> {
    pub(super) fn new(universe: &'u Universe, policy: &'u Policy) -> Self {
        let facts = |id: usize| universe.candidate(CandidateId(id as u32)).nevra;
        let all = 0..universe.len();
        let excluded = match policy.exclude.is_empty() {
            true => vec![false; universe.len()],
            false => all.map(|id| policy.exclude.iter().any(|pattern| names::fits(pattern, &facts(id)))).collect(),
        };
        let mut view = Self {
            universe,
            policy,
            excluded,
            kept: HashSet::new(),
            strangers: Vec::new(),
            stranger_provides: HashMap::new(),
            present: Vec::new(),
            is_present: vec![false; universe.len()],
            providers: RefCell::default(),
            relations: RefCell::default(),
        };
        view.kept = policy.keep.iter().filter_map(|text| NevraRef::parse(text)).flat_map(|nevra| view.exactly(&nevra)).collect();
        view
    }

    /// The candidates with exactly this full name.
    pub(super) fn exactly(&self, nevra: &NevraRef<'_>) -> Vec<u32> {
        let same = |id: &u32| self.universe.candidate(CandidateId(*id)).nevra == *nevra;
        self.universe.named(nevra.name).map(|id| id.0).filter(same).collect()
    }

    /// Tells that the target has this candidate.
    pub(super) fn set_present(&mut self, id: u32) {
        if !std::mem::replace(&mut self.is_present[id as usize], true) {
            self.present.push(id);
        }
    }

    /// Tells that the target has this package, which an index may have or not.
    pub(super) fn set_installed(&mut self, nevra: &NevraRef<'_>) {
        if let Some(&known) = self.exactly(nevra).first() {
            return self.set_present(known);
        }
        // A name that no package of the universe has or mentions meets nothing that anybody asks for.
        let (Some(name), Some(arch)) = (self.universe.strings.find(nevra.name), self.universe.architecture(nevra.arch)) else {
            return;
        };
        let id = self.len() as u32;
        let twins = self.named(name).into_iter().filter(|&other| self.arch(other) == arch);
        let like = twins.max_by(|&a, &b| range::strictly(self.evr(a), self.evr(b)).then(b.cmp(&a)));
        let text = nevra.to_string();
        let evr = text[nevra.name.len() + 1..text.len() - nevra.arch.len() - 1].into();
        let mut provided: Vec<u32> = vec![name];
        if let Some(like) = like {
            provided.extend(self.universe.deps_of(like, Kind::Provides).iter().filter_map(|&dep| self.universe.plain_name(dep)));
        }
        provided.sort_unstable();
        provided.dedup();
        provided.into_iter().for_each(|name| self.stranger_provides.entry(name).or_default().push(id));
        self.strangers.push(Stranger { name, evr, arch, like });
        self.is_present.push(true);
        self.present.push(id);
    }

    /// All candidates have smaller numbers, those of the universe and the strangers.
    pub(super) fn len(&self) -> usize {
        self.universe.len() + self.strangers.len()
    }

    /// Whether it is a candidate of the universe.
    pub(super) fn is_known(&self, id: u32) -> bool {
        (id as usize) < self.universe.len()
    }

    fn stranger(&self, id: u32) -> &Stranger {
        &self.strangers[id as usize - self.universe.len()]
    }

    pub(super) fn name(&self, id: u32) -> u32 {
        match self.universe.candidates.get(id as usize) {
            Some(known) => known.name,
            None => self.stranger(id).name,
        }
    }

    pub(super) fn name_text(&self, id: u32) -> &str {
        self.universe.strings.get(self.name(id))
    }

    pub(super) fn evr(&self, id: u32) -> &str {
        match self.universe.candidates.get(id as usize) {
            Some(known) => self.universe.strings.get(known.evr),
            None => &self.stranger(id).evr,
        }
    }

    pub(super) fn arch(&self, id: u32) -> u8 {
        match self.universe.candidates.get(id as usize) {
            Some(known) => known.arch,
            None => self.stranger(id).arch,
        }
    }

    pub(super) fn nevra(&self, id: u32) -> NevraRef<'_> {
        NevraRef::new(self.name_text(id), self.evr(id), &self.universe.architectures[self.arch(id) as usize])
    }

    /// `name 1.2-3`, with the architecture where it is a second one.
    pub(super) fn display(&self, id: u32) -> String {
        let (name, evr, arch) = (self.name_text(id), self.evr(id), self.arch(id));
        match arch == 0 || self.universe.is_noarch(arch) {
            true => format!("{name} {evr}"),
            false => format!("{name}.{} {evr}", self.universe.architectures[arch as usize]),
        }
    }

    /// Lower is better.
    pub(super) fn priority(&self, id: u32) -> i32 {
        self.universe.candidates.get(id as usize).map_or(i32::MIN, |known| self.universe.sources[known.source as usize].priority)
    }

    /// Whether the policy keeps exactly this candidate where it can.
    pub(super) fn is_kept(&self, id: u32) -> bool {
        self.kept.contains(&id)
    }

    /// Whether the target has exactly this.
    pub(super) fn is_present(&self, id: u32) -> bool {
        self.is_present[id as usize]
    }

    /// All that the target has.
    pub(super) fn all_present(&self) -> &[u32] {
        &self.present
    }

    /// What the target has of a name.
    pub(super) fn present_of(&self, name: u32) -> impl Iterator<Item = u32> {
        self.present.iter().copied().filter(move |&id| self.name(id) == name)
    }

    /// The usable candidates of a name; what is present counts as usable.
    pub(super) fn named(&self, name: u32) -> Vec<u32> {
        let known = self.universe.index().named(name).iter().copied().filter(|&id| self.usable(id));
        let strange = (self.universe.len() as u32..self.len() as u32).filter(|&id| self.name(id) == name);
        known.chain(strange).collect()
    }

    fn usable(&self, id: u32) -> bool {
        !self.excluded[id as usize] || self.is_present[id as usize]
    }

    /// The versions that a relation means.
    pub(super) fn range(&self, dep: Dep) -> Range<'_> {
        match dep.means() {
            Means::Relation(number) => {
                let Relation { operator, evr, .. } = self.universe.relations[number as usize];
                Some((operator, self.universe.strings.get(evr)))
            }
            Means::Name(_) | Means::Rich(_) => None,
        }
    }

    /// Who meets a dependency that is not a rich one, by the numbers of the candidates.
    pub(super) fn providers(&self, dep: Dep) -> Rc<[u32]> {
        if let Some(known) = self.providers.borrow().get(&dep) {
            return known.clone();
        }
        let name = self.universe.plain_name(dep);
        let found: Rc<[u32]> = name.map(|name| self.providers_of(name, self.range(dep))).unwrap_or_default().into();
        self.providers.borrow_mut().insert(dep, found.clone());
        found
    }

    /// Who provides a name in one of the versions, by the numbers of the candidates.
    pub(super) fn providers_of(&self, name: u32, wanted: Range<'_>) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        for &(id, provided) in self.universe.index().providers(name) {
            let new = found.last() != Some(&id);
            if new && self.usable(id) && (wanted.is_none() || range::overlap(self.range(provided), wanted)) {
                found.push(id);
            }
        }
        let strangers = self.stranger_provides.get(&name).into_iter().flatten();
        found.extend(strangers.copied().filter(|&id| self.stranger_meets(id, name, wanted)));
        found
    }

    /// Calls `each` with everything that meets an end of a dependency.
    pub(super) fn leaf_providers(&self, dep: Dep, each: &mut impl FnMut(u32)) {
        match dep.means() {
            Means::Rich(number) => {
                if let Ok(tree) = &self.universe.rich[number as usize].tree {
                    tree.leaves(&mut |&leaf| self.providers(leaf).iter().for_each(|&id| each(id)));
                }
            }
            Means::Name(_) | Means::Relation(_) => self.providers(dep).iter().for_each(|&id| each(id)),
        }
    }

    /// Forgets what was found before the base was known.
    pub(super) fn forget(&mut self) {
        self.providers.get_mut().clear();
        self.relations.get_mut().clear();
    }

    /// Whether a dependency holds in a set of packages.
    pub(super) fn holds(&self, dep: Dep, inside: &impl Fn(u32) -> bool) -> bool {
        match dep.means() {
            Means::Rich(number) => {
                self.universe.rich[number as usize].tree.as_ref().is_ok_and(|tree| formula::holds(self, tree, inside))
            }
            Means::Name(_) | Means::Relation(_) => self.providers(dep).iter().any(|&id| inside(id)),
        }
    }

    fn stranger_meets(&self, id: u32, name: u32, wanted: Range<'_>) -> bool {
        let stranger = self.stranger(id);
        if stranger.name == name && range::overlap(Some((Operator::Equal, &stranger.evr)), wanted) {
            return true;
        }
        let Some(like) = stranger.like else { return false };
        let newest = self.evr(like);
        let provided = self.universe.deps_of(like, Kind::Provides).iter();
        let mut own = provided.filter(|&&dep| self.universe.plain_name(dep) == Some(name) && stranger.name != name);
        own.any(|&dep| match self.range(dep) {
            // what it provides in its own version
            Some((operator, evr)) if evr == newest => range::overlap(Some((operator, &stranger.evr)), wanted),
            range => range::overlap(range, wanted),
        })
    }

    /// What takes the place of a package, by its own words.
    pub(super) fn obsoleters(&self, id: u32) -> Vec<u32> {
        let own = Some((Operator::Equal, self.evr(id)));
        let all = self.universe.index().obsoleters(self.name(id)).iter();
        let hit = all.filter(|&&(other, dep)| other != id && self.usable(other) && range::overlap(own, self.range(dep)));
        let mut found: Vec<u32> = hit.map(|&(other, _)| other).collect();
        found.dedup();
        found
    }

    /// The candidates that a package takes the place of with one of its Obsoletes.
    pub(super) fn obsoleted(&self, id: u32, dep: Dep) -> Vec<u32> {
        let Some(name) = self.universe.plain_name(dep) else { return Vec::new() };
        let hit = |&other: &u32| other != id && range::overlap(Some((Operator::Equal, self.evr(other))), self.range(dep));
        self.named(name).into_iter().filter(hit).collect()
    }

    /// Whether several versions of it may stand side by side.
    pub(super) fn is_install_only(&self, id: u32) -> bool {
        let name = self.name_text(id);
        if self.policy.install_only.iter().any(|only| only == name) {
            return true;
        }
        let provides = if self.is_known(id) { self.universe.deps_of(id, Kind::Provides) } else { &[] };
        let marks = |dep: &Dep| {
            let text = self.universe.plain_name(*dep).map(|name| self.universe.strings.get(name));
            text.is_some_and(|text| {
                matches!(text, "installonlypkg(kernel)" | "installonlypkg(kernel-module)" | "multiversion(kernel)")
            })
        };
        provides.iter().any(marks)
    }

    /// Whether two architectures are for programs of the same kind, so that their packages collide.
    pub(super) fn same_kind(&self, a: u8, b: u8) -> bool {
        let wide = |arch: u8| {
            matches!(&*self.universe.architectures[arch as usize], "x86_64" | "aarch64" | "ppc64" | "ppc64le" | "s390x" | "riscv64")
        };
        self.universe.is_noarch(a) || self.universe.is_noarch(b) || wide(a) == wide(b)
    }

    /// What a candidate needs and excludes, found at the first question.
    pub(super) fn relations(&self, id: u32) -> Rc<Relations> {
        if let Some(known) = self.relations.borrow().get(&id) {
            return known.clone();
        }
        let relations = Rc::new(Relations::read(self, id));
        self.relations.borrow_mut().insert(id, relations.clone());
        relations
    }
}
