//! What was changed by hand: the audits of modules, gathered machine by machine, as a plan takes them.

use crate::{
    ansible::Outcome,
    plan::{Host, Observed},
    state::Inputs,
};
use lsrepo_bom::ModuleName;
use serde::Deserialize;

/// What an audit hands back of a machine.
#[derive(Deserialize)]
struct Report {
    in_order: bool,
    differences: Vec<String>,
}

/// Takes what the audit of a module said of its machines in. A machine that said nothing is an error.
pub fn take(observed: &mut Observed, module: &ModuleName, inputs: &Inputs, outcome: &Outcome) -> Result<(), String> {
    for machine in inputs.everywhere().into_keys() {
        let report = outcome.returned.get(machine).and_then(|value| value.get("lambdastack_audit")).cloned();
        let report = report.ok_or_else(|| format!("the audit of `{module}` handed nothing back of `{machine}`"))?;
        let Report { in_order, mut differences } = serde_json::from_value(report)
            .map_err(|error| format!("the audit of `{module}` handed back of `{machine}` what does not fit: {error}"))?;
        if !in_order && differences.is_empty() {
            differences.push("it is not as it was".to_owned());
        }
        let host: &mut Host = observed.0.entry(machine.clone()).or_default();
        if !differences.is_empty() {
            host.differences.insert(module.clone(), differences);
        }
    }
    Ok(())
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
            take(&mut observed, &module, &inputs, &outcome).map(|()| observed)
        };
        let differs = take(json!({"lambdastack_audit": {"in_order": false, "differences": ["x"]}})).unwrap();
        assert_eq!(differs.0["a"].differences[&module], ["x"]);
        let silent = take(json!({"lambdastack_audit": {"in_order": false, "differences": []}})).unwrap();
        assert_eq!(silent.0["a"].differences[&module], ["it is not as it was"]);
        assert!(take(json!({"lambdastack_audit": {"in_order": true, "differences": []}})).unwrap().0["a"].differences.is_empty());
        assert!(take(json!({})).is_err() && take(json!({"lambdastack_audit": {"in_order": "yes"}})).is_err());
    }
}
