use super::*;
use crate::{source::Source, stack, state::Applied};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn documents(exporters: &[&str], port: u16) -> String {
    let mut text = format!(
        "kind: lambdastack-cluster\nspecification:\n  name: demo\n  components:\n    watch: {{machines: [mon-1]}}\n    front: {{machines: [{}]}}\n\
         ---\nkind: configuration/feature-mapping\nspecification:\n  roles_mapping: {{watch: [common, prometheus], front: [common, node-exporter]}}\n\
         ---\nkind: configuration/node-exporter\nspecification: {{listen_port: {port}}}\n",
        exporters.join(", ")
    );
    for (number, name) in ["mon-1"].iter().chain(exporters).enumerate() {
        text += &format!("---\nkind: infrastructure/machine\nname: {name}\nspecification: {{ip: 10.0.0.{}}}\n", number + 1);
    }
    text
}

fn stack_of(text: &str) -> Stack {
    let reading = stack::read(&[Source::new("cluster.yml", text)], &Catalogue::embedded().unwrap());
    reading.stack.unwrap_or_else(|| panic!("{:?}", reading.misfits))
}

fn planned(stack: &Stack, state: Option<&State>, observed: &Observed) -> Result<Plan, Vec<PlanRefusal>> {
    plan(stack, &Catalogue::embedded().unwrap(), state, observed)
}

/// The state after everything was applied.
fn applied(stack: &Stack) -> State {
    let mut state = State::new("demo", "one");
    state.serial = 7;
    for (name, inputs) in desired(stack, &Catalogue::embedded().unwrap()) {
        state.modules.insert(name, Applied::new(Status::Applied, inputs));
    }
    state
}

fn check(stack: &Stack, state: Option<&State>, observed: &Observed, expected: Expect) {
    expected.assert_eq(&show(&planned(stack, state, observed).unwrap()));
}

#[test]
fn everything_is_installed_once_and_then_there_is_nothing_to_do() {
    let stack = stack_of(&documents(&["lb-1"], 9100));
    check(
        &stack,
        None,
        &Observed::default(),
        expect![[r#"
            + common on lb-1, mon-1: is installed
                + configuration.packages: ["ca-certificates","curl","ethtool","gnupg","iproute2","jq","logrotate","lsof","net-tools","openssl…
                + configuration.sysctl: []
                + configuration.timezone: "Etc/UTC"
                + version: "0.1.0"
            + node-exporter on lb-1: is installed
                + configuration.disabled_collectors: []
                + configuration.listen_port: 9100
                + version: "0.1.0"
            + prometheus on mon-1: is installed
                + configuration.alert_after_minutes: 5
                + configuration.alert_rules: true
                + configuration.alertmanager_port: 9093
                + configuration.disk_full_percent: 90
                + configuration.haproxy_port: 8404
                + configuration.health_port: 9180
                + configuration.listen_port: 9090
                + configuration.memory_full_percent: 95
                + configuration.node_exporter_port: 9100
                + configuration.purge: false
                + configuration.retention_days: 15
                + configuration.scrape_interval_seconds: 15
                + neighbours.node-exporter.lb-1: "10.0.0.2"
                + version: "0.1.0"
            demo: 3 to install
        "#]],
    );
    check(&stack, Some(&applied(&stack)), &Observed::default(), expect!["demo: nothing to do\n"]);
}

#[test]
fn a_change_shows_what_it_was_and_whom_it_influences() {
    let before = applied(&stack_of(&documents(&["lb-1"], 9100)));
    let after = stack_of(&documents(&["lb-1", "lb-2"], 9200));
    check(
        &after,
        Some(&before),
        &Observed::default(),
        expect![[r#"
        ~ common on lb-1, lb-2, mon-1: changes
            + machines.lb-2: "10.0.0.3"
        ~ node-exporter on lb-1, lb-2: changes
            ~ configuration.listen_port: 9100 → 9200
            + machines.lb-2: "10.0.0.3"
        only influenced, and not applied unless asked for:
        ~ prometheus on mon-1: would get to know
            + neighbours.node-exporter.lb-2: "10.0.0.3"
            because of node-exporter
        demo: 2 to change, 1 influenced
    "#]],
    );
}

#[test]
fn what_was_interrupted_is_finished_and_what_was_changed_by_hand_is_repaired() {
    let stack = stack_of(&documents(&["lb-1"], 9100));
    let mut state = applied(&stack);
    state.modules.get_mut(&"common".parse().unwrap()).unwrap().status = Status::Applying;
    state.modules.insert(
        "haproxy".parse().unwrap(),
        Applied::new(
            Status::Applied,
            Inputs { machines: [("old-1".to_owned(), "10.0.0.9".to_owned())].into(), ..Inputs::default() },
        ),
    );
    let observed: Observed =
        serde_json::from_str(r#"{"lb-1": {"os": "debian-12", "differences": {"node-exporter": ["its arguments were changed"]}}}"#)
            .unwrap();
    check(
        &stack,
        Some(&state),
        &observed,
        expect![[r#"
        ~ common on lb-1, mon-1: is finished: the last apply did not get to its end
        ! node-exporter on lb-1: is repaired
            ! lb-1: its arguments were changed
        - haproxy on old-1: is forgotten: nobody wants it any more; it stays where it is
        demo: 1 to finish, 1 to repair, 1 to release
    "#]],
    );
}

#[test]
fn what_cannot_be_is_refused_as_a_whole() {
    let stack = stack_of(&documents(&["lb-1"], 9100));
    let mut state = applied(&stack);
    state.cluster = "other".to_owned();
    state.modules.get_mut(&"common".parse().unwrap()).unwrap().inputs.version = "0.2.0".to_owned();
    let observed: Observed = serde_json::from_str(r#"{"lb-1": {"os": "rocky-9"}}"#).unwrap();
    let said: Vec<String> = planned(&stack, Some(&state), &observed).unwrap_err().iter().map(ToString::to_string).collect();
    expect![[r#"
        the state is of the cluster `other`, and the documents are of `demo`
        hint: each cluster has a state of its own: `--state FILE`
        `common` 0.2.0 was applied, and the module here is 0.1.0: there is no way back
        `common` does not run on rocky-9, which is what `lb-1` is
        `node-exporter` does not run on rocky-9, which is what `lb-1` is"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn a_plan_on_paper_says_what_was_agreed_to() {
    let plan = planned(&stack_of(&documents(&["lb-1"], 9100)), None, &Observed::default()).unwrap();
    let text = serde_json::to_string(&Paper::new(plan.clone())).unwrap();
    assert_eq!(Paper::<Plan>::parse(text.as_bytes()).unwrap().plan, plan);
    let said = Paper::<Plan>::parse(text.replace("9090", "9091").as_bytes()).unwrap_err().to_string();
    assert!(said.contains("changed by hand"), "{said}");
    assert!(matches!(Paper::<Plan>::parse(text.replace("\"form\":1", "\"form\":2").as_bytes()), Err(PaperError::Newer(2))));
}

proptest! {
    // Each case resolves the whole stack several times.
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// In any order of documents, and twice.
    #[test]
    fn the_same_input_gives_the_same_plan(count in 1..4usize, port in 1024..u16::MAX, before in 1..4usize) {
        let names = ["a", "b", "c", "d"];
        let text = documents(&names[..count], port);
        let mut parts: Vec<&str> = text.split("---\n").collect();
        parts.reverse();
        let state = applied(&stack_of(&documents(&names[..before], 9100)));
        let paper = |text: &str| Paper::new(planned(&stack_of(text), Some(&state), &Observed::default()).unwrap());
        let first = paper(&text);
        prop_assert_eq!(&paper(&text), &first);
        prop_assert_eq!(&paper(&parts.join("---\n")).digest, &first.digest);
        prop_assert_eq!(first.plan.is_empty(), count == before && port == 9100);
        // what was planned and done needs no plan
        prop_assert!(planned(&stack_of(&text), Some(&applied(&stack_of(&text))), &Observed::default()).unwrap().is_empty());
    }
}
