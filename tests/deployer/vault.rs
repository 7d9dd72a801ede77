//! Secrets in a vault, with the real `ansible-vault` and `ansible-playbook`: they come out where a playbook asks for them, and lie
//! nowhere else.

use super::Desk;
use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

/// Searched for byte by byte in everything that is left behind.
const SECRET: &str = "gEh3im {{ 7*7 }} it's";
const OTHER: &str = "0042-aus-der-Datei";

/// A test ends where this says no: without Ansible there is nothing to try it with.
fn has_ansible() -> bool {
    let is_there = |name: &&str| Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    match ["ansible-vault", "ansible-playbook"].iter().find(|name| !is_there(name)) {
        None => true,
        Some(name) => {
            let _ = writeln!(std::io::stderr(), "skipped: {name} is not installed here");
            false
        }
    }
}

/// A vault with the secret `db`, and a password that lies in a file.
fn vault() -> Desk {
    let desk = Desk::new();
    fs::write(desk.path("password"), "tea time\n").unwrap();
    desk.well(0, &["vault", "init", "--vault-password-file", "password"]);
    set(&desk, "db", SECRET);
    desk
}

fn set(desk: &Desk, name: &str, secret: &str) {
    desk.well_with(secret, 0, &["vault", "set", name, "--vault-password-file", "password"]);
}

/// A module that writes its secrets into `got`, and then looks for them in the list of processes and in their environments.
fn keeper(desk: &Desk) -> [&'static str; 4] {
    let module = "kind: lambdastack-module\nname: keep\nversion: 0.1.0\nsummary: Keeps\n\
        methods: [metadata, init, plan, apply, audit]\nconfiguration:\n  one: secret\n  other: secret\n  at: path\n";
    let apply = r#"
- hosts: keep
  connection: local
  gather_facts: false
  tasks:
    - name: Secrets are where they should be
      ansible.builtin.assert: {that: "lookup('lambdastack_secret', item) | length > 0", quiet: true}
      loop: ["{{ lambdastack_config.one }}", "{{ lambdastack_config.other }}"]
    - name: They are written
      ansible.builtin.copy:
        content: "{{ lookup('lambdastack_secret', lambdastack_config.one) }}|{{ lookup('lambdastack_secret', lambdastack_config.other) }}"
        dest: "{{ lambdastack_config.at }}"
        mode: "0600"
      no_log: true
    - name: Who else has them
      ansible.builtin.shell: "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c -e 'gEh[3]im' -e 'aus-der-[D]atei' -e 'tea [t]ime' || true"
      register: others
      changed_when: false
      failed_when: others.stdout != '0'
    - ansible.builtin.set_stats:
        per_host: true
        data: {lambdastack_returns: {}}
"#;
    let audit = "- hosts: keep\n  connection: local\n  gather_facts: false\n  tasks:\n    - ansible.builtin.set_stats:\n        \
        per_host: true\n        data: {lambdastack_audit: {in_order: true, differences: []}}\n";
    fs::create_dir_all(desk.path("mine/keep/playbooks")).unwrap();
    fs::write(desk.path("mine/keep/module.yml"), module).unwrap();
    fs::write(desk.path("mine/keep/playbooks/apply.yml"), apply).unwrap();
    fs::write(desk.path("mine/keep/playbooks/audit.yml"), audit).unwrap();
    let at = |name: &str| desk.path(name).display().to_string();
    let documents = format!(
        "kind: lambdastack-cluster\nspecification: {{name: demo, components: {{keep: {{machines: [a]}}}}}}\n---\n\
         kind: infrastructure/machine\nname: a\nspecification: {{ip: 127.0.0.1}}\n---\n\
         kind: configuration/keep\nspecification: {{one: 'vault:db', other: 'file:{}', at: {}}}\n",
        at("other"),
        at("got")
    );
    fs::write(desk.path("cluster.yml"), documents).unwrap();
    ["--modules", "mine", "--vault-password-file", "password"]
}

#[test]
fn a_vault_is_filled_looked_at_and_given_another_password() {
    if !has_ansible() {
        return;
    }
    let desk = vault();
    let words = |more: &[&'static str]| [more, &["--vault-password-file", "password"]].concat();
    desk.well(0, &words(&["vault", "generate", "cookie", "--length", "40"]));
    desk.badly(1, &words(&["vault", "generate", "cookie"]), &["is in lambdastack.vault.yml already", "--force"]);
    desk.badly(1, &words(&["vault", "set", "no name"]), &["cannot be the name"]);
    desk.badly(1, &words(&["vault", "init"]), &["is there already"]);
    assert_eq!(desk.well(0, &words(&["vault", "list"])), "cookie\ndb\n");
    desk.badly(2, &words(&["vault", "show", "db"]), &["stdout is none"]);
    assert_eq!(desk.well(0, &words(&["vault", "show", "db", "--force"])), format!("{SECRET}\n"));
    assert_eq!(desk.well(0, &words(&["vault", "show", "cookie", "--force"])).trim().len(), 40);
    // Ansible's own program reads what we write, and the other way round
    let view = |password: &str| {
        let words = ["view", "--vault-password-file", password, "lambdastack.vault.yml"];
        Command::new("ansible-vault").args(words).current_dir(desk.path("")).output().unwrap()
    };
    assert!(String::from_utf8(view("password").stdout).unwrap().contains("\ndb: \"gEh3im {{ 7*7 }} it's\"\n"));
    fs::write(desk.path("new"), "coffee\n").unwrap();
    desk.well(0, &words(&["vault", "rekey", "--new-vault-password-file", "new"]));
    desk.badly(1, &words(&["vault", "list"]), &["lambdastack.vault.yml: the password is not the one of this vault"]);
    assert!(!view("password").status.success() && view("new").status.success());
    fs::rename(desk.path("new"), desk.path("password")).unwrap();
    desk.badly(1, &words(&["vault", "rm", "bd"]), &["unknown secret `bd`", "did you mean `db`?"]);
    desk.well(0, &words(&["vault", "rm", "db"]));
    assert_eq!(desk.well(0, &words(&["vault", "list", "-o", "json"])), "[\n  \"cookie\"\n]\n");
    desk.badly(2, &["vault", "list"], &["nobody can be asked for its password"]);
}

#[test]
fn what_ansible_did_not_encrypt_or_a_hand_wrote_is_refused_without_showing_it() {
    if !has_ansible() {
        return;
    }
    let desk = vault();
    let encrypt = |text: &str| {
        fs::write(desk.path("lambdastack.vault.yml"), text).unwrap();
        let words = ["encrypt", "--vault-password-file", "password", "lambdastack.vault.yml"];
        let done = Command::new("ansible-vault").args(words).current_dir(desk.path("")).output().unwrap();
        assert!(done.status.success());
    };
    for (text, said) in
        [("db: 4711\n", "`db` is a number, not text"), ("- 4711\n", "it is a list"), ("db: [4711\n", "it is not YAML")]
    {
        encrypt(text);
        let done = desk.run(&["vault", "list", "--vault-password-file", "password"]);
        let told = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{told}");
        assert!(told.contains(said) && !told.contains("4711"), "{told}");
    }
    fs::write(desk.path("lambdastack.vault.yml"), "db: 4711\n").unwrap();
    desk.badly(2, &["vault", "list", "--vault-password-file", "password"], &["ansible-vault did not do it", "not vault encrypted"]);
}

#[test]
fn a_playbook_gets_its_secrets_and_they_lie_nowhere_else() {
    if !has_ansible() {
        return;
    }
    let desk = vault();
    let words = keeper(&desk);
    let with = |more: &[&'static str]| [&words[..], more].concat();
    desk.well(2, &with(&["plan", "-f", "cluster.yml", "--out", "plan.json"]));
    // without a password nobody looks into the vault, and nothing is begun
    desk.well(2, &["--modules", "mine", "plan", "-f", "cluster.yml"]);
    desk.badly(2, &["--modules", "mine", "apply", "-f", "cluster.yml", "--yes"], &["nobody can be asked for its password"]);
    assert!(!desk.path("lambdastack.state.json").exists());
    // a secret that is not there stops it, and says which
    desk.badly(1, &with(&["apply", "-f", "cluster.yml", "--yes"]), &["the secret in `", "other` cannot be read: No such file"]);
    assert!(desk.path("lambdastack.state.json.run/keep/variables.json").is_file());
    nowhere(&desk);
    fs::write(desk.path("other"), format!("{OTHER}\n")).unwrap();
    desk.well(0, &with(&["apply", "-f", "cluster.yml", "--yes"]));
    assert_eq!(fs::read_to_string(desk.path("got")).unwrap(), format!("{SECRET}|{OTHER}"));
    desk.well(0, &with(&["audit", "-f", "cluster.yml", "--out", "seen.json"]));
    nowhere(&desk);
    // what is not in the vault is told before anything is done
    desk.well(0, &with(&["vault", "rm", "db"]));
    let missing = ["configuration/keep: /one: `vault:db` is not in lambdastack.vault.yml", "vault set db"];
    desk.badly(1, &with(&["validate", "cluster.yml"]), &missing);
    desk.badly(1, &with(&["plan", "-f", "cluster.yml"]), &missing);
    fs::remove_file(desk.path("lambdastack.state.json")).unwrap();
    desk.badly(1, &with(&["apply", "-f", "cluster.yml", "--yes"]), &missing);
    assert!(!desk.path("lambdastack.state.json").exists());
}

/// No file but those that are meant to have a secret has one.
fn nowhere(desk: &Desk) {
    let mut open = vec![desk.path("")];
    let mut files = 0;
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            let known = |name: &str| path == desk.path(name);
            if path.is_dir() {
                open.push(path);
            } else if !known("got") && !known("other") && !known("password") {
                has_none(&path);
                files += 1;
            }
        }
    }
    assert!(files > 5);
}

fn has_none(path: &Path) {
    let bytes = fs::read(path).unwrap();
    for secret in ["gEh3im", OTHER, "tea time"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}: there it is", path.display());
    }
}
