use super::*;
use crate::{
    plan::{self, Observed, desired},
    stack::{self, Stack},
    state::peek,
};
use serde_json::json;
use std::path::{Path, PathBuf};

const DOCUMENTS: &str = "kind: lambdastack-cluster\nspecification:\n  name: demo\n  components: {front: {machines: [lb-1]}}\n---\n\
    kind: configuration/feature-mapping\nspecification:\n  roles_mapping: {front: [common, haproxy, node-exporter]}\n---\n\
    kind: infrastructure/machine\nname: lb-1\nspecification: {ip: 10.0.0.1}\n";

struct Desk {
    _folder: tempfile::TempDir,
    path: PathBuf,
    modules: Catalogue,
    stack: Stack,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let modules = Catalogue::embedded().unwrap();
    let stack = stack::read(&[Source::new("cluster.yml", DOCUMENTS)], &modules).stack.unwrap();
    Desk { path: folder.path().join("state.json"), _folder: folder, modules, stack }
}

impl Desk {
    fn plan(&self) -> Plan {
        let state = peek(Path::new(&self.path)).unwrap();
        plan::plan(&self.stack, &self.modules, state.as_ref(), &Observed::default()).unwrap()
    }

    /// `how` says how each module goes.
    fn apply(&self, how: &mut dyn FnMut(&str) -> Result<Outcome, String>) -> Result<Vec<ModuleName>, ApplyError> {
        let file = StateFile::open(&self.path).unwrap();
        let mut state = file.load().unwrap().unwrap_or_else(|| State::new("demo", "one"));
        let desired = desired(&self.stack, &self.modules);
        let mut run = |action: &Action, _: &Inputs| how(action.module.as_str());
        apply(&self.plan(), &desired, &self.modules, false, (&file, &mut state), &mut run)
    }

    fn shown(&self) -> String {
        plan::show(&self.plan()).lines().filter(|line| !line.starts_with(' ')).collect::<Vec<_>>().join("\n")
    }
}

fn well(module: &str) -> Result<Outcome, String> {
    let returns = match module {
        "common" => json!({"timezone": "Etc/UTC", "packages": ["curl"]}),
        "haproxy" => json!({"stats_port": 8404, "package_version": "2.6.12-1"}),
        _ => json!({"listen_port": 9100, "package_version": "1.5.0-1"}),
    };
    let returned = [("lb-1".to_owned(), json!({"lambdastack_returns": returns}))].into();
    Ok(Outcome { returned, ended: true, ..Outcome::default() })
}

#[test]
fn what_was_applied_is_written_down_and_needs_no_plan() {
    let desk = desk();
    let done = desk.apply(&mut well).unwrap();
    assert_eq!(done.iter().map(ModuleName::as_str).collect::<Vec<_>>(), ["common", "haproxy", "node-exporter"]);
    assert!(desk.plan().is_empty());
    let state = peek(&desk.path).unwrap().unwrap();
    assert_eq!(state.serial, 6, "before and after each of three");
    assert_eq!(state.modules[&"haproxy".parse().unwrap()].returns["lb-1"].as_json()["stats_port"], 8404);
}

#[test]
fn a_failure_stops_there_and_the_next_apply_goes_on() {
    let desk = desk();
    let mut how = |module: &str| match module {
        "haproxy" => {
            let failure =
                Failure { machine: "lb-1".to_owned(), task: "HAProxy is installed".to_owned(), message: "no\nroom".to_owned() };
            Ok(Outcome { failures: vec![failure], ended: true, ..Outcome::default() })
        }
        module => well(module),
    };
    let said = desk.apply(&mut how).unwrap_err().to_string();
    assert_eq!(
        said,
        "`haproxy` was not applied\n  lb-1: HAProxy is installed: no\n    room\n  not begun: node-exporter\n\
         hint: once that is mended, `lambdastack apply` goes on here"
    );
    assert_eq!(
        desk.shown(),
        "~ haproxy on lb-1: is finished: the last apply did not get to its end\n+ node-exporter on lb-1: is installed\ndemo: 1 to install, 1 to finish"
    );
    assert_eq!(desk.apply(&mut well).unwrap().len(), 2);
    assert!(desk.plan().is_empty());
}

#[test]
fn a_run_that_was_killed_is_finished_by_the_next() {
    let desk = desk();
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = desk.apply(&mut |module| if module == "haproxy" { panic!("power") } else { well(module) });
    }));
    assert!(killed.is_err());
    assert!(desk.shown().contains("haproxy on lb-1: is finished"), "{}", desk.shown());
    desk.apply(&mut well).unwrap();
    assert!(desk.plan().is_empty());
}

#[test]
fn what_is_handed_back_has_to_fit() {
    let desk = desk();
    let bad = |value: serde_json::Value| {
        let mut how =
            |_: &str| Ok(Outcome { returned: [("lb-1".to_owned(), value.clone())].into(), ended: true, ..Outcome::default() });
        desk.apply(&mut how).unwrap_err().to_string()
    };
    assert!(bad(json!({})).starts_with("`common` was not applied: `lb-1` handed nothing back"));
    let said = bad(json!({"lambdastack_returns": {"timezone": 5, "packages": []}}));
    assert!(said.contains("`lb-1` handed back what does not fit: expected text, found a number"), "{said}");
    let said = desk.apply(&mut |_| Err("ansible-playbook: not there".to_owned())).unwrap_err().to_string();
    assert!(said.starts_with("`common` was not applied: ansible-playbook: not there"), "{said}");
}

#[test]
fn what_nobody_wants_any_more_is_forgotten() {
    let mut desk = desk();
    desk.apply(&mut well).unwrap();
    let less = DOCUMENTS.replace(", haproxy", "");
    desk.stack = stack::read(&[Source::new("cluster.yml", less)], &desk.modules).stack.unwrap();
    assert!(desk.shown().starts_with("- haproxy on lb-1"));
    assert_eq!(desk.apply(&mut |_| Err("nothing is run".to_owned())).unwrap().len(), 1);
    assert!(desk.plan().is_empty());
}
