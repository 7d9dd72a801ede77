//! Who provides what, and who bears which name.

use super::universe::{Dep, Means, Universe};
use lsrepo_rpm::primary::Kind;

/// Lists by name, all in one piece.
#[derive(Debug)]
struct Lists<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// Twice the same pairs of a name and an item, in the same order.
    fn new(names: usize, pairs: impl Fn(&mut dyn FnMut(u32, T))) -> Self {
        let mut starts = vec![0; names + 2];
        pairs(&mut |name, _| starts[name as usize + 2] += 1);
        for name in 2..starts.len() {
            starts[name] += starts[name - 1];
        }
        let mut items = vec![T::default(); starts.last().copied().unwrap_or_default() as usize];
        pairs(&mut |name, item| {
            let next = &mut starts[name as usize + 1];
            items[*next as usize] = item;
            *next += 1;
        });
        Self { starts, items }
    }

    fn get(&self, name: u32) -> &[T] {
        match self.starts.get(name as usize..name as usize + 2) {
            Some(&[start, end]) => &self.items[start as usize..end as usize],
            _ => &[],
        }
    }
}

/// Made once all sources are there.
#[derive(Debug)]
pub(super) struct Index {
    providers: Lists<(u32, Dep)>,
    named: Lists<u32>,
    /// every name that a candidate bears
    names: Vec<u32>,
    obsoleters: Lists<(u32, Dep)>,
    /// candidates that come along with others by their own will
    pub(super) supplementing: Vec<u32>,
}

impl Index {
    pub(super) fn new(universe: &Universe) -> Self {
        let names = universe.strings.len();
        let mut files = universe.files.clone();
        files.sort_unstable_by_key(|&(path, id)| (id, path));
        files.dedup();
        let ids = 0..universe.candidates.len() as u32;
        let providers = Lists::new(names, |each| {
            let mut files = files.iter().peekable();
            for id in ids.clone() {
                for &dep in universe.deps_of(id, Kind::Provides) {
                    if let Some(name) = universe.plain_name(dep) {
                        each(name, (id, dep));
                    }
                }
                while let Some(&(path, _)) = files.next_if(|(_, owner)| *owner == id) {
                    each(path, (id, Dep::name(path)));
                }
            }
        });
        let named = Lists::new(names, |each| ids.clone().for_each(|id| each(universe.candidates[id as usize].name, id)));
        let obsoleters = Lists::new(names, |each| {
            for id in ids.clone() {
                for &dep in universe.deps_of(id, Kind::Obsoletes) {
                    if let Some(name) = universe.plain_name(dep) {
                        each(name, (id, dep));
                    }
                }
            }
        });
        let supplementing = ids.filter(|&id| !universe.deps_of(id, Kind::Supplements).is_empty()).collect();
        let mut names: Vec<u32> = universe.candidates.iter().map(|known| known.name).collect();
        names.sort_unstable();
        names.dedup();
        Self { providers, named, names, obsoleters, supplementing }
    }

    /// Who provides a name, and as what, by the numbers of the candidates.
    pub(super) fn providers(&self, name: u32) -> &[(u32, Dep)] {
        self.providers.get(name)
    }

    /// Who bears a name, by the numbers of the candidates.
    pub(super) fn named(&self, name: u32) -> &[u32] {
        self.named.get(name)
    }

    /// Every name that a candidate bears.
    pub(super) fn names(&self) -> &[u32] {
        &self.names
    }

    /// Who takes the place of a name, and of which versions of it.
    pub(super) fn obsoleters(&self, name: u32) -> &[(u32, Dep)] {
        self.obsoleters.get(name)
    }
}

impl Universe {
    /// The name in a dependency that is not a rich one.
    pub(super) fn plain_name(&self, dep: Dep) -> Option<u32> {
        match dep.means() {
            Means::Name(name) => Some(name),
            Means::Relation(number) => Some(self.relations[number as usize].name),
            Means::Rich(_) => None,
        }
    }
}
