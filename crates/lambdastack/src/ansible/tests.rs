use super::*;
use crate::{
    module::{Catalogue, Method},
    plan::desired,
    source::Source,
    stack,
};
use expect_test::expect;
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

const DOCUMENTS: &str = "kind: lambdastack-cluster\nspecification:\n  name: demo\n  admin_user: {name: ops}\n  components:\n    watch: {machines: [mon-1]}\n    front: {machines: [lb-1]}\n---\n\
    kind: configuration/feature-mapping\nspecification:\n  roles_mapping: {front: [common, node-exporter], watch: [common, prometheus]}\n---\n\
    kind: infrastructure/machine\nname: lb-1\nspecification: {ip: 10.0.0.1}\n---\n\
    kind: infrastructure/machine\nname: mon-1\nspecification: {ip: mon.example, port: 2222}\n";

fn files(name: &str) -> BTreeMap<String, Vec<u8>> {
    let modules = Catalogue::embedded().unwrap();
    let stack = stack::read(&[Source::new("cluster.yml", DOCUMENTS)], &modules).stack.unwrap();
    let name = name.parse().unwrap();
    workplace(modules.get(&name).unwrap(), &desired(&stack, &modules)[&name], &stack, &modules, false)
}

#[test]
fn a_run_gets_its_machines_its_configuration_and_whoever_influences_it() {
    let files = files("prometheus");
    let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
    expect![[r#"
        {
          "all": {
            "children": {
              "prometheus": {
                "hosts": {
                  "mon-1": {
                    "ansible_host": "mon.example",
                    "ansible_port": 2222,
                    "ansible_ssh_private_key_file": "~/.ssh/id_ed25519",
                    "ansible_user": "ops"
                  }
                }
              }
            },
            "hosts": {
              "lb-1": {
                "ansible_host": "10.0.0.1",
                "ansible_port": 22,
                "ansible_ssh_private_key_file": "~/.ssh/id_ed25519",
                "ansible_user": "ops"
              }
            }
          }
        }
    "#]]
    .assert_eq(&text("inventory.json"));
    expect![[r#"
        {
          "lambdastack_anew": false,
          "lambdastack_config": {
            "alert_after_minutes": 5,
            "alert_rules": true,
            "alertmanager_port": 9093,
            "disk_full_percent": 90,
            "haproxy_port": 8404,
            "health_port": 9180,
            "listen_port": 9090,
            "memory_full_percent": 95,
            "node_exporter_port": 9100,
            "purge": false,
            "retention_days": 15,
            "scrape_interval_seconds": 15
          },
          "lambdastack_leaving": [],
          "lambdastack_machines": {
            "lb-1": "10.0.0.1",
            "mon-1": "mon.example"
          },
          "lambdastack_modules": {
            "node-exporter": [
              "lb-1"
            ],
            "prometheus": [
              "mon-1"
            ]
          }
        }
    "#]]
    .assert_eq(&text("variables.json"));
    for path in ["module/playbooks/apply.yml", "module/roles/prometheus/tasks/main.yml", "roles/service/tasks/main.yml"] {
        assert!(files.contains_key(path), "{path}");
    }
}

/// A program that stands for `ansible-playbook`: it finds everything in its folder, and says `lines`.
fn stand_in(folder: &tempfile::TempDir, lines: &str, code: u8) -> PathBuf {
    let program = folder.path().join("playbook");
    let checks =
        "set -e\ntest \"$3\" = module/playbooks/apply.yml\ntest -f \"$3\"\ntest -f \"$ANSIBLE_CONFIG\"\ntest -f variables.json\n";
    fs::write(&program, format!("#!/bin/sh\n{checks}cat <<'END'\n{lines}\nEND\necho 'it went wrong' >&2\nexit {code}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

fn nothing() -> fs::File {
    fs::File::open("/dev/null").unwrap()
}

#[test]
fn events_are_heard_and_become_an_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let lines = r#"not ours
{"event": "task", "name": "x"}
{"event": "ok", "machine": "lb-1", "task": "x", "changed": true}
{"event": "something new"}
{"event": "failed", "machine": "lb-1", "task": "y", "message": "no"}
{"event": "end", "returned": {"lb-1": {"lambdastack_returns": {"listen_port": 1}}}}"#;
    let mut heard = Vec::new();
    let place = folder.path().join("run");
    let program = stand_in(&folder, lines, 2);
    let outcome =
        run(&program, &place, &files("prometheus"), Method::Apply, nothing(), None, &mut |event| heard.push(event.clone()))
            .unwrap();
    assert_eq!(heard.len(), 4);
    let rescued = run(
        &stand_in(&folder, lines, 0),
        &folder.path().join("again"),
        &files("prometheus"),
        Method::Apply,
        nothing(),
        None,
        &mut |_| {},
    );
    assert!(rescued.unwrap().failures.is_empty(), "what was rescued is no failure");
    assert_eq!((outcome.failures.len(), outcome.changed.len(), outcome.ended), (1, 1, true));
    assert_eq!(outcome.returned["lb-1"]["lambdastack_returns"]["listen_port"], 1);
    assert_eq!(fs::metadata(place.join("variables.json")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_end_without_an_end_is_an_error_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let program = stand_in(&folder, r#"{"event": "task", "name": "x"}"#, 4);
    let error =
        run(&program, &folder.path().join("run"), &files("common"), Method::Apply, nothing(), None, &mut |_| {}).unwrap_err();
    assert!(error.to_string().ends_with("ended with 4 before its end: it went wrong"), "{error}");
    let error = run(
        &folder.path().join("nothing"),
        &folder.path().join("again"),
        &files("common"),
        Method::Apply,
        nothing(),
        None,
        &mut |_| {},
    );
    assert!(error.unwrap_err().to_string().contains("--ansible PROGRAM"));
}
