use super::*;
use crate::{
    source::Source,
    stack,
    state::{Applied, Inputs, Status},
};

fn wishes(machines: &[&str], components: &[(&str, &str)]) -> Wishes {
    Wishes {
        name: "demo".to_owned(),
        machines: machines.iter().enumerate().map(|(index, name)| ((*name).to_owned(), format!("10.0.0.{}", index + 1))).collect(),
        components: components.iter().map(|(name, text)| ((*name).to_owned(), text.parse().unwrap())).collect(),
        ..Wishes::default()
    }
}

fn used(machine: &str, address: &str) -> State {
    let mut state = State::new("demo", "one");
    let inputs = Inputs { machines: [(machine.to_owned(), address.to_owned())].into(), ..Inputs::default() };
    state.modules.insert("common".parse().unwrap(), Applied::new(Status::Applied, inputs));
    state
}

#[test]
fn what_is_written_reads_back_as_what_was_wished() {
    let modules = Catalogue::embedded().unwrap();
    let wishes = Wishes { full: true, ..wishes(&["a", "b", "c"], &[("load_balancer", "2"), ("monitoring", "a")]) };
    let written = documents(&wishes, &modules, None).unwrap();
    let reading = stack::read(&[Source::new("cluster.yml", written.text.clone())], &modules);
    assert!(reading.misfits.is_empty(), "{:?}\n{}", reading.misfits, written.text);
    let stack = reading.stack.unwrap();
    assert_eq!(
        (&stack.components["load_balancer"], &stack.components["monitoring"]),
        (&vec!["b".into(), "c".into()], &vec!["a".into()])
    );
    let names: Vec<&str> = stack.order.iter().map(ModuleName::as_str).collect();
    assert_eq!(names, ["common", "firewall", "haproxy", "node-exporter", "prometheus", "grafana"], "what they require came along");
    assert!(written.text.contains("kind: configuration/haproxy") && written.text.contains("# who logs into the machines; record"));
    assert!(written.notes[0].contains("filebeat, haproxy-exporter"), "{:?}", written.notes);
}

#[test]
fn the_state_gives_addresses_and_says_what_is_free() {
    let modules = Catalogue::embedded().unwrap();
    let state = used("old", "10.0.0.77");
    let written = documents(&wishes(&["new"], &[("common", "old"), ("haproxy", "1")]), &modules, Some(&state)).unwrap();
    assert!(written.text.contains("ip: 10.0.0.77"));
    let stack = stack::read(&[Source::new("x", written.text)], &modules).stack.unwrap();
    assert_eq!(stack.components["haproxy"], ["new"]);
    let said = documents(&wishes(&[], &[("haproxy", "1")]), &modules, Some(&state)).unwrap_err();
    assert_eq!(said, ["`haproxy` wants 1 machines, and 0 are free"]);
}

#[test]
fn what_cannot_be_is_told_at_once() {
    let said = documents(
        &wishes(&["mon-1"], &[("haproxi", "mon-1"), ("rabbitmq", "1"), ("prometheus", "mon-2")]),
        &Catalogue::embedded().unwrap(),
        None,
    );
    let said = said.unwrap_err().join("\n");
    for part in [
        "did you mean `haproxy`?",
        "unknown machine `mon-2`\nhint: did you mean `mon-1`?",
        "`rabbitmq` wants 1 machines, and 0 are free",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn questions_are_asked_until_the_answer_fits() {
    let mut talk = Vec::new();
    let answers = "Demo\ndemo\n\n\nlb-1\n10.0.0.1\n\nload_balancr\nload_balancer\nlb-1\n\n";
    let start = Wishes { name: "default".to_owned(), ..Wishes::default() };
    let wishes = ask(start.clone(), &Catalogue::embedded().unwrap(), &mut answers.as_bytes(), &mut talk).unwrap();
    assert_eq!(
        (wishes.name.as_str(), wishes.admin_user.as_str(), wishes.machines["lb-1"].as_str()),
        ("demo", "operations", "10.0.0.1")
    );
    assert_eq!(wishes.components["load_balancer"], Placement::Machines(vec!["lb-1".to_owned()]));
    let talk = String::from_utf8(talk).unwrap();
    assert!(talk.contains("`Demo` is not a name") && talk.contains("did you mean `load_balancer`?"), "{talk}");
    assert!(ask(start, &Catalogue::default(), &mut "demo\n".as_bytes(), &mut Vec::new()).is_err());
}
