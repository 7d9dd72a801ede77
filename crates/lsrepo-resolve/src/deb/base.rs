//! What the target is assumed to have before anything is installed. The baseline decides a closure:
//! nothing is assumed without being named here.

use super::{
    CandidateId, Universe,
    engine::{Engine, Goal},
    view::{Node, View},
    walk,
    wish::Wanted,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// What the target has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Base {
    /// Nothing: the essential and required packages are carried too.
    #[default]
    None,
    /// What every minimal install has: the essential and required packages, `apt`, and what they cannot do
    /// without, maybe in the versions of an older point release.
    Minbase,
    /// Exactly this.
    Status(Vec<Installed>),
    /// These packages and what they cannot do without, maybe in the versions of an older point release.
    Names(Vec<String>),
}

/// A package that the target has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Installed {
    /// its name
    pub name: String,
    /// its version
    pub version: String,
    /// its architecture in Debian's words
    pub arch: String,
}

impl Base {
    /// The candidates that are taken to be present on the target.
    pub fn present(&self, universe: &Universe<'_>) -> Vec<CandidateId> {
        let mut view = View::new(universe, &[], false, false);
        self.settle(&mut view);
        view.all_present().into_iter().filter(|&id| view.known(id).is_some()).map(CandidateId).collect()
    }

    /// Whether what is present may be an older point release than the universe has.
    pub(super) fn may_be_older(&self) -> bool {
        matches!(self, Base::Minbase | Base::Names(_))
    }

    /// Tells the view what is present; gives what has to be carried along.
    pub(super) fn settle(&self, view: &mut View<'_, '_>) -> Vec<Wanted> {
        match self {
            Base::None => required(&View::new(view.universe, &[], false, false)),
            Base::Minbase => {
                let bare = View::new(view.universe, &[], false, false);
                let mut roots = required(&bare);
                roots.extend(named(&bare, &["apt".to_owned()]));
                settle_closure(&bare, &roots, view)
            }
            Base::Names(names) => {
                let bare = View::new(view.universe, &[], false, false);
                settle_closure(&bare, &named(&bare, names), view)
            }
            Base::Status(installed) => {
                for Installed { name, version, arch } in installed {
                    if let Some(arch) = view.universe.architecture(arch) {
                        view.set_installed(name, version, arch);
                    }
                }
                Vec::new()
            }
        }
    }
}

/// The essential packages and those of priority `required`.
fn required(bare: &View<'_, '_>) -> Vec<Wanted> {
    let universe: &Universe<'_> = bare.universe;
    let marked = universe.candidates.iter().filter(|known| known.arch == 0 && (known.essential || known.rank == 1));
    let names: BTreeSet<&str> = marked.map(|known| universe.names[known.name as usize].text).collect();
    let first = |wanted: &Wanted| wanted.options.first().and_then(|&id| bare.known(id));
    let roots = names.into_iter().filter_map(|name| root(bare, name));
    roots.filter(|wanted| first(wanted).is_some_and(|known| known.essential || known.rank == 1)).collect()
}

fn named(bare: &View<'_, '_>, names: &[String]) -> Vec<Wanted> {
    names.iter().filter_map(|name| root(bare, name)).collect()
}

fn root(bare: &View<'_, '_>, name: &str) -> Option<Wanted> {
    let (name, arch) = match name.split_once(':') {
        Some((name, arch)) => (name, bare.universe.architecture(arch)?),
        None => (name, 0),
    };
    let options = bare.candidates(Node { name: bare.name(name)?, arch }).to_vec();
    (!options.is_empty()).then_some(Wanted { options, suite: None })
}

/// The closure of `roots`, as far as it exists and leaves no choice, is present.
///
/// Where a dependency has several options, one install has this and another one that (`usrmerge`, with
/// all of perl, or `usr-is-merged`). What is wrongly taken to be present would be missing beyond the air
/// gap, so only what is certain counts; the rest is carried when somebody needs it.
fn settle_closure(bare: &View<'_, '_>, roots: &[Wanted], view: &mut View<'_, '_>) -> Vec<Wanted> {
    let mut goal = Goal::default();
    goal.soft.extend(roots.iter().map(|wanted| wanted.options.clone()));
    goal.soft.extend(walk::propose(bare, roots.iter()).into_iter().map(|id| vec![id]));
    let chosen = Engine::new(bare).solve(&goal).unwrap_or_default();
    let is_chosen = |id: &u32| chosen.binary_search(id).is_ok();
    let mut open: Vec<u32> = roots.iter().filter_map(|wanted| wanted.options.iter().copied().find(is_chosen)).collect();
    let mut certain: BTreeSet<u32> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        let node = bare.node(id);
        for need in &bare.relations(id).needs {
            let mut options = need.options.iter().copied().filter(|&option| bare.node(option).arch == node.arch);
            let Some(first) = options.next() else { continue };
            let no_choice = options.all(|option| bare.node(option) == bare.node(first));
            let met = need.options.iter().copied().find(is_chosen).filter(|_| no_choice);
            open.extend(met.filter(|&met| certain.insert(met)));
        }
    }
    certain.into_iter().for_each(|id| view.set_present(id));
    Vec::new()
}
