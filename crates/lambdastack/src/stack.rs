//! What the documents ask for as a whole: the cluster, its machines, and each module with its machines and its configuration.

mod machines;
mod mapping;

use crate::{
    document::{self, Document},
    kind::Kind,
    module::Catalogue,
    order,
    schema::Settings,
    source::Source,
    yaml::Place,
};
use lsrepo_bom::{Misfit, ModuleName};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A cluster as its documents ask for it; every name in it is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stack {
    /// of the cluster
    pub name: String,
    /// who logs into the machines
    pub admin_user: String,
    /// the private key of that user
    pub key_path: String,
    /// all machines, by name
    pub machines: BTreeMap<String, Machine>,
    /// each wanted component and its machines
    pub components: BTreeMap<String, Vec<String>>,
    /// each wanted module
    pub modules: BTreeMap<ModuleName, Wanted>,
    /// wanted modules in the order in which they are applied
    pub order: Vec<ModuleName>,
    /// configurations of modules that no component takes
    pub idle: BTreeMap<ModuleName, Settings>,
    /// where images come from, beside the repository
    pub image_registry: Option<Settings>,
    /// what all modules are told
    pub shared_config: Settings,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// an IP address or a host name
    pub address: String,
    /// of its SSH server
    pub port: u16,
}

/// A module that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Wanted {
    /// which components take it
    pub components: BTreeSet<String>,
    /// where
    pub machines: BTreeSet<String>,
    /// with its defaults
    pub configuration: Settings,
}

/// What was read, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Reading {
    /// all documents whose own form is right
    pub documents: Vec<Document>,
    /// what they ask for together; there where nothing is wrong and there is a cluster
    pub stack: Option<Stack>,
    /// everything that is wrong, file by file
    pub misfits: Vec<Misfit>,
    /// what is right and may still not be meant
    pub notes: Vec<String>,
}

/// Reads all documents of all sources, and puts them together where one of them is a cluster.
pub fn read(sources: &[Source], modules: &Catalogue) -> Reading {
    let (documents, misfits) = document::read(sources, modules);
    let mut reading = Reading { documents, misfits, ..Reading::default() };
    let clusters: Vec<&Document> = reading.documents.iter().filter(|document| document.kind == Kind::Cluster).collect();
    match clusters[..] {
        [] => {}
        [cluster] => {
            let mut assembly = Assembly { documents: &reading.documents, sources, modules, misfits: Vec::new(), notes: Vec::new() };
            let stack = assembly.put_together(cluster);
            let Assembly { misfits, notes, .. } = assembly;
            reading.misfits.extend(misfits);
            reading.notes = notes;
            reading.stack = stack.filter(|_| reading.misfits.is_empty());
        }
        [first, second, ..] => {
            let there = format!("{}:{}", sources[first.source].file, first.node.place.line);
            let said = format!("there is a cluster already, at {there}\nhint: one run is about one cluster");
            reading.misfits.push(sources[second.source].misfit(second.node.place, "", said));
        }
    }
    // by file and line, as somebody goes through them
    let position = |file: &str| sources.iter().position(|source| source.file == file);
    reading.misfits.sort_by_key(|misfit| (position(&misfit.file), misfit.line, misfit.column));
    reading
}

struct Assembly<'a> {
    documents: &'a [Document],
    sources: &'a [Source],
    modules: &'a Catalogue,
    misfits: Vec<Misfit>,
    notes: Vec<String>,
}

impl Assembly<'_> {
    fn wrong(&mut self, document: &Document, place: Place, pointer: &str, what: String) {
        self.misfits.push(self.sources[document.source].misfit(place, pointer, what));
    }

    fn one(&self, kind: &Kind) -> Option<&Document> {
        self.documents.iter().find(|document| document.kind == *kind)
    }

    fn put_together(&mut self, cluster: &Document) -> Option<Stack> {
        let machines = self.machines();
        let components = self.components(cluster, &machines);
        let mut modules = self.wanted(cluster, &components);
        // where modules are unknown, it is not known either what is missing
        let order = if self.misfits.is_empty() { self.order(cluster, &modules) } else { None };
        for (name, wanted) in &mut modules {
            let written = self.one(&Kind::Module(name.clone())).map(|document| document.specification.clone());
            let defaults = || self.modules.get(name).and_then(|module| module.manifest.configuration.settled_defaults());
            match written.or_else(defaults) {
                Some(configuration) => wanted.configuration = configuration,
                None => {
                    let said = format!("the module `{name}` has to be configured: there is no `configuration/{name}`");
                    let hint = format!("\nhint: `lambdastack template configuration/{name}`");
                    self.wrong(cluster, cluster.node.place, "", said + &hint);
                }
            }
        }
        self.notice(&machines, &components, &modules);
        let mut idle = BTreeMap::new();
        for document in self.documents {
            if let Kind::Module(name) = &document.kind
                && !modules.contains_key(name)
            {
                idle.insert(name.clone(), document.specification.clone());
            }
        }
        let text = |keys: &[&str]| {
            let value = keys.iter().try_fold(cluster.specification.as_json(), |value, key| value.get(key));
            value.and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let written = |kind: &Kind| self.one(kind).map(|document| document.specification.clone());
        Some(Stack {
            name: text(&["name"]),
            admin_user: text(&["admin_user", "name"]),
            key_path: text(&["admin_user", "key_path"]),
            idle,
            image_registry: written(&Kind::ImageRegistry),
            shared_config: written(&Kind::SharedConfig).or_else(|| Kind::SharedConfig.schema()?.settled_defaults())?,
            order: order?,
            machines,
            components,
            modules,
        })
    }

    fn order(&mut self, cluster: &Document, modules: &BTreeMap<ModuleName, Wanted>) -> Option<Vec<ModuleName>> {
        let node = |name: &ModuleName| Some((name.clone(), order::Node::of(&self.modules.get(name)?.manifest)));
        let nodes = modules.keys().filter_map(node).collect();
        match order::arrange(&nodes, self.modules) {
            Ok(order) => Some(order),
            Err(refusals) => {
                let mapping = self.one(&Kind::FeatureMapping).unwrap_or(cluster).clone();
                for refusal in refusals {
                    self.wrong(&mapping, mapping.node.place, "", refusal.to_string());
                }
                None
            }
        }
    }

    fn notice(
        &mut self,
        machines: &BTreeMap<String, Machine>,
        components: &BTreeMap<String, Vec<String>>,
        modules: &BTreeMap<ModuleName, Wanted>,
    ) {
        let used: BTreeSet<&String> = components.values().flatten().collect();
        let idle = machines.keys().filter(|name| !used.contains(name));
        self.notes.extend(idle.map(|name| format!("the machine `{name}` belongs to no component")));
        for document in self.documents {
            if let Kind::Module(name) = &document.kind
                && !modules.contains_key(name)
            {
                self.notes.push(format!("`configuration/{name}` is not used: no component takes the module `{name}`"));
            }
        }
        if components.is_empty() {
            self.notes.push("the cluster has no components: nothing is wanted".to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
