//! Which modules a component is made of: what a `configuration/feature-mapping` says, else the BOM, else the module of
//! the component's own name.

use super::{Assembly, Wanted};
use crate::{
    document::Document,
    kind::Kind,
    module::Catalogue,
    source::{under, unknown},
    yaml::Place,
};
use lsrepo_bom::{ModuleName, embedded};
use std::collections::BTreeMap;

impl Assembly<'_> {
    /// Every module that a wanted component takes, and where.
    pub(super) fn wanted(
        &mut self,
        cluster: &Document,
        components: &BTreeMap<String, Vec<String>>,
    ) -> BTreeMap<ModuleName, Wanted> {
        let mut all: BTreeMap<ModuleName, Wanted> = BTreeMap::new();
        for (component, machines) in components {
            for name in self.modules_of(cluster, component) {
                let wanted = all.entry(name).or_default();
                wanted.components.insert(component.clone());
                wanted.machines.extend(machines.iter().cloned());
            }
        }
        all
    }

    fn modules_of(&mut self, cluster: &Document, component: &str) -> Vec<ModuleName> {
        if let Some(found) = self.mapped(component) {
            return found;
        }
        let pointer = under("/specification/components", component);
        let place = cluster.place(&["components", component]);
        let own = component.parse().ok().filter(|name| self.modules.get(name).is_some());
        let bom = embedded::components().unwrap_or_default();
        match (bom.0.get(component), own) {
            (_, Some(own)) => vec![own],
            (Some(names), None) => {
                let missing: Vec<String> =
                    names.iter().filter(|name| self.modules.get(name).is_none()).map(|name| format!("`{name}`")).collect();
                if !missing.is_empty() {
                    let known = self.modules.names().map(ModuleName::as_str).collect::<Vec<_>>().join(", ");
                    let said = format!(
                        "the component `{component}` takes modules that lambdastack does not have: {}\n\
                         hint: a `configuration/feature-mapping` says which of these it takes: {known}",
                        missing.join(", ")
                    );
                    self.wrong(cluster, place, &pointer, said);
                }
                names.iter().filter(|name| self.modules.get(name).is_some()).cloned().collect()
            }
            (None, None) => {
                let mapping =
                    self.one(&Kind::FeatureMapping).map(|document| document.specification.as_json()["roles_mapping"].clone());
                let mapped =
                    mapping.as_ref().and_then(|mapping| mapping.as_object()).into_iter().flatten().map(|(name, _)| name.as_str());
                let known = bom.0.keys().map(String::as_str).chain(self.modules.names().map(ModuleName::as_str)).chain(mapped);
                let said = unknown("component", component, known);
                self.wrong(cluster, place, &pointer, said);
                Vec::new()
            }
        }
    }

    /// What the documents themselves say.
    fn mapped(&mut self, component: &str) -> Option<Vec<ModuleName>> {
        let document = self.one(&Kind::FeatureMapping)?.clone();
        let names = document.specification.as_json()["roles_mapping"].get(component)?.as_array()?.clone();
        let items = document.node.at(&["specification", "roles_mapping", component]).map(|node| node.items().to_vec());
        let mut found = Vec::new();
        for (index, text) in names.iter().filter_map(|name| name.as_str()).enumerate() {
            match text.parse().ok().filter(|name| self.modules.get(name).is_some()) {
                Some(name) => found.push(name),
                None => {
                    let place = items.as_ref().and_then(|items| items.get(index)).map_or(Place::default(), |node| node.place);
                    let pointer = format!("/specification/roles_mapping/{component}/{index}");
                    let said = unknown("module", text, names_of(self.modules));
                    self.wrong(&document, place, &pointer, said);
                }
            }
        }
        Some(found)
    }
}

fn names_of(modules: &Catalogue) -> impl Iterator<Item = &str> {
    modules.names().map(ModuleName::as_str)
}
