//! An upgrade: packages of modules that were applied go to the versions that the repository has now, one module after the other.
//!
//! ```text
//! the new bundle is applied ─► every module looks ─► plan ─► somebody agrees ─► backup ─► each: upgrade, test, apply
//!                                                                                  └─ one goes wrong: the repository goes back
//! ```
//! A module that upgrades is written down as one whose apply began, so that whatever ends it, the next apply finishes it.

use crate::{
    ansible::Outcome,
    apply::{ApplyError, Broken, returned},
    module::{Catalogue, Method},
    plan::Access,
    state::{State, StateFile, Status},
};
use lsrepo_bom::ModuleName;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt::Write as _};

/// What would be upgraded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upgrade {
    /// the name of the cluster
    pub cluster: String,
    /// of the state that it starts from
    pub lineage: String,
    /// of the state that it starts from
    pub serial: u64,
    /// who logs into the machines, with which key
    pub access: Access,
    /// in the order in which they are done
    pub steps: Vec<Step>,
}

/// What is done about one module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// the module
    pub module: ModuleName,
    /// of its playbooks and roles
    pub playbooks: String,
    /// whether its data is saved before
    pub saved: bool,
    /// machine → its packages
    pub machines: BTreeMap<String, Vec<Package>>,
}

/// A package of a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// its name
    pub package: String,
    /// the version that is there; empty where it comes anew
    pub from: String,
    /// the version that the repository has
    pub to: String,
}

/// What a method of a module is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// its packages become those that were agreed
    Upgrade,
    /// whether it works
    Test,
    /// all is as it was applied, and hands back what is kept
    Apply,
}

/// What the machines of a module said when they looked. Names and versions become arguments later, so they are nothing else.
pub fn looked(returned: &BTreeMap<String, Json>) -> Result<BTreeMap<String, Vec<Package>>, String> {
    let mut all = BTreeMap::new();
    for (machine, value) in returned {
        let Some(value) = value.get("lambdastack_upgrade") else { continue };
        let mut packages: Vec<Package> = serde_json::from_value(value.clone())
            .map_err(|error| format!("`{machine}` handed back what is no list of packages: {error}"))?;
        let is_word = |text: &str, also: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || also.contains(one));
        for Package { package, from, to } in &packages {
            let is_name = package.starts_with(|one: char| one.is_ascii_alphanumeric()) && is_word(package, "+-._:");
            if !is_name || to.is_empty() || !is_word(from, ".+-:~^_") || !is_word(to, ".+-:~^_") {
                return Err(format!("`{machine}` handed back what is no package: {package:?} {from:?} {to:?}"));
            }
        }
        packages.sort();
        if !packages.is_empty() {
            all.insert(machine.clone(), packages);
        }
    }
    Ok(all)
}

/// The plan: what was seen when modules looked, in the order of `order`. The same input gives the same plan.
pub fn plan(
    state: &State,
    access: Access,
    modules: &Catalogue,
    order: &[ModuleName],
    seen: &BTreeMap<ModuleName, BTreeMap<String, Vec<Package>>>,
) -> Upgrade {
    let step = |name: &ModuleName| {
        let machines = seen.get(name).filter(|machines| !machines.is_empty())?.clone();
        let module = modules.get(name)?;
        let saved = module.manifest.has(Method::Backup);
        Some(Step { module: name.clone(), playbooks: module.digest(&modules.shared), saved, machines })
    };
    Upgrade {
        cluster: state.cluster.clone(),
        lineage: state.lineage.clone(),
        serial: state.serial,
        access,
        steps: order.iter().filter_map(step).collect(),
    }
}

/// The plan in lines; machines with the same packages share them.
pub fn show(upgrade: &Upgrade) -> String {
    if upgrade.steps.is_empty() {
        return format!("{}: nothing to upgrade\n", upgrade.cluster);
    }
    let mut text = String::new();
    for Step { module, machines, saved, .. } in &upgrade.steps {
        let names: Vec<&str> = machines.keys().map(String::as_str).collect();
        let after = if *saved { "; its data is saved before" } else { "" };
        let _ = writeln!(text, "~ {module} on {}: is upgraded{after}", names.join(", "));
        let mut same: BTreeMap<&[Package], Vec<&str>> = BTreeMap::new();
        for (machine, packages) in machines {
            same.entry(packages).or_default().push(machine);
        }
        for (packages, on) in &same {
            if same.len() > 1 {
                let _ = writeln!(text, "    {}:", on.join(", "));
            }
            for Package { package, from, to } in *packages {
                let _ = match from.is_empty() {
                    true => writeln!(text, "    + {package} {to}"),
                    false => writeln!(text, "    ~ {package} {from} → {to}"),
                };
            }
        }
    }
    let _ = writeln!(text, "{}: {} to upgrade", upgrade.cluster, upgrade.steps.len());
    text
}

/// Carries the plan out, module after module; `run` runs one stage of one, and says how that went. The first that goes wrong ends it.
pub fn carry_out(
    upgrade: &Upgrade,
    modules: &Catalogue,
    (file, state): (&StateFile, &mut State),
    run: &mut dyn FnMut(&Step, Stage) -> Result<Outcome, String>,
) -> Result<(), ApplyError> {
    for (index, step) in upgrade.steps.iter().enumerate() {
        let name = &step.module;
        let Some((module, applied)) = modules.get(name).zip(state.modules.get(name).cloned()) else { continue };
        let mut stages = vec![Stage::Upgrade, Stage::Apply];
        if module.manifest.has(Method::Test) {
            stages.insert(1, Stage::Test);
        }
        set(state, name, Status::Applying);
        file.save(state)?;
        for stage in stages {
            let (failures, why) = match run(step, stage) {
                Ok(outcome) if !outcome.failures.is_empty() => (outcome.failures, String::new()),
                Ok(outcome) if stage == Stage::Apply => match returned(&module.manifest, &applied.inputs, &outcome) {
                    Ok(returns) => {
                        state.modules.entry(name.clone()).and_modify(|applied| applied.returns = returns);
                        continue;
                    }
                    Err(why) => (Vec::new(), why),
                },
                Ok(_) => continue,
                Err(why) => (Vec::new(), why),
            };
            set(state, name, Status::Failed);
            file.save(state)?;
            let left = upgrade.steps[index + 1..].iter().map(|step| step.module.clone()).collect();
            let broken = Broken { module: name.clone(), method: Method::Upgrade, failures, why, left };
            return Err(ApplyError::Module(Box::new(broken)));
        }
        set(state, name, Status::Applied);
        file.save(state)?;
    }
    Ok(())
}

fn set(state: &mut State, name: &ModuleName, status: Status) {
    if let Some(applied) = state.modules.get_mut(name) {
        applied.status = status;
    }
}

#[cfg(test)]
mod tests;
