use super::*;
use crate::{
    source::{Reader, Source},
    yaml,
};
use proptest::prelude::*;
use serde_json::json;

const SCHEMA: &str = "
port: {type: port, default: 80, about: where it listens}
mode: {type: text, one_of: [tcp, http], default: http}
tls: {type: record, fields: {on: {type: boolean, default: false}, key: {type: secret, optional: true}}}
labels: {type: map, of: text, default: {team: core}}
backends: {type: list, of: {type: record, fields: {name: name, address: address, weight: {type: integer, minimum: 0, default: 1}}}, default: []}
";

fn schema(text: &str) -> Result<Field, String> {
    let source = Source::new("schema", text);
    let node = yaml::parse(&source).unwrap().remove(0);
    let mut reader = Reader::new(&source);
    let field = Field::read_record(&mut reader, &node, "");
    match &reader.misfits[..] {
        [] => Ok(field),
        [first, ..] => Err(first.what.clone()),
    }
}

fn check(text: &str) -> Result<Json, String> {
    let source = Source::new("x.yml", text);
    let node = yaml::parse(&source).unwrap().remove(0);
    let mut reader = Reader::new(&source);
    let value = schema(SCHEMA).unwrap().check(&mut reader, &node, "");
    value.ok_or_else(|| reader.misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn defaults_stand_under_what_was_written() {
    let value = check("backends: [{name: a, address: 10.0.0.1}]\nlabels: {tier: front}\ntls: {on: true}\n").unwrap();
    assert_eq!(
        value,
        json!({"port": 80, "mode": "http", "tls": {"on": true}, "labels": {"team": "core", "tier": "front"},
               "backends": [{"name": "a", "address": "10.0.0.1", "weight": 1}]})
    );
    assert_eq!(check("{}").ok(), schema(SCHEMA).unwrap().defaults());
}

#[test]
fn every_misfit_is_told_at_its_place() {
    let said = check("prot: 1\nport: 70000\nbackends:\n  - {name: A, weight: -1}\ntls: {key: hunter2}\nmode: ~\n").unwrap_err();
    for part in [
        "x.yml:1:1: unknown key `prot`",
        "hint: did you mean `port`?",
        "x.yml:2:7: 70000 is not between 1 and 65535",
        "x.yml:4:12: `A` is not a name",
        "(at /backends/0/name)",
        "-1 is too small: at least 0",
        "x.yml:4:5: `address` is missing",
        "a secret is not written into a document",
        "nothing is written here",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn a_schema_is_checked_too() {
    for (text, part) in [
        ("a: nothing\n", "unknown type `nothing`"),
        ("a: {type: prot}\n", "did you mean `port`?"),
        ("a: {default: 1}\n", "`type` is missing"),
        ("a: {type: port, default: 0}\n", "the default does not fit: 0 is not between"),
        ("a: {type: list}\n", "the type `list` needs `of`"),
        ("a: {type: text, minimum: 1}\n", "`minimum` says nothing of the type `text`"),
        ("a: {type: integer, minimum: 2, maximum: 1}\n", "nothing fits"),
        ("a: {type: port, default: 1, optional: true}\n", "cannot be `optional`"),
        ("admin_password: text\n", "`type: secret`"),
        ("passwords: {type: map, of: text}\n", "`type: secret`"),
        ("api_keys: {type: list, of: text}\n", "`type: secret`"),
        ("A: text\n", "cannot be the name of a field"),
    ] {
        let said = schema(text).unwrap_err();
        assert!(said.contains(part), "{text}: {said}");
    }
}

#[test]
fn a_template_reads_back_as_the_defaults() {
    let schema = schema(SCHEMA).unwrap();
    let text = template(schema.fields(), &json!({}), 0);
    assert!(text.starts_with("# where it listens; port\nport: 80\n"), "{text}");
    assert_eq!(check(&text).ok(), schema.defaults());
    let values = json!({"backends": [{"name": "a", "address": "10.0.0.1", "weight": 2}]});
    let value = check(&template(schema.fields(), &values, 0)).unwrap();
    assert_eq!(value["backends"], values["backends"]);
}

proptest! {
    #[test]
    fn any_text_survives_being_written(text in "\\PC{0,12}") {
        let source = Source::new("x", format!("a: {}\n", scalar(&text)));
        let node = yaml::parse(&source).unwrap().remove(0);
        prop_assert_eq!(node.get("a").unwrap().text(), Some(text.as_str()));
    }

    #[test]
    fn checking_what_was_filled_changes_nothing(port in 1..65536u32, on in any::<bool>(), names in prop::collection::vec("[a-z]{1,3}", 0..3)) {
        let backends: Vec<Json> = names.iter().map(|name| json!({"name": name, "address": "host"})).collect();
        let filled = check(&json!({"port": port, "tls": {"on": on}, "backends": backends}).to_string()).unwrap();
        prop_assert_eq!(check(&filled.to_string()).unwrap(), filled);
    }
}

#[test]
fn a_secret_that_was_written_down_is_not_shown_again() {
    let source = Source::new("x.yml", "key: hunter2\n");
    let field = Field { shape: Shape::Secret, default: None, optional: false, about: String::new() };
    let nodes = crate::yaml::parse(&source).unwrap();
    let mut reader = Reader::new(&source);
    assert!(field.check(&mut reader, nodes[0].get("key").unwrap(), "/key").is_none());
    let said = reader.misfits[0].to_string();
    assert!(said.contains("x.yml:1:6: a secret is not written into a document") && !said.contains("hunter2"), "{said}");
}
