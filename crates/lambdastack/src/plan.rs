//! What would change, and why: a pure function of what is wanted, what was done, and what is seen on the machines.
//!
//! The plan has a digest, so that somebody can agree to it and nothing else is applied. Modules that are only influenced
//! get an action of their own, marked as such: it is shown, and not applied unless somebody asks for it.

mod desired;
mod diff;
mod paper;
mod show;

pub use desired::{Host, Observed, desired};
pub use diff::{Change, diff};
pub use paper::{Paper, PaperError};
pub use show::show;

use crate::{
    module::{Catalogue, Manifest, Method, Scope},
    order,
    stack::Stack,
    state::{Applied, Inputs, State, Status},
    teardown,
    version::Version,
};
use lsrepo_bom::ModuleName;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// the name of the cluster
    pub cluster: String,
    /// of the state that it starts from; none where nothing was done yet
    pub lineage: Option<String>,
    /// of the state that it starts from
    pub serial: u64,
    /// who logs into the machines, with which key
    pub access: Access,
    /// in the order in which they are done
    pub actions: Vec<Action>,
}

/// Who logs into machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// the user
    pub user: String,
    /// the file of the private key
    pub key_path: String,
}

/// What is done about one module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// the module
    pub module: ModuleName,
    /// what is done
    pub kind: ActionKind,
    /// where, sorted
    pub machines: Vec<String>,
    /// what differs from what was done
    pub changes: Vec<Change>,
    /// what was changed by hand, in the words of an audit
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
    /// modules whose machines it gets to know anew
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub influenced_by: Vec<ModuleName>,
    /// machines that it leaves, and from which it is taken
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<String>,
    /// machines on which it stays as it is: the documents do not know them any more
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
    /// whether its data goes with it
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub purges: bool,
}

/// What is done about a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionKind {
    /// it was not there
    Install,
    /// it is to be otherwise
    Change,
    /// an earlier apply did not get to its end
    Finish,
    /// it was changed by hand
    Repair,
    /// only others changed: it is shown, and applied where somebody asks for it
    Influence,
    /// nobody wants it any more: it is torn down
    Remove,
    /// nobody wants it any more, and it cannot be torn down: it stays on its machines, and the state forgets it
    Release,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanRefusal {
    /// the state is of another cluster
    OtherCluster {
        /// in the documents
        wanted: String,
        /// in the state
        found: String,
    },
    /// a later version of the module was applied
    Older {
        /// the module
        module: ModuleName,
        /// that is known
        version: Version,
        /// that was applied
        applied: String,
    },
    /// a machine on which the module does not run
    Unsupported {
        /// the module
        module: ModuleName,
        /// the machine
        machine: String,
        /// what it is
        what: String,
    },
}

impl fmt::Display for PlanRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanRefusal::OtherCluster { wanted, found } => {
                write!(f, "the state is of the cluster `{found}`, and the documents are of `{wanted}`")?;
                write!(f, "\nhint: each cluster has a state of its own: `--state FILE`")
            }
            PlanRefusal::Older { module, version, applied } => {
                write!(f, "`{module}` {applied} was applied, and the module here is {version}: there is no way back")
            }
            PlanRefusal::Unsupported { module, machine, what } => {
                write!(f, "`{module}` does not run on {what}, which is what `{machine}` is")
            }
        }
    }
}

impl ActionKind {
    /// Whether an earlier run may have ended anywhere, or somebody else was at work: what follows from files is done in any case.
    pub fn is_anew(self) -> bool {
        matches!(self, ActionKind::Finish | ActionKind::Repair)
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}

/// The plan that leads from what was done to what is wanted. The same input gives the same plan.
pub fn plan(stack: &Stack, modules: &Catalogue, state: Option<&State>, observed: &Observed) -> Result<Plan, Vec<PlanRefusal>> {
    let refusals = refusals(stack, modules, state, observed);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let desired = desired(stack, modules);
    let mut actions = Vec::new();
    for name in &stack.order {
        let Some(inputs) = desired.get(name) else { continue };
        let applied = state.and_then(|state| state.modules.get(name));
        let differences = observed.differences(name, inputs.everywhere().into_keys());
        let changes = diff(applied.map(|applied| &applied.inputs), inputs);
        let others: BTreeSet<ModuleName> = match applied {
            None => BTreeSet::new(),
            Some(applied) => changed_neighbours(&applied.inputs, inputs),
        };
        let leaves: Vec<String> =
            applied.map(|applied| leaving(stack, modules, applied, inputs, name).into_keys().collect()).unwrap_or_default();
        let own = !leaves.is_empty() || changes.iter().any(|change| !change.is_of_neighbours());
        let kind = match applied.map(|applied| applied.status) {
            None => ActionKind::Install,
            Some(Status::Applying | Status::Failed) => ActionKind::Finish,
            Some(Status::Applied) if own => ActionKind::Change,
            Some(Status::Applied) if !differences.is_empty() => ActionKind::Repair,
            Some(Status::Applied) if !others.is_empty() => ActionKind::Influence,
            Some(Status::Applied) => continue,
        };
        let machines = inputs.everywhere().into_keys().cloned().collect();
        let influenced_by = others.into_iter().collect();
        let behind = applied.map(|applied| left_behind(applied, inputs, modules, name)).unwrap_or_default();
        let stays = behind.into_keys().filter(|machine| !stack.machines.contains_key(machine)).collect();
        let purges = !leaves.is_empty() && teardown::purges(inputs);
        let module = name.clone();
        actions.push(Action { module, kind, machines, changes, differences, influenced_by, leaves, stays, purges });
    }
    if let Some(state) = state {
        let unwanted = state.modules.keys().filter(|name| !stack.modules.contains_key(*name));
        // what others needed goes after them
        actions.extend(order::among(unwanted, modules).iter().rev().filter_map(|name| unwanted_one(stack, modules, state, name)));
    }
    Ok(Plan {
        cluster: stack.name.clone(),
        lineage: state.map(|state| state.lineage.clone()),
        serial: state.map_or(0, |state| state.serial),
        access: Access { user: stack.admin_user.clone(), key_path: stack.key_path.clone() },
        actions,
    })
}

/// The machines on which something of a module is, that it is to leave, and that can be logged into; with their addresses.
/// None where nothing is done about that: its module has no method for it.
pub(crate) fn leaving(
    stack: &Stack,
    modules: &Catalogue,
    applied: &Applied,
    wanted: &Inputs,
    name: &ModuleName,
) -> BTreeMap<String, String> {
    let mut all = left_behind(applied, wanted, modules, name);
    if all.is_empty() && modules.get(name).is_some_and(|module| module.manifest.has(Method::Scale)) {
        all = outside(applied, wanted);
    }
    let known = |name: &String| stack.machines.get(name).map(|machine| (name.clone(), machine.address.clone()));
    all.keys().filter_map(known).collect()
}

/// The machines on which something of a module stays until it is torn down there, whether or not they can be logged into.
pub(crate) fn left_behind(applied: &Applied, wanted: &Inputs, modules: &Catalogue, name: &ModuleName) -> BTreeMap<String, String> {
    match modules.get(name).is_some_and(|module| module.manifest.has(Method::Teardown)) {
        true => outside(applied, wanted),
        false => BTreeMap::new(),
    }
}

fn outside(applied: &Applied, wanted: &Inputs) -> BTreeMap<String, String> {
    let before = applied.inputs.machines.iter().chain(&applied.leaves);
    before
        .filter(|(machine, _)| !wanted.machines.contains_key(*machine))
        .map(|(machine, address)| (machine.clone(), address.clone()))
        .collect()
}

fn unwanted_one(stack: &Stack, modules: &Catalogue, state: &State, name: &ModuleName) -> Option<Action> {
    let applied = state.modules.get(name)?;
    let left = teardown::left(stack, name, applied);
    let can = modules.get(name).is_some_and(|module| module.manifest.has(Method::Teardown));
    let (kind, inputs) = match can && !left.everywhere().is_empty() {
        true => (ActionKind::Remove, &left),
        false => (ActionKind::Release, &applied.inputs),
    };
    let machines = inputs.everywhere().into_keys().cloned().collect();
    let stays = if kind == ActionKind::Remove { teardown::gone(stack, applied) } else { Vec::new() };
    let purges = kind == ActionKind::Remove && teardown::purges(inputs);
    let (changes, differences, influenced_by, leaves) = Default::default();
    Some(Action { module: name.clone(), kind, machines, changes, differences, influenced_by, leaves, stays, purges })
}

fn changed_neighbours(before: &Inputs, after: &Inputs) -> BTreeSet<ModuleName> {
    let all = before.neighbours.keys().chain(after.neighbours.keys());
    all.filter(|name| before.neighbours.get(*name) != after.neighbours.get(*name)).cloned().collect()
}

fn refusals(stack: &Stack, modules: &Catalogue, state: Option<&State>, observed: &Observed) -> Vec<PlanRefusal> {
    let mut refusals = Vec::new();
    if let Some(state) = state.filter(|state| state.cluster != stack.name) {
        refusals.push(PlanRefusal::OtherCluster { wanted: stack.name.clone(), found: state.cluster.clone() });
    }
    for (name, wanted) in &stack.modules {
        let Some(Manifest { version, scope, supported_os, supported_architectures, .. }) =
            modules.get(name).map(|module| &module.manifest)
        else {
            continue;
        };
        if let Some(applied) = state.and_then(|state| state.modules.get(name)).map(|applied| &applied.inputs.version)
            && applied.parse::<Version>().is_ok_and(|applied| applied > *version)
        {
            refusals.push(PlanRefusal::Older { module: name.clone(), version: *version, applied: applied.clone() });
        }
        let everywhere: BTreeSet<&String> = match scope {
            Scope::Component => wanted.machines.iter().collect(),
            Scope::Cluster => stack.machines.keys().collect(),
        };
        for machine in everywhere {
            let Some(host) = observed.0.get(machine) else { continue };
            let os = host.os.as_ref().filter(|os| !supported_os.is_empty() && !supported_os.contains(*os));
            let arch = host.arch.filter(|arch| !supported_architectures.is_empty() && !supported_architectures.contains(arch));
            let what = os.map(ToString::to_string).or_else(|| arch.map(|arch| arch.to_string()));
            refusals.extend(what.map(|what| PlanRefusal::Unsupported { module: name.clone(), machine: machine.clone(), what }));
        }
    }
    refusals
}

#[cfg(test)]
mod tests;
