//! What was changed by hand: the audits of modules, gathered machine by machine, as a plan takes them; and what of it is a
//! configuration that documents could ask for.

use crate::{
    ansible::Outcome,
    plan::{Host, Observed},
    schema::Settings,
    state::Inputs,
};
use lsrepo_bom::ModuleName;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What an audit hands back of a machine.
#[derive(Deserialize)]
struct Report {
    in_order: bool,
    differences: Vec<String>,
    /// keys of the configuration, as they are on that machine
    #[serde(default)]
    configuration: Map<String, Json>,
}

/// machine → keys of a module's configuration, as they are there
pub type Found = BTreeMap<String, Map<String, Json>>;

/// Takes what the audit of a module said of its machines in, and gives what of its configuration they told. Machines that said
/// nothing, or what does not fit, are among the troubles, and hide nothing of the others.
pub fn take(observed: &mut Observed, module: &ModuleName, inputs: &Inputs, outcome: &Outcome) -> (Found, Vec<String>) {
    let (mut found, mut troubles) = (Found::new(), Vec::new());
    for machine in inputs.everywhere().into_keys() {
        let Some(report) = outcome.returned.get(machine).and_then(|value| value.get("lambdastack_audit")) else {
            troubles.push(format!("the audit of `{module}` handed nothing back of `{machine}`"));
            continue;
        };
        let Report { in_order, mut differences, configuration } = match serde_json::from_value(report.clone()) {
            Ok(report) => report,
            Err(error) => {
                troubles.push(format!("the audit of `{module}` handed back of `{machine}` what does not fit: {error}"));
                continue;
            }
        };
        if !in_order && differences.is_empty() {
            differences.push("it is not as it was".to_owned());
        }
        let host: &mut Host = observed.0.entry(machine.clone()).or_default();
        if !differences.is_empty() {
            host.differences.insert(module.clone(), differences);
        }
        if inputs.machines.contains_key(machine) {
            found.insert(machine.clone(), configuration);
        }
    }
    (found, troubles)
}

/// The configuration that was applied, with what was found on the machines in its place; `None` where that is the same. What they
/// do not agree upon is no configuration, and told.
pub fn configuration(module: &ModuleName, applied: &Settings, found: &Found) -> Result<Option<Json>, String> {
    let mut taken = applied.as_json().clone();
    let keys = found.values().flat_map(|keys| keys.keys());
    for key in keys {
        let before = applied.as_json().get(key).unwrap_or(&Json::Null);
        let of = |keys: &Map<String, Json>| keys.get(key).unwrap_or(before).clone();
        let mut values = found.iter().map(|(machine, keys)| (machine, of(keys)));
        let Some((first, value)) = values.next() else { continue };
        if let Some((other, another)) = values.find(|(_, another)| *another != value) {
            return Err(format!("`{key}` of `{module}` is {value} on {first} and {another} on {other}: no configuration is both"));
        }
        if let Some(all) = taken.as_object_mut() {
            all.insert(key.clone(), value);
        }
    }
    Ok((taken != *applied.as_json()).then_some(taken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_kept_by_machine_and_silence_is_an_error() {
        let inputs = Inputs { machines: [("a".to_owned(), "10.0.0.1".to_owned())].into(), ..Inputs::default() };
        let module: ModuleName = "haproxy".parse().unwrap();
        let take = |report: serde_json::Value| {
            let mut observed = Observed::default();
            let outcome = Outcome { returned: [("a".to_owned(), report)].into(), ended: true, ..Outcome::default() };
            let (_, troubles) = take(&mut observed, &module, &inputs, &outcome);
            if troubles.is_empty() { Ok(observed) } else { Err(troubles) }
        };
        let differs = take(json!({"lambdastack_audit": {"in_order": false, "differences": ["x"]}})).unwrap();
        assert_eq!(differs.0["a"].differences[&module], ["x"]);
        let silent = take(json!({"lambdastack_audit": {"in_order": false, "differences": []}})).unwrap();
        assert_eq!(silent.0["a"].differences[&module], ["it is not as it was"]);
        assert!(take(json!({"lambdastack_audit": {"in_order": true, "differences": []}})).unwrap().0["a"].differences.is_empty());
        assert!(take(json!({})).is_err() && take(json!({"lambdastack_audit": {"in_order": "yes"}})).is_err());
    }
    #[test]
    fn what_machines_agree_upon_is_a_configuration_and_what_they_do_not_is_told() {
        let applied: Settings = serde_json::from_value(json!({"maximum_connections": 4000, "frontends": []})).unwrap();
        let module: ModuleName = "haproxy".parse().unwrap();
        let found = |all: &[(&str, Json)]| -> Found {
            all.iter().map(|(machine, keys)| ((*machine).to_owned(), keys.as_object().unwrap().clone())).collect()
        };
        let same = json!({"maximum_connections": 4000});
        let other = json!({"maximum_connections": 77});
        assert_eq!(configuration(&module, &applied, &found(&[("a", same.clone()), ("b", json!({}))])), Ok(None));
        let taken = configuration(&module, &applied, &found(&[("a", other.clone()), ("b", other.clone())]));
        assert_eq!(taken, Ok(Some(json!({"maximum_connections": 77, "frontends": []}))));
        let said = configuration(&module, &applied, &found(&[("a", same), ("b", other)])).unwrap_err();
        assert_eq!(said, "`maximum_connections` of `haproxy` is 4000 on a and 77 on b: no configuration is both");
    }
}
