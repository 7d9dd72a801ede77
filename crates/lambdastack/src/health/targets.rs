//! What is asked where: out of the state, or of what is wanted, by what modules say of themselves.

use super::Ask;
use crate::{
    module::{Catalogue, Check, Manifest},
    schema::is_name,
    state::State,
};
use lsrepo_bom::ModuleName;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt, net::Ipv6Addr};

/// The form of the file that this program writes.
const FORM: u32 = 1;

/// All that is asked of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// the form of the file
    pub form: u32,
    /// the name of the cluster
    pub cluster: String,
    /// module → machine → check → where and what
    pub modules: BTreeMap<ModuleName, BTreeMap<String, BTreeMap<String, Target>>>,
}

/// What is asked at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// of the machine
    pub address: String,
    /// where it listens
    pub port: u16,
    /// whether it speaks TLS
    #[serde(default, skip_serializing_if = "is_not")]
    pub tls: bool,
    /// what is asked
    pub ask: Ask,
}

fn is_not(value: &bool) -> bool {
    !value
}

/// Why a file of targets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetsError {
    /// not targets
    #[error("not targets: {0}\nhint: `lambdastack health targets` writes them")]
    Json(#[from] serde_json::Error),
    /// it was written by a later program
    #[error("its form is {0}, and this lambdastack knows up to {FORM}\nhint: use a newer lambdastack")]
    Newer(u32),
    /// a target that cannot be asked
    #[error("{module} on {machine}: {check}: {why}")]
    Misfit {
        /// the module
        module: ModuleName,
        /// the machine
        machine: String,
        /// the check
        check: String,
        /// why not
        why: String,
    },
}

/// A module that is there: what it says of itself, its configuration and its machines with their addresses.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// what it says of itself
    pub manifest: &'a Manifest,
    /// with its defaults
    pub configuration: &'a Json,
    /// machine → address
    pub machines: &'a BTreeMap<String, String>,
}

/// The targets of these modules. What a configuration leaves out, or switches off, is not asked.
pub fn of_modules<'a>(cluster: &str, modules: impl Iterator<Item = Known<'a>>) -> Targets {
    let mut all = BTreeMap::new();
    for Known { manifest, configuration, machines } in modules {
        let on = manifest.health.iter().filter(|check| check.is_on(configuration));
        let checks: Vec<(&Check, u16)> = on.filter_map(|check| Some((check, check.port(configuration)?))).collect();
        let target = |(check, port): &(&Check, u16), address: &str| {
            let (tls, ask) = (check.speaks_tls(configuration), check.ask.clone());
            (check.name.clone(), Target { address: address.to_owned(), port: *port, tls, ask })
        };
        if !checks.is_empty() && !machines.is_empty() {
            let of = |address: &str| checks.iter().map(|check| target(check, address)).collect();
            let theirs = machines.iter().map(|(machine, address)| (machine.clone(), of(address))).collect();
            all.insert(manifest.name.clone(), theirs);
        }
    }
    Targets { form: FORM, cluster: cluster.to_owned(), modules: all }
}

/// The targets of what was applied, and the modules of which nothing is known here.
pub fn of_state(state: &State, modules: &Catalogue) -> (Targets, Vec<ModuleName>) {
    let known = state.modules.iter().filter_map(|(name, applied)| {
        let manifest = &modules.get(name)?.manifest;
        Some(Known { manifest, configuration: applied.inputs.configuration.as_json(), machines: &applied.inputs.machines })
    });
    let unknown = state.modules.keys().filter(|name| modules.get(name).is_none()).cloned().collect();
    (of_modules(&state.cluster, known), unknown)
}

impl Targets {
    /// Reads a file of targets, and sees that each of them can be asked.
    pub fn parse(bytes: &[u8]) -> Result<Self, TargetsError> {
        /// What every form has.
        #[derive(Deserialize)]
        struct Head {
            form: u32,
        }
        let head: Head = serde_json::from_slice(bytes)?;
        if head.form > FORM {
            return Err(TargetsError::Newer(head.form));
        }
        let targets: Self = serde_json::from_slice(bytes)?;
        for (module, machine, check, target) in targets.iter() {
            let named = is_name(machine) && is_name(check) && !target.address.is_empty() && target.port > 0;
            let wrong = (!named).then(|| "a name, an address or a port is none".to_owned()).or_else(|| target.ask.misfit());
            if let Some(why) = wrong {
                return Err(TargetsError::Misfit { module: module.clone(), machine: machine.into(), check: check.into(), why });
            }
        }
        Ok(targets)
    }

    /// Each of them: module, machine, check, and what is asked.
    pub fn iter(&self) -> impl Iterator<Item = (&ModuleName, &str, &str, &Target)> {
        self.modules.iter().flat_map(|(module, machines)| {
            machines.iter().flat_map(move |(machine, checks)| {
                checks.iter().map(move |(check, target)| (module, machine.as_str(), check.as_str(), target))
            })
        })
    }
}

impl Target {
    /// Address and port, as one writes them together.
    pub fn place(&self) -> String {
        match self.address.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]:{}", self.port),
            Err(_) => format!("{}:{}", self.address, self.port),
        }
    }
}

/// As an address for people: `http://10.0.0.1:8404/metrics`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.ask, self.tls) {
            (Ask::Http { path, .. }, false) => write!(f, "http://{}{path}", self.place()),
            (Ask::Http { path, .. }, true) => write!(f, "https://{}{path}", self.place()),
            (Ask::Tcp { .. }, false) => write!(f, "tcp://{}", self.place()),
            (Ask::Tcp { .. }, true) => write!(f, "tls://{}", self.place()),
        }
    }
}
