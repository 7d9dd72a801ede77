use super::*;
use crate::{
    ansible::Failure,
    plan::{self, Observed, desired},
    source::Source,
    stack,
    state::{Applied, peek},
};

const DOCUMENTS: &str = "kind: lambdastack-cluster\nspecification:\n  name: demo\n  components:\n    repository: {machines: [repo-1]}\n    front: {machines: [lb-1]}\n---\n\
    kind: configuration/feature-mapping\nspecification:\n  roles_mapping: {front: [common, haproxy]}\n---\n\
    kind: configuration/repository\nspecification: {bundle: /media/bundle.tar.zst, trust_on_first_use: true}\n---\n\
    kind: infrastructure/machine\nname: lb-1\nspecification: {ip: 10.0.0.1}\n---\n\
    kind: infrastructure/machine\nname: repo-1\nspecification: {ip: 10.0.0.2}\n";

fn stack_of(text: &str) -> Stack {
    let reading = stack::read(&[Source::new("cluster.yml", text)], &Catalogue::embedded().unwrap());
    reading.stack.unwrap_or_else(|| panic!("{:?}", reading.misfits))
}

fn applied(stack: &Stack, status: Status) -> State {
    let mut state = State::new("demo", "one");
    for (name, inputs) in desired(stack, &Catalogue::embedded().unwrap()) {
        state.modules.insert(name, Applied::new(status, inputs));
    }
    state
}

#[test]
fn the_repository_comes_first_and_is_on_every_machine() {
    let stack = stack_of(DOCUMENTS);
    assert_eq!(stack.order.iter().map(ModuleName::as_str).collect::<Vec<_>>(), ["repository", "common", "haproxy"]);
    let modules = Catalogue::embedded().unwrap();
    let said = plan::show(&plan::plan(&stack, &modules, None, &Observed::default()).unwrap());
    assert!(said.starts_with("+ repository on lb-1, repo-1: is installed\n    + configuration.bundle:"), "{said}");
    let more = DOCUMENTS.to_owned() + "---\nkind: infrastructure/machine\nname: new-1\nspecification: {ip: 10.0.0.3}\n";
    let state = applied(&stack, Status::Applied);
    let said = plan::show(&plan::plan(&stack_of(&more), &modules, Some(&state), &Observed::default()).unwrap());
    assert_eq!(
        said, "~ repository on lb-1, new-1, repo-1: changes\n    + cluster.new-1: \"10.0.0.3\"\ndemo: 1 to change\n",
        "a machine that is new is set up too"
    );
}

#[test]
fn what_can_be_is_torn_down_after_an_apply_that_failed_too() {
    let (stack, modules) = (stack_of(DOCUMENTS), Catalogue::embedded().unwrap());
    for status in [Status::Applied, Status::Applying, Status::Failed] {
        let state = applied(&stack, status);
        let said = show("demo", &plan(&stack, &modules, &state, &[]).unwrap());
        assert_eq!(said, "- haproxy on lb-1: is torn down\n- repository on lb-1, repo-1: is torn down\ndemo: 2 to tear down\n");
    }
    let mut state = applied(&stack, Status::Applied);
    let inputs = &mut state.modules.get_mut(&"repository".parse().unwrap()).unwrap().inputs;
    inputs.cluster.insert("old-1".to_owned(), "10.0.0.9".to_owned());
    let purging = stack_of(&DOCUMENTS.replace("trust_on", "purge: true, trust_on"));
    let found = plan(&purging, &modules, &state, &["repository".to_owned()]).unwrap();
    assert_eq!(found[0].inputs.configuration.as_json()["purge"], true, "as the documents say now");
    let said = show("demo", &found);
    assert!(
        said.starts_with("- repository on lb-1, repo-1: is torn down, and its data goes with it\n    old-1 stays as it is"),
        "{said}"
    );
    // also where no component takes it any more
    let idle =
        stack_of(&DOCUMENTS.replace("trust_on", "purge: true, trust_on").replace("    repository: {machines: [repo-1]}\n", ""));
    let shown = plan::show(&plan::plan(&idle, &modules, Some(&applied(&stack, Status::Applied)), &Observed::default()).unwrap());
    assert!(shown.contains("is torn down: nobody wants it any more\n    - its data goes with it\n"), "{shown}");
    let said = plan(&stack, &modules, &state, &["common".to_owned(), "repositry".to_owned()]).unwrap_err();
    assert_eq!(
        said,
        [
            "`common` has no method `teardown`: what it brought stays",
            "unknown module `repositry`\nhint: did you mean `repository`?"
        ]
    );
}

#[test]
fn what_others_need_goes_only_with_them() {
    let folder = tempfile::tempdir().unwrap();
    for (name, more) in [("base", ""), ("store", "requires: {strong: [[{key: name, operator: eq, values: [base]}]]}\n")] {
        let place = folder.path().join(name);
        std::fs::create_dir(&place).unwrap();
        let methods = "methods: [metadata, init, plan, apply, audit, teardown]";
        let text = format!("kind: lambdastack-module\nname: {name}\nversion: 0.1.0\nsummary: One\n{more}{methods}\n");
        std::fs::write(place.join("module.yml"), text).unwrap();
    }
    let mut modules = Catalogue::embedded().unwrap();
    modules.add(folder.path()).unwrap();
    let documents = DOCUMENTS.replace("[common, haproxy]", "[base, store]");
    let stack = stack::read(&[Source::new("cluster.yml", documents)], &modules).stack.unwrap();
    let mut state = State::new("demo", "one");
    for (name, inputs) in desired(&stack, &modules) {
        state.modules.insert(name, Applied::new(Status::Applied, inputs));
    }
    let names = |named: &[&str]| -> Result<Vec<String>, Vec<String>> {
        let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
        Ok(plan(&stack, &modules, &state, &named)?.iter().map(|one| one.module.to_string()).collect())
    };
    assert_eq!(
        names(&["base"]).unwrap_err(),
        ["`store` needs `base`, and stays\nhint: `lambdastack teardown base store` takes both"]
    );
    assert_eq!(names(&["base", "store"]).unwrap(), ["store", "base"]);
    assert_eq!(names(&["store"]).unwrap(), ["store"]);
}

#[test]
fn the_state_forgets_what_is_gone_and_keeps_what_went_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let (stack, modules) = (stack_of(DOCUMENTS), Catalogue::embedded().unwrap());
    let file = StateFile::open(&path).unwrap();
    let mut state = applied(&stack, Status::Applied);
    let named = ["repository".to_owned()];
    let found = plan(&stack, &modules, &state, &named).unwrap();
    let failure = Failure { machine: "lb-1".to_owned(), task: "It is reverted".to_owned(), message: "no".to_owned() };
    let mut badly = |_: &Teardown| Ok(Outcome { failures: vec![failure.clone()], ..Outcome::default() });
    let said = tear_down(&found, (&file, &mut state), &mut badly).unwrap_err().to_string();
    assert_eq!(
        said,
        "`repository` was not torn down\n  lb-1: It is reverted: no\nhint: once that is mended, `lambdastack teardown` goes on here"
    );
    let repository: ModuleName = "repository".parse().unwrap();
    assert_eq!(peek(&path).unwrap().unwrap().modules[&repository].status, Status::Failed);
    let found = plan(&stack, &modules, &state, &named).unwrap();
    assert_eq!(tear_down(&found, (&file, &mut state), &mut |_| Ok(Outcome::default())).unwrap().len(), 1);
    let left = peek(&path).unwrap().unwrap();
    assert_eq!(left.modules.keys().map(ModuleName::as_str).collect::<Vec<_>>(), ["common", "haproxy"]);
    let found = plan(&stack, &modules, &left, &[]).unwrap();
    assert_eq!(found.iter().map(|one| one.module.as_str()).collect::<Vec<_>>(), ["haproxy"], "`common` has no such method");
}
