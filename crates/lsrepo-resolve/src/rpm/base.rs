//! What the target is assumed to have before anything is installed. The baseline decides a closure:
//! nothing is assumed without being named here.

use super::{
    CandidateId, SourceId, Universe,
    rules::Goal,
    search,
    solve::{Groups, Policy},
    view::View,
    wish::Wish,
};
use lsrepo_rpm::NevraRef;
use serde::Serialize;
use std::collections::BTreeSet;

/// What the target has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Base {
    /// Nothing: an empty root.
    #[default]
    None,
    /// These packages and what they cannot do without, maybe in older versions.
    Names(Vec<String>),
    /// Exactly these, as `rpm -qa` tells them: `bash-5.1.8-6.el9.x86_64`.
    Installed(Vec<String>),
    /// Everything that a source has.
    Repository(SourceId),
}

impl Base {
    /// The candidates that are taken to be present on the target.
    pub fn present(&self, universe: &Universe) -> Vec<CandidateId> {
        let policy = Policy::default();
        let mut view = View::new(universe, &policy);
        self.settle(&mut view);
        let mut present: Vec<u32> = view.all_present().iter().copied().filter(|&id| view.is_known(id)).collect();
        present.sort_unstable();
        present.into_iter().map(CandidateId).collect()
    }

    /// Whether what is present may be older than the universe has it.
    pub(super) fn may_be_older(&self) -> bool {
        matches!(self, Base::Names(_))
    }

    /// Tells the view what is present.
    pub(super) fn settle(&self, view: &mut View<'_>) {
        match self {
            Base::None => {}
            Base::Names(names) => settle_closure(names, view),
            Base::Installed(all) => {
                let all = all.iter().filter_map(|text| NevraRef::parse(text));
                all.for_each(|nevra| view.set_installed(&nevra));
            }
            Base::Repository(source) => view.universe.of_source(*source).for_each(|id| view.set_present(id.0)),
        }
        view.forget();
    }
}

/// The closure of `names`, as far as it exists and leaves no choice, is present.
///
/// Where a dependency has several options, one install has this and another one that. What is wrongly taken to be
/// present would be missing beyond the air gap, so only what is certain counts; the rest is carried when
/// somebody needs it.
fn settle_closure(names: &[String], view: &mut View<'_>) {
    let requests = names.iter().filter_map(|name| name.parse().ok());
    let wishes = requests.enumerate().filter_map(|(number, request)| Wish::expand(view, number, &request, &Groups::new()).ok());
    let mut wanted: Vec<Vec<u32>> = Vec::new();
    for wish in wishes {
        wanted.extend(wish.taken);
    }
    let chosen = search::solve(view, &Goal { wanted: wanted.clone(), exempt: Vec::new() }, false).unwrap_or_else(|| {
        // Not all of them together: those that fit one after the other.
        let mut goal = Goal::default();
        let mut chosen = Vec::new();
        for options in &wanted {
            goal.wanted.push(options.clone());
            match search::solve(view, &goal, false) {
                Some(found) => chosen = found,
                None => drop(goal.wanted.pop()),
            }
        }
        chosen
    });
    let is_chosen = |id: &u32| chosen.binary_search(id).is_ok();
    let mut open: Vec<u32> = wanted.iter().filter_map(|options| options.iter().copied().find(is_chosen)).collect();
    let mut certain: BTreeSet<u32> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        for need in view.relations(id).needs.iter().filter(|need| need.guards.is_empty()) {
            let mut options = need.options.iter().copied().filter(|&option| view.same_kind(view.arch(option), view.arch(id)));
            let Some(first) = options.next() else { continue };
            let no_choice = options.all(|option| view.name(option) == view.name(first));
            let met = need.options.iter().copied().find(is_chosen).filter(|_| no_choice);
            open.extend(met.filter(|&met| certain.insert(met)));
        }
    }
    certain.into_iter().for_each(|id| view.set_present(id));
}
