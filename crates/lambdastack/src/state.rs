//! What was done: one file for all modules, from which they know of each other.
//!
//! Each change has a serial of its own, and the lineage tells one cluster's file from another's. What is kept of a module
//! is what it was applied with, so that a plan is the difference to what is wanted now. Secrets are not in it: what is kept
//! has passed a schema ([`Settings`]).

mod file;

pub use file::{StateError, StateFile, peek};

use crate::{health::Targets, schema::Settings};
use lsrepo_bom::ModuleName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The form of the file that this program writes.
pub const FORM: u32 = 1;

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// the form of the file
    pub form: u32,
    /// of which file this one is a later version
    pub lineage: String,
    /// grows by one with each change
    pub serial: u64,
    /// the name of the cluster
    pub cluster: String,
    /// what was applied
    pub modules: BTreeMap<ModuleName, Applied>,
}

/// What was applied of a module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// how far it got
    pub status: Status,
    /// what it was applied with
    pub inputs: Inputs,
    /// what it returned of each machine
    #[serde(default)]
    pub returns: BTreeMap<String, Settings>,
    /// machines that it leaves, with their addresses: it was not taken from them yet
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub leaves: BTreeMap<String, String>,
}

/// How far an apply got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// it began, and nobody wrote down how it ended
    Applying,
    /// to its end
    Applied,
    /// it ended badly
    Failed,
}

/// All that decides what an apply does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// of the module
    pub version: String,
    /// with its defaults
    pub configuration: Settings,
    /// the digest of its playbooks and roles
    #[serde(default)]
    pub playbooks: String,
    /// machine → address
    pub machines: BTreeMap<String, String>,
    /// machine → port of its SSH server, where that is another than 22
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<String, u16>,
    /// machine → address of the whole cluster; nothing for modules that run on their own machines alone
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cluster: BTreeMap<String, String>,
    /// modules that influence this one → their machines → addresses
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub neighbours: BTreeMap<ModuleName, BTreeMap<String, String>>,
    /// how one sees whether the modules of the cluster are well; for modules that ask for it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Targets>,
    /// all modules of the cluster; for modules that ask for it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<BTreeSet<ModuleName>>,
    /// where images come from; for modules that ask for it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_registry: Option<Settings>,
    /// what all modules are told; for modules that ask for it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_config: Option<Settings>,
}

impl Applied {
    /// Applied so far, with this; nothing was returned, and no machine is to be left.
    pub fn new(status: Status, inputs: Inputs) -> Self {
        Self { status, inputs, returns: BTreeMap::new(), leaves: BTreeMap::new() }
    }
}

impl Inputs {
    /// All machines on which something is done, with their addresses.
    pub fn everywhere(&self) -> BTreeMap<&String, &String> {
        self.machines.iter().chain(&self.cluster).collect()
    }
}

impl State {
    /// Nothing was done yet; `lineage` is a text that no other state has.
    pub fn new(cluster: impl Into<String>, lineage: impl Into<String>) -> Self {
        Self { form: FORM, lineage: lineage.into(), serial: 0, cluster: cluster.into(), modules: BTreeMap::new() }
    }

    /// Every machine that is known, with its address and the modules that use it.
    pub fn machines(&self) -> BTreeMap<&str, (&str, Vec<&ModuleName>)> {
        let mut all: BTreeMap<&str, (&str, Vec<&ModuleName>)> = BTreeMap::new();
        for (module, applied) in &self.modules {
            for (machine, address) in &applied.inputs.machines {
                all.entry(machine).or_insert((address, Vec::new())).1.push(module);
            }
        }
        all
    }
}
