//! The program `lambdastack` as somebody uses it: words in; exit code, stdout and stderr out. Ansible is played by a script.
#![allow(clippy::unwrap_used, reason = "a test")]

mod artifact;
mod health;
mod vault;

use serde_json::Value as Json;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A folder in which one works.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).stdin(Stdio::null()).output().unwrap()
    }

    /// Nothing of what the environment says about the cluster of whoever runs this.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lambdastack"));
        command.args(words).current_dir(self.0.path());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LAMBDASTACK_")) {
            command.env_remove(name);
        }
        command
    }

    /// The same with something on stdin.
    #[track_caller]
    fn well_with(&self, input: &str, code: i32, words: &[&str]) -> String {
        let mut child = self.command(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        assert_eq!(status.code(), Some(code), "{words:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// Exit code and stdout.
    #[track_caller]
    fn well(&self, code: i32, words: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.run(words);
        assert_eq!(status.code(), Some(code), "{words:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// Exit code, and parts of stderr.
    #[track_caller]
    fn badly(&self, code: i32, words: &[&str], parts: &[&str]) {
        let Output { status, stderr, .. } = self.run(words);
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(code), "{words:?}: {said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "{part} is not in\n{said}"));
    }

    /// A program that stands for `ansible-playbook`: each machine hands back what is said here, module by module.
    fn ansible(&self, well: bool) -> String {
        let returns = r#"
case "$module" in
  common) back='"timezone": "Etc/UTC", "packages": []' ;;
  repository) back='"url": "http://10.0.0.1:8080", "bundle_digest": "1"' ;;
  firewall) back='"enabled": false' ;;
  haproxy) back='"stats_port": 8404, "package_version": "1"' ;;
  *) back='"listen_port": 9100, "package_version": "1"' ;;
esac
case "$3" in
  *audit.yml) back="\"lambdastack_audit\": {\"in_order\": $order, \"differences\": []}" ;;
  *) back="\"lambdastack_returns\": {$back}" ;;
esac
echo "{\"event\": \"task\", \"name\": \"works\"}"
"#;
        let fails = r#"echo '{"event": "failed", "machine": "lb-1", "task": "works", "message": "no room"}'"#;
        let (order, fails) = if well { ("true", "true") } else { ("false", fails) };
        let head = format!("#!/bin/sh\nset -e\nmodule=$(basename \"$PWD\") order={order}\n");
        let end = "echo \"{\\\"event\\\": \\\"end\\\", \\\"returned\\\": {\\\"lb-1\\\": {$back}}}\"\nexit ${code:-0}\n";
        let fails = format!("case \"$3\" in *apply.yml) {fails}; code={} ;; esac\n", if well { 0 } else { 2 });
        let program = self.path(if well { "well" } else { "badly" });
        fs::write(&program, format!("{head}{returns}{fails}{end}")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program.display().to_string()
    }
}

fn started() -> Desk {
    let desk = Desk::new();
    let words = ["init", "--name", "demo", "--machine", "lb-1=10.0.0.1", "--component", "load_balancer=lb-1"];
    desk.well(0, &words);
    desk
}

#[test]
fn from_nothing_to_a_cluster_that_needs_nothing() {
    let desk = started();
    assert!(desk.well(0, &["validate", "cluster.yml"]).starts_with("cluster.yml:1: lambdastack-cluster default\n"));
    let plan = desk.well(2, &["plan", "-f", "cluster.yml", "--out", "plan.json"]);
    assert!(plan.ends_with("demo: 4 to install\n"), "{plan}");
    let ansible = desk.ansible(true);
    desk.badly(2, &["apply", "-f", "cluster.yml", "--ansible", &ansible], &["nobody agreed", "--agreed PLAN"]);
    desk.well(0, &["apply", "-f", "cluster.yml", "--agreed", "plan.json", "--ansible", &ansible]);
    assert_eq!(desk.well(0, &["plan", "-f", "cluster.yml"]), "demo: nothing to do\n");
    assert!(desk.well(0, &["state"]).contains("\nhaproxy 0.1.0: applied on lb-1\n"));
    assert!(!desk.path("lambdastack.state.json.run").exists());
    assert_eq!(desk.well(0, &["audit", "-f", "cluster.yml", "--ansible", &ansible]), "demo: everything is as it was applied\n");
}

#[test]
fn what_failed_is_kept_and_an_old_agreement_is_worth_nothing() {
    let desk = started();
    desk.well(2, &["plan", "-f", "cluster.yml", "--out", "plan.json"]);
    let (well, badly) = (desk.ansible(true), desk.ansible(false));
    let words = ["apply", "-f", "cluster.yml", "--agreed", "plan.json", "--ansible", &badly];
    desk.badly(1, &words, &["`common` was not applied", "lb-1: works: no room", "not begun: firewall, haproxy", "lies in"]);
    assert!(desk.path("lambdastack.state.json.run/common/inventory.json").is_file());
    desk.badly(1, &words, &["plan.json is not what would be done now"]);
    desk.well(0, &["apply", "-f", "cluster.yml", "--yes", "--ansible", &well]);
    assert!(
        desk.well(2, &["audit", "-f", "cluster.yml", "--ansible", &badly, "--out", "seen.json"])
            .contains("! lb-1: haproxy: it is not as")
    );
    assert!(desk.well(2, &["plan", "-f", "cluster.yml", "--observed", "seen.json"]).ends_with("demo: 4 to repair\n"));
    desk.badly(1, &["plan", "-f", "cluster.yml", "--agreed", "plan.json"], &["is not what would be done now"]);
}

#[test]
fn a_repository_is_for_all_machines_and_can_be_torn_down() {
    let desk = started();
    let mut text = fs::read_to_string(desk.path("cluster.yml")).unwrap();
    text = text.replacen("  components:\n", "  components:\n    repository: {machines: [lb-1]}\n", 1);
    text += "---\nkind: configuration/repository\nspecification: {bundle: /media/bundle.tar.zst, trust_on_first_use: true}\n";
    fs::write(desk.path("cluster.yml"), text).unwrap();
    let (well, badly) = (desk.ansible(true), desk.ansible(false));
    desk.badly(1, &["teardown", "-f", "cluster.yml", "--yes"], &["nothing was applied yet"]);
    desk.badly(1, &["apply", "-f", "cluster.yml", "--yes", "--ansible", &badly], &["`repository` was not applied"]);
    let inventory = fs::read_to_string(desk.path("lambdastack.state.json.run/repository/inventory.json")).unwrap();
    assert!(inventory.contains("\"all_machines\""), "{inventory}");
    let shown = "- repository on lb-1: is torn down\ndemo: 1 to tear down\n";
    assert_eq!(desk.well(0, &["teardown", "-f", "cluster.yml", "--dry-run"]), shown);
    desk.badly(2, &["teardown", "-f", "cluster.yml", "--ansible", &well], &["nobody agreed", "--yes"]);
    assert_eq!(desk.well(0, &["teardown", "-f", "cluster.yml", "--yes", "--ansible", &well]), shown);
    let left = desk.well(0, &["teardown", "-f", "cluster.yml", "--yes", "--ansible", &well]);
    assert_eq!(left, "demo: nothing to tear down\n");
    desk.well(0, &["apply", "-f", "cluster.yml", "--yes", "--ansible", &well]);
    desk.badly(1, &["teardown", "-f", "cluster.yml", "common"], &["`common` has no method `teardown`"]);
    desk.well(0, &["teardown", "-f", "cluster.yml", "--yes", "--ansible", &well, "repository"]);
    assert!(desk.well(2, &["plan", "-f", "cluster.yml"]).contains("+ repository on lb-1: is installed"));
}

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    let desk = started();
    desk.well(0, &["apply", "-f", "cluster.yml", "--dry-run", "--render", "out"]);
    assert!(!desk.path("lambdastack.state.json").exists() && !desk.path("lambdastack.state.json.lock").exists());
    let variables: Json = serde_json::from_slice(&fs::read(desk.path("out/haproxy/variables.json")).unwrap()).unwrap();
    assert_eq!(variables["lambdastack_config"]["stats_port"], 8404);
}

#[test]
fn exit_codes_are_what_the_help_says() {
    let desk = started();
    desk.badly(2, &["nothing"], &["unrecognized subcommand"]);
    desk.badly(1, &["plan"], &["--file"]);
    desk.badly(1, &["plan", "-f", "absent.yml"], &["absent.yml"]);
    desk.badly(2, &["validate", "absent.yml"], &["absent.yml"]);
    desk.badly(1, &["init"], &["cluster.yml is there already", "--force"]);
    fs::write(desk.path("broken.yml"), "kind: nothing\n").unwrap();
    desk.badly(1, &["validate", "broken.yml"], &["error: broken.yml:1:7: unknown kind `nothing`"]);
    desk.badly(1, &["template", "configuration/haprxy"], &["did you mean `configuration/haproxy`?"]);
    assert_eq!(desk.well(0, &["--version"]), concat!("lambdastack ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn data_is_printed_in_the_form_asked_for() {
    let desk = started();
    let plan: Json = serde_json::from_str(&desk.well(2, &["plan", "-f", "cluster.yml", "-o", "json"])).unwrap();
    assert_eq!(plan["plan"]["actions"][0]["module"], "common");
    let lines: Json = serde_json::from_str(&desk.well(0, &["validate", "cluster.yml", "-o", "json"])).unwrap();
    assert_eq!(lines[0]["kind"], "lambdastack-cluster");
    assert!(desk.well(0, &["module", "list", "-o", "yaml"]).starts_with("- name: alertmanager\n"));
    assert!(desk.well(0, &["completions", "bash"]).contains("lambdastack"));
}

#[test]
fn modules_of_ones_own_are_checked_and_used() {
    let desk = Desk::new();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules");
    let copied = Command::new("cp").arg("-r").arg(&ours).arg(desk.path("own")).status().unwrap();
    assert!(copied.success());
    desk.well(0, &["module", "check", "own/haproxy", "own/prometheus"]);
    fs::remove_file(desk.path("own/haproxy/playbooks/test.yml")).unwrap();
    desk.badly(1, &["module", "check", "own/haproxy"], &["own/haproxy/module.yml:", "the method `test` is claimed"]);
    let manifest = fs::read_to_string(desk.path("own/common/module.yml")).unwrap();
    fs::write(desk.path("own/common/module.yml"), manifest.replace("summary: ", "summary: Our own ")).unwrap();
    assert!(desk.well(0, &["--modules", "own", "module", "list"]).contains("common                   0.1.0    Our own"));
    desk.badly(1, &["--modules", ".", "module", "list"], &["there is no module in it"]);
}

/// A cluster on which the module `keep` was applied, and what stands for Ansible: it keeps `data` as its backup.
fn keeper(desk: &Desk) -> (Vec<&'static str>, String) {
    let module = "kind: lambdastack-module\nname: keep\nversion: 0.1.0\nsummary: Keeps\n\
        methods: [metadata, init, plan, apply, audit, backup, restore, test]\n";
    fs::create_dir_all(desk.path("mine/keep")).unwrap();
    fs::write(desk.path("mine/keep/module.yml"), module).unwrap();
    let documents = "kind: lambdastack-cluster\nspecification: {name: demo, components: {keep: {machines: [a]}}}\n---\n\
        kind: infrastructure/machine\nname: a\nspecification: {ip: 10.0.0.1}\n";
    fs::write(desk.path("cluster.yml"), documents).unwrap();
    let script = r#"#!/bin/sh
set -e
archive=$(sed -n 's/.*"lambdastack_archive": "\(.*\)",*/\1/p' variables.json)
desk=$(dirname "$0")
case "$3" in
  *backup.yml) cp "$desk/data" "$archive/data" ;;
  *restore.yml) cp "$archive/data" "$desk/data" ;;
  *test.yml) [ -e "$desk/data" ] || { echo '{"event": "failed", "machine": "a", "task": "looks", "message": "no data"}'; code=2; } ;;
esac
echo '{"event": "end", "returned": {"a": {"lambdastack_returns": {}}}}'
exit ${code:-0}
"#;
    let program = desk.path("stand-in");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (vec!["--modules", "mine"], program.display().to_string())
}

#[test]
fn what_was_saved_comes_back_and_nothing_is_touched_without_a_yes() {
    let desk = Desk::new();
    let (modules, ansible) = keeper(&desk);
    let words = |more: &[&'static str]| [&modules[..], more].concat();
    let with = |more: &[&'static str]| -> Vec<String> {
        words(more).into_iter().map(str::to_owned).chain(["--ansible".to_owned(), ansible.clone()]).collect()
    };
    let run = |code: i32, more: &[&'static str]| desk.well(code, &with(more).iter().map(String::as_str).collect::<Vec<_>>());
    let bad = |code: i32, more: &[&'static str], parts: &[&str]| {
        desk.badly(code, &with(more).iter().map(String::as_str).collect::<Vec<_>>(), parts);
    };
    bad(1, &["backup", "-t", "saved"], &["nothing was applied yet"]);
    run(0, &["apply", "-f", "cluster.yml", "--yes"]);
    bad(1, &["test", "-f", "cluster.yml"], &["not everything works", "a: looks: no data"]);
    fs::write(desk.path("data"), "tea").unwrap();
    assert_eq!(run(0, &["test", "-f", "cluster.yml"]), "keep: works\n");
    let path = run(0, &["backup", "-b", ".", "-t", "saved"]);
    assert!(path.starts_with("saved/demo_20") && path.ends_with(".tar.zst\n"), "{path}");
    fs::rename(desk.path(path.trim()), desk.path("archive")).unwrap();
    fs::write(desk.path("data"), "spoilt").unwrap();
    bad(2, &["restore", "-t", "archive"], &["nobody agreed", "--yes"]);
    bad(1, &["restore", "-t", "archive", "--yes", "kepp"], &["unknown module that was saved `kepp`", "keep"]);
    assert_eq!(fs::read(desk.path("data")).unwrap(), b"spoilt");
    run(0, &["restore", "-t", "archive", "--yes"]);
    assert_eq!(fs::read(desk.path("data")).unwrap(), b"tea");
    assert!(!desk.path("lambdastack.state.json.run").exists());
    let bytes = fs::read(desk.path("archive")).unwrap();
    fs::write(desk.path("archive"), &bytes[..bytes.len() - 9]).unwrap();
    bad(1, &["restore", "-t", "archive", "--yes"], &["it is damaged, or no backup"]);
}

#[test]
fn what_came_of_a_run_is_one_value_for_programs() {
    let desk = started();
    let (well, badly) = (desk.ansible(true), desk.ansible(false));
    let json = |code: i32, words: &[&str]| -> Json { serde_json::from_str(&desk.well(code, words)).unwrap() };
    let planned = json(0, &["apply", "-f", "cluster.yml", "--dry-run", "-o", "json"]);
    assert_eq!(planned["plan"]["actions"][0]["module"], "common");
    let failed = json(1, &["apply", "-f", "cluster.yml", "--yes", "--ansible", &badly, "-o", "json"]);
    assert_eq!((&failed["well"], &failed["method"]), (&false.into(), &"apply".into()));
    assert_eq!(failed["modules"][0]["failures"][0]["message"], "no room");
    assert_eq!((&failed["modules"][0]["status"], &failed["modules"][1]["status"]), (&"failed".into(), &"waiting".into()));
    let done = json(0, &["apply", "-f", "cluster.yml", "--yes", "--ansible", &well, "-o", "json"]);
    let modules: Vec<&Json> = done["modules"].as_array().unwrap().iter().map(|line| &line["module"]).collect();
    assert_eq!(modules, ["common", "firewall", "haproxy", "node-exporter"]);
    assert_eq!((&done["well"], &done["cluster"]), (&true.into(), &"demo".into()));
    let tested = json(0, &["test", "-f", "cluster.yml", "--ansible", &well, "-o", "json"]);
    assert_eq!((&tested["method"], &tested["serial"]), (&"test".into(), &done["serial"]));
}
