//! The folder of a run, as a value.

use crate::{
    module::{self, Catalogue, Extra, Module},
    stack::Stack,
    state::Inputs,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const EVENTS: &str = include_str!("lambdastack_events.py");
const SECRET: &str = include_str!("lambdastack_secret.py");

/// `jinja2_native`: what is a number stays a number, as it is anyway since ansible-core 2.19.
const CONFIGURATION: &str = "[defaults]
inventory = inventory.json
roles_path = module/roles:roles
callback_plugins = plugins
lookup_plugins = lookups
stdout_callback = lambdastack_events
jinja2_native = True
interpreter_python = auto_silent
retry_files_enabled = False
nocows = True
localhost_warning = False
";

/// Path → bytes of everything that a run of the module needs; `stack` says how machines are logged into, and `anew` that an
/// earlier run may have ended between writing a configuration and having it taken. The same input gives the same bytes.
pub fn workplace(module: &Module, inputs: &Inputs, stack: &Stack, modules: &Catalogue, anew: bool) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (folder, from) in [("module", &module.files), ("roles", &modules.shared)] {
        files.extend(from.0.iter().map(|(path, bytes)| (format!("{folder}/{path}"), bytes.clone())));
    }
    let text = |value: &Json| format!("{value:#}\n").into_bytes();
    files.insert("ansible.cfg".to_owned(), CONFIGURATION.into());
    files.insert("plugins/lambdastack_events.py".to_owned(), EVENTS.into());
    files.insert("lookups/lambdastack_secret.py".to_owned(), SECRET.into());
    files.insert("inventory.json".to_owned(), text(&inventory(module.manifest.name.as_str(), inputs, stack)));
    files.insert("variables.json".to_owned(), text(&variables(module.manifest.name.as_str(), inputs, anew)));
    files
}

/// Tells a run one thing more.
pub fn give(files: &mut BTreeMap<String, Vec<u8>>, name: &str, value: Json) {
    let text = files.get("variables.json").map(Vec::as_slice).unwrap_or_default();
    let mut all: serde_json::Map<String, Json> = serde_json::from_slice(text).unwrap_or_default();
    all.insert(name.to_owned(), value);
    files.insert("variables.json".to_owned(), format!("{:#}\n", Json::Object(all)).into_bytes());
}

fn inventory(name: &str, inputs: &Inputs, stack: &Stack) -> Json {
    let host = |(machine, address): (&String, &String)| {
        let port = stack.machines.get(machine).map_or(22, |machine| machine.port);
        let variables = json!({
            "ansible_host": address,
            "ansible_port": port,
            "ansible_user": stack.admin_user,
            "ansible_ssh_private_key_file": stack.key_path,
        });
        (machine.clone(), variables)
    };
    let hosts = |machines: &BTreeMap<String, String>| -> Json {
        json!({"hosts": machines.iter().map(host).collect::<BTreeMap<String, Json>>()})
    };
    let mut groups = BTreeMap::from([(module::group(name), hosts(&inputs.machines))]);
    if !inputs.cluster.is_empty() {
        groups.insert(module::ALL_MACHINES.to_owned(), hosts(&inputs.cluster));
    }
    // no play is on these: a task may be given to one of them, as a node is taken out by a control plane
    let others = inputs.neighbours.values().flatten().map(|(machine, address)| (machine.clone(), address.clone()));
    json!({"all": {"children": groups, "hosts": hosts(&others.collect())["hosts"]}})
}

/// Only what is in the inputs, and so in the plan: nothing else decides what a playbook does.
fn variables(name: &str, inputs: &Inputs, anew: bool) -> Json {
    let mut modules: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    let mut machines: BTreeMap<&String, &String> = inputs.everywhere();
    modules.insert(name, inputs.machines.keys().collect());
    for (neighbour, theirs) in &inputs.neighbours {
        modules.insert(neighbour.as_str(), theirs.keys().collect());
        machines.extend(theirs);
    }
    let mut variables = json!({
        "lambdastack_anew": anew,
        "lambdastack_leaving": [],
        "lambdastack_config": inputs.configuration.as_json(),
        "lambdastack_machines": machines,
        "lambdastack_modules": modules,
    });
    for (extra, _, variable) in Extra::ALL {
        let value = match extra {
            Extra::Targets => inputs.targets.as_ref().map(|targets| json!(targets)),
            Extra::Modules => inputs.modules.as_ref().map(|names| json!(names)),
            Extra::ImageRegistry => inputs.image_registry.as_ref().map(|settings| settings.as_json().clone()),
            Extra::SharedConfig => inputs.shared_config.as_ref().map(|settings| settings.as_json().clone()),
        };
        if let Some(value) = value {
            variables[variable] = value;
        }
    }
    variables
}
