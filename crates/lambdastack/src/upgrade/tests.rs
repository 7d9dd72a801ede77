use super::*;
use crate::{ansible::Failure, state::Applied};
use expect_test::expect;
use serde_json::json;

fn package(name: &str, from: &str, to: &str) -> Json {
    json!({"package": name, "from": from, "to": to})
}

fn returned(all: &[(&str, Json)]) -> BTreeMap<String, Json> {
    all.iter().map(|(machine, packages)| ((*machine).to_owned(), json!({"lambdastack_upgrade": packages}))).collect()
}

fn name(text: &str) -> ModuleName {
    text.parse().unwrap()
}

/// A cluster with HAProxy and PostgreSQL, for both of which there is something newer.
fn ground() -> (Catalogue, State, Upgrade) {
    let modules = Catalogue::embedded().unwrap();
    let mut state = State::new("demo", "one");
    for module in ["haproxy", "postgresql"] {
        let applied = Applied::new(Status::Applied, Default::default());
        state.modules.insert(name(module), applied);
    }
    let both = json!([package("libpq5", "15.9-0+deb12u1", "15.10-0+deb12u1"), package("libnew1", "", "1:2.0~rc1-1")]);
    let seen = BTreeMap::from([
        (name("haproxy"), looked(&returned(&[("lb-1", json!([package("haproxy", "2.6.12-1", "2.6.12-1+deb12u2")]))])).unwrap()),
        (name("postgresql"), looked(&returned(&[("db-1", both.clone()), ("db-2", both)])).unwrap()),
        (name("common"), looked(&returned(&[("lb-1", json!([]))])).unwrap()),
    ]);
    let order = [name("common"), name("postgresql"), name("haproxy")];
    let upgrade = plan(&state, Access::default(), &modules, &order, &seen);
    (modules, state, upgrade)
}

#[test]
fn what_would_be_upgraded_is_told_in_the_order_in_which_it_is_done() {
    let (_, _, upgrade) = ground();
    expect![[r#"
        ~ postgresql on db-1, db-2: is upgraded; its data is saved before
            + libnew1 1:2.0~rc1-1
            ~ libpq5 15.9-0+deb12u1 → 15.10-0+deb12u1
        ~ haproxy on lb-1: is upgraded; its data is saved before
            ~ haproxy 2.6.12-1 → 2.6.12-1+deb12u2
        demo: 2 to upgrade
    "#]]
    .assert_eq(&show(&upgrade));
}

#[test]
fn what_a_machine_says_becomes_no_argument_of_another_kind() {
    for (package_name, from, to) in [
        ("-oDebug::RunScripts=x", "1", "2"),
        ("x", "1", ""),
        ("x", "1", "2 y"),
        ("x", "1;", "2"),
        ("", "1", "2"),
        ("x{{ y }}", "1", "2"),
        ("x/../y", "1", "2"),
    ] {
        let said = looked(&returned(&[("db-1", json!([package(package_name, from, to)]))])).unwrap_err();
        assert!(said.starts_with("`db-1` handed back what is no package"), "{said}");
    }
    assert!(looked(&returned(&[("db-1", json!("all"))])).is_err());
}

/// Carries it out; gives the stages that were run, and how it ended.
fn carried_out(fail: Option<(&str, Stage)>) -> (Vec<(String, Stage)>, Result<(), String>, State) {
    let (modules, mut state, upgrade) = ground();
    let dir = tempfile::tempdir().unwrap();
    let file = StateFile::open(&dir.path().join("state.json")).unwrap();
    let mut stages = Vec::new();
    let done = carry_out(&upgrade, &modules, (&file, &mut state), &mut |step, stage| {
        stages.push((step.module.to_string(), stage));
        let mut outcome = Outcome { ended: true, ..Outcome::default() };
        if fail == Some((step.module.as_str(), stage)) {
            let (machine, task, message) = ("db-1".to_owned(), "It answers".to_owned(), "no".to_owned());
            outcome.failures.push(Failure { machine, task, message });
        }
        Ok(outcome)
    });
    let written = file.load().unwrap().unwrap();
    (stages, done.map_err(|error| error.to_string()), written)
}

#[test]
fn each_module_is_upgraded_tested_and_applied_before_the_next_one_begins() {
    let (stages, done, state) = carried_out(None);
    done.unwrap();
    let of = |module: &str| [Stage::Upgrade, Stage::Test, Stage::Apply].map(|stage| (module.to_owned(), stage));
    assert_eq!(stages, [of("postgresql"), of("haproxy")].concat());
    assert!(state.modules.values().all(|applied| applied.status == Status::Applied));
}

#[test]
fn the_first_that_goes_wrong_ends_it_and_the_next_apply_finishes_it() {
    let (stages, done, state) = carried_out(Some(("postgresql", Stage::Test)));
    assert_eq!(stages.last().unwrap(), &("postgresql".to_owned(), Stage::Test));
    expect![[r#"
        `postgresql` was not upgraded
          db-1: It answers: no
          not begun: haproxy
        hint: once that is mended, an apply finishes it, and another upgrade does the rest"#]]
    .assert_eq(&done.unwrap_err());
    assert_eq!(state.modules[&name("postgresql")].status, Status::Failed);
    assert_eq!(state.modules[&name("haproxy")].status, Status::Applied);
}
