//! What each module would be applied with, and what is seen on machines.

use crate::{
    health::{self, Known, Targets},
    module::{Catalogue, Extra, Scope},
    stack::Stack,
    state::Inputs,
};
use lsrepo_bom::ModuleName;
use lsrepo_types::{Arch, Os};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What each wanted module would be applied with.
pub fn desired(stack: &Stack, modules: &Catalogue) -> BTreeMap<ModuleName, Inputs> {
    let machines = |name: &ModuleName| -> BTreeMap<String, String> {
        let names = stack.modules.get(name).into_iter().flat_map(|wanted| &wanted.machines);
        names.filter_map(|name| stack.machines.get(name).map(|machine| (name.clone(), machine.address.clone()))).collect()
    };
    let ports = |name: &ModuleName, scope: Scope| -> BTreeMap<String, u16> {
        let is_meant = |machine: &String| {
            scope == Scope::Cluster || stack.modules.get(name).is_some_and(|wanted| wanted.machines.contains(machine))
        };
        let others = stack.machines.iter().filter(|(machine, known)| known.port != 22 && is_meant(machine));
        others.map(|(machine, known)| (machine.clone(), known.port)).collect()
    };
    let all = || stack.machines.iter().map(|(name, machine)| (name.clone(), machine.address.clone())).collect();
    let influences = |other: &ModuleName, labels: &BTreeMap<String, String>| {
        modules.get(other).is_some_and(|module| module.manifest.influences.iter().any(|rule| rule.matches(labels)))
    };
    let inputs = |name: &ModuleName| {
        let module = modules.get(name)?;
        let manifest = &module.manifest;
        let others = stack.modules.keys().filter(|other| *other != name && influences(other, &manifest.labels));
        Some(Inputs {
            version: manifest.version.to_string(),
            configuration: stack.modules.get(name)?.configuration.clone(),
            playbooks: module.digest(&modules.shared),
            ports: ports(name, manifest.scope),
            machines: machines(name),
            cluster: if manifest.scope == Scope::Cluster { all() } else { BTreeMap::new() },
            neighbours: others.map(|other| (other.clone(), machines(other))).collect(),
            targets: manifest.gets.contains(&Extra::Targets).then(|| targets(stack, modules, &machines)),
            modules: manifest.gets.contains(&Extra::Modules).then(|| stack.modules.keys().cloned().collect()),
            image_registry: stack.image_registry.clone().filter(|_| manifest.gets.contains(&Extra::ImageRegistry)),
            shared_config: manifest.gets.contains(&Extra::SharedConfig).then(|| stack.shared_config.clone()),
        })
    };
    stack.modules.keys().filter_map(|name| inputs(name).map(|inputs| (name.clone(), inputs))).collect()
}

/// How one sees whether all of it is well.
fn targets(stack: &Stack, modules: &Catalogue, machines: &dyn Fn(&ModuleName) -> BTreeMap<String, String>) -> Targets {
    let machines: BTreeMap<&ModuleName, _> = stack.modules.keys().map(|name| (name, machines(name))).collect();
    let known = stack.modules.iter().filter_map(|(name, wanted)| {
        let (manifest, machines) = (&modules.get(name)?.manifest, machines.get(name)?);
        Some(Known { manifest, configuration: wanted.configuration.as_json(), machines })
    });
    health::of_modules(&stack.name, known)
}

/// What was seen on machines, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Observed(pub BTreeMap<String, Host>);

/// What was seen on a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// its system
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<Os>,
    /// its architecture
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// module → what was changed by hand, in the words of its audit
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub differences: BTreeMap<ModuleName, Vec<String>>,
}

impl Observed {
    /// What was changed by hand on these machines, each with the machine's name.
    pub(super) fn differences<'m>(&self, module: &ModuleName, machines: impl Iterator<Item = &'m String>) -> Vec<String> {
        let of = |machine: &'m String| {
            let found = self.0.get(machine).and_then(|host| host.differences.get(module)).into_iter().flatten();
            found.map(move |difference| format!("{machine}: {difference}"))
        };
        machines.flat_map(of).collect()
    }
}
