use super::*;
use crate::{
    module::Catalogue,
    plan::{Observed, desired, plan},
    source::Source,
    stack,
    state::Applied,
};
use expect_test::expect;

const DOCUMENTS: &str = "
kind: lambdastack-cluster
specification: {name: demo, components: {front: {machines: [lb-1]}}}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {front: [common, haproxy]}}
---
kind: infrastructure/machine
name: lb-1
specification: {ip: 10.0.0.1}
";

#[test]
fn what_was_applied_is_told_with_what_the_documents_want_otherwise() {
    let modules = Catalogue::embedded().unwrap();
    let stack = stack::read(&[Source::new("cluster.yml", DOCUMENTS)], &modules).stack.unwrap();
    let mut state = State::new("demo", "one");
    let name: ModuleName = "common".parse().unwrap();
    let inputs = desired(&stack, &modules)[&name].clone();
    state.modules.insert(name, Applied::new(Status::Applied, inputs));
    let planned = plan(&stack, &modules, Some(&state), &Observed::default()).unwrap();
    expect![[r#"
        MODULE   VERSION  STATUS       MACHINES  PACKAGES
        common   0.1.0    applied      lb-1      -
        haproxy  -        not applied  -         -         to install
        demo: serial 0, 1 not as the documents say: `lambdastack plan`
    "#]]
    .assert_eq(&show(&report(&planned, Some(&state))));
    expect![[r#"
        COMPONENT  MACHINES  MODULES
        front      lb-1      common (applied), haproxy (not applied)
        demo: 1 components
    "#]]
    .assert_eq(&show_components("demo", &components(&stack, Some(&state))));
}
