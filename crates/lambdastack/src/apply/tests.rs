use super::*;
use crate::{
    plan::{self, Observed},
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
    /// how many machines the documents of `wants` know
    knows: usize,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let modules = Catalogue::embedded().unwrap();
    let stack = stack::read(&[Source::new("cluster.yml", DOCUMENTS)], &modules).stack.unwrap();
    Desk { path: folder.path().join("state.json"), _folder: folder, modules, stack, knows: 3 }
}

impl Desk {
    fn plan(&self) -> Plan {
        let state = peek(Path::new(&self.path)).unwrap();
        plan::plan(&self.stack, &self.modules, state.as_ref(), &Observed::default()).unwrap()
    }

    /// `how` says how each module goes.
    fn apply_steps(&self, how: &mut dyn FnMut(&Run<'_>) -> Result<Outcome, String>) -> Result<Vec<ModuleName>, ApplyError> {
        let file = StateFile::open(&self.path).unwrap();
        let mut state = file.load().unwrap().unwrap_or_else(|| State::new("demo", "one"));
        let mut run = |step: &Run<'_>| how(step);
        apply(&self.plan(), &self.stack, &self.modules, false, (&file, &mut state), &mut run)
    }

    fn apply(&self, how: &mut dyn FnMut(&str) -> Result<Outcome, String>) -> Result<Vec<ModuleName>, ApplyError> {
        self.apply_steps(&mut |step| how(step.module.as_str()))
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

/// Two modules of somebody's own, of which `store` needs `base`, with these methods besides; on as many machines.
fn own(methods: &str, machines: usize) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    for (name, more) in [("base", ""), ("store", "requires: {strong: [[{key: name, operator: eq, values: [base]}]]}\n")] {
        let place = folder.path().join(name);
        std::fs::create_dir(&place).unwrap();
        let text = format!(
            "kind: lambdastack-module\nname: {name}\nversion: 0.1.0\nsummary: One\n{more}methods: [metadata, init, plan, apply, audit{methods}]\n"
        );
        std::fs::write(place.join("module.yml"), text).unwrap();
    }
    let mut desk = desk();
    desk.modules.add(folder.path()).unwrap();
    desk.wants("[base, store]", machines);
    desk
}

impl Desk {
    fn wants(&mut self, modules: &str, machines: usize) {
        let names: Vec<String> = (1..=machines).map(|number| format!("m-{number}")).collect();
        let mut text = format!(
            "kind: lambdastack-cluster\nspecification:\n  name: demo\n  components: {{all: {{machines: [{}]}}}}\n---\n\
             kind: configuration/feature-mapping\nspecification:\n  roles_mapping: {{all: {modules}}}\n",
            names.join(", ")
        );
        for number in 1..=self.knows {
            text += &format!("---\nkind: infrastructure/machine\nname: m-{number}\nspecification: {{ip: 10.0.0.{number}}}\n");
        }
        let reading = stack::read(&[Source::new("cluster.yml", text)], &self.modules);
        self.stack = reading.stack.unwrap_or_else(|| panic!("{:?}", reading.misfits));
    }

    /// Applies, and tells each playbook that ran with its machines; the one that is named `wrong` fails.
    fn told(&self, wrong: &str) -> (Vec<String>, bool) {
        let mut told = Vec::new();
        let mut how = |step: &Run<'_>| {
            let machines: Vec<&str> = step.inputs.machines.keys().map(String::as_str).collect();
            let name = format!("{} {}", step.module, step.method);
            told.push(format!("{name}: {}", machines.join(" ")));
            let back = json!({"lambdastack_returns": {}});
            let returned = step.inputs.machines.keys().map(|machine| (machine.clone(), back.clone())).collect();
            if name == wrong { Err("no".to_owned()) } else { Ok(Outcome { returned, ended: true, ..Outcome::default() }) }
        };
        let well = self.apply_steps(&mut how).is_ok();
        (told, well)
    }
}

const APPLIED: [&str; 4] = ["base scale: m-1 m-2 m-3", "base apply: m-1 m-2", "store scale: m-1 m-2 m-3", "store apply: m-1 m-2"];

#[test]
fn machines_that_modules_leave_are_got_ready_before_and_freed_in_the_end_what_others_need_last() {
    let mut desk = own(", scale, teardown", 3);
    assert!(desk.told("").1);
    desk.wants("[base, store]", 2);
    let shown = plan::show(&desk.plan());
    assert!(shown.contains("store on m-1, m-2: changes\n    - machines.m-3: \"10.0.0.3\"\n    - it leaves m-3\n"), "{shown}");
    let (told, well) = desk.told("base teardown");
    let freed = ["store teardown: m-3", "base teardown: m-3"];
    assert_eq!((told, well), ([&APPLIED[..], &freed[..]].concat().iter().map(ToString::to_string).collect(), false));
    // the state knows of it until that is done
    let shown = plan::show(&desk.plan());
    assert!(
        shown.starts_with("~ base on m-1, m-2: is finished: the last apply did not get to its end\n    - it leaves m-3\n"),
        "{shown}"
    );
    assert_eq!(desk.told("").0, ["base scale: m-1 m-2 m-3", "base apply: m-1 m-2", "base teardown: m-3"]);
    assert!(desk.plan().is_empty());
}

#[test]
fn a_machine_that_comes_back_is_not_freed_and_one_that_is_away_is_not_forgotten() {
    let mut desk = own(", scale, teardown", 3);
    assert!(desk.told("").1);
    desk.wants("[base, store]", 2);
    assert!(!desk.told("store apply").1);
    desk.wants("[base, store]", 3);
    assert_eq!(desk.told("").0, ["base apply: m-1 m-2 m-3", "store apply: m-1 m-2 m-3"]);
    assert!(desk.plan().is_empty());
    // the documents do not know it any more, and then again
    desk.knows = 2;
    desk.wants("[base, store]", 2);
    let shown = plan::show(&desk.plan());
    assert!(shown.contains("    m-3 stays as it is: the documents do not know it any more\n"), "{shown}");
    assert_eq!(desk.told("").0, ["base apply: m-1 m-2", "store apply: m-1 m-2"]);
    assert!(desk.plan().is_empty());
    desk.knows = 3;
    desk.wants("[base, store]", 2);
    assert_eq!(desk.told("").0, [&APPLIED[..], &["store teardown: m-3", "base teardown: m-3"][..]].concat());
    assert!(peek(&desk.path).unwrap().unwrap().modules.values().all(|applied| applied.leaves.is_empty()));
}

#[test]
fn what_nobody_wants_any_more_is_torn_down_after_what_needed_it() {
    let mut desk = own(", teardown", 2);
    assert!(desk.told("").1);
    desk.wants("[]", 1);
    let shown = "- store on m-1, m-2: is torn down: nobody wants it any more\n\
                 - base on m-1, m-2: is torn down: nobody wants it any more\ndemo: 2 to tear down";
    assert_eq!(desk.shown(), shown);
    assert_eq!(desk.told("store teardown"), (vec!["store teardown: m-1 m-2".to_owned()], false));
    assert_eq!(desk.shown(), shown, "it is known until it is gone");
    assert_eq!(desk.told("").0, ["store teardown: m-1 m-2", "base teardown: m-1 m-2"]);
    assert!(desk.plan().is_empty());
}

#[test]
fn what_nobody_wants_any_more_and_cannot_be_torn_down_is_forgotten() {
    let mut desk = own("", 2);
    assert!(desk.told("").1);
    desk.wants("[base]", 1);
    assert_eq!(
        desk.shown(),
        "~ base on m-1: changes\n- store on m-1, m-2: is forgotten: nobody wants it any more; it stays where it is\ndemo: 1 to change, 1 to release"
    );
    assert_eq!(desk.told("").0, ["base apply: m-1"]);
    assert!(desk.plan().is_empty());
}
