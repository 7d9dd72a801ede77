use super::*;
use crate::{source::Source, stack};
use expect_test::expect;

const TEXT: &str = "# of the whole file
---
kind: lambdastack-cluster
title: Ours
specification:
  name: demo
  components: {data: {machines: [db-1, db-2]}}   # two are enough
---
kind: infrastructure/machine
name: db-1
specification: {ip: 10.0.0.1}
---
kind: infrastructure/machine
name: db-2
specification: {ip: 10.0.0.2}
--- # kept for later
kind: infrastructure/machine
name: db-3
specification: {ip: 10.0.0.3}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {data: [common]}}
";

fn read(text: &str) -> (Stack, Document) {
    let reading = stack::read(&[Source::new("cluster.yml", text)], &Catalogue::embedded().unwrap());
    let cluster = reading.documents.iter().find(|document| document.kind == Kind::Cluster).unwrap().clone();
    (reading.stack.unwrap_or_else(|| panic!("{:?}", reading.misfits)), cluster)
}

fn machines_of(target: &str) -> Result<Vec<String>, String> {
    machines(&read(TEXT).0, "data", &target.parse()?)
}

#[test]
fn more_come_from_those_that_are_free_and_fewer_go_from_the_end() {
    assert_eq!(machines_of("3").unwrap(), ["db-1", "db-2", "db-3"]);
    assert_eq!(machines_of("+1").unwrap(), ["db-1", "db-2", "db-3"]);
    assert_eq!(machines_of("-1").unwrap(), ["db-1"]);
    assert_eq!(machines_of("db-3,db-1").unwrap(), ["db-3", "db-1"]);
    for (target, said) in [
        ("+2", "`data` has 2, and 1 are free of 2 that are wanted"),
        ("-2", "nothing would be left of `data`"),
        ("0", "nothing would be left of `data`"),
        ("db-1,db-1", "`db-1` is named twice"),
        ("db-11", "unknown machine `db-11`"),
        ("+x", "expected a number"),
        (",", "expected names of machines"),
    ] {
        let found = machines_of(target).unwrap_err();
        assert!(found.starts_with(said), "{target}: {found}");
    }
    let (stack, _) = read(TEXT);
    assert!(machines(&stack, "date", &Target::Count(1)).unwrap_err().contains("did you mean `data`"));
}

#[test]
fn only_the_document_of_the_cluster_is_written_anew() {
    let (_, cluster) = read(TEXT);
    let all = ["db-1", "db-2", "db-3"].map(str::to_owned);
    let text = rewrite(TEXT, &cluster, "data", &all, &Catalogue::embedded().unwrap()).unwrap();
    let (stack, _) = read(&text);
    assert_eq!(stack.components["data"], all);
    let (before, after) = (TEXT.split_once("---\nkind: infra").unwrap().1, text.split_once("---\nkind: infra").unwrap().1);
    assert_eq!(before, after);
    expect![[r#"
        # of the whole file
        ---
        kind: lambdastack-cluster
        title: Ours
    "#]]
    .assert_eq(&text.split_inclusive('\n').take(4).collect::<String>());
}
