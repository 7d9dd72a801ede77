//! Broken documents, modules and artifacts, and what is said of each.

use crate::{
    module::{self, Catalogue, Files, artifact::tests as artifacts},
    source::Source,
    stack,
};
use std::fmt::Write as _;

const MACHINE: &str = "---\nkind: infrastructure/machine\nname: lb-1\nspecification: {ip: 10.0.0.1}\n";
const MAPPING: &str = "---\nkind: configuration/feature-mapping\nspecification:\n  roles_mapping: {front: [common, haproxy]}\n";

/// What is wrong, and the documents. `MACHINE` and `MAPPING` are added where `+` and `*` end the first.
const DOCUMENTS: &[(&str, &str)] = &[
    ("no YAML", "kind: lambdastack-cluster\nspecification: {components: [\n"),
    ("a key twice", "kind: lambdastack-cluster\nkind: lambdastack-cluster\n"),
    ("a tab for an indent", "kind: lambdastack-cluster\nspecification:\n\tname: demo\n"),
    ("no map", "- kind: lambdastack-cluster\n"),
    ("no kind", "name: demo\nspecification: {}\n"),
    ("a kind misspelt", "kind: lambdastack-clutser\nspecification: {}\n"),
    ("a kind that is a number", "kind: 5\n"),
    ("a module that is not there", "kind: configuration/haprox\nspecification: {}\n"),
    ("an unknown key of the header", "kind: lambdastack-cluster\nspecfication: {}\n"),
    ("another provider", "kind: lambdastack-cluster\nprovider: azure\nspecification: {}\n"),
    ("a version that is a number", "kind: lambdastack-cluster\nversion: 0.1\n"),
    ("a version that is none", "kind: lambdastack-cluster\nversion: '0.1'\n"),
    ("a document for a later program", "kind: lambdastack-cluster\nversion: 1.3.4\n"),
    ("a machine without a name", "kind: infrastructure/machine\nspecification: {ip: 10.0.0.1}\n"),
    ("a name with capitals", "kind: infrastructure/machine\nname: LB\nspecification: {ip: 10.0.0.1}\n"),
    ("a machine without an address", "kind: infrastructure/machine\nname: a\nspecification: {}\n"),
    ("a machine without anything", "kind: infrastructure/machine\nname: a\n"),
    ("an address that is none", "kind: infrastructure/machine\nname: a\nspecification: {ip: 10.0.0.300}\n"),
    ("an address with a path", "kind: infrastructure/machine\nname: a\nspecification: {ip: 'host/x'}\n"),
    ("a port that is none", "kind: infrastructure/machine\nname: a\nspecification: {ip: a.example, port: 0}\n"),
    ("a port in quotes", "kind: infrastructure/machine\nname: a\nspecification: {ip: a.example, port: '22'}\n"),
    ("nothing behind a key", "kind: infrastructure/machine\nname: a\nspecification:\n  ip: a.example\n  port:\n"),
    (
        "a name twice",
        "kind: infrastructure/machine\nname: a\nspecification: {ip: 10.0.0.1}\n---\nkind: infrastructure/machine\nname: a\nspecification: {ip: 10.0.0.2}\n",
    ),
    ("a configuration with a name", "kind: configuration/haproxy\nname: big\nspecification: {}\n"),
    ("an unknown key of a configuration", "kind: configuration/haproxy\nspecification: {stat_port: 1}\n"),
    ("a number out of range", "kind: configuration/haproxy\nspecification: {maximum_connections: 0}\n"),
    (
        "a word that is not one of those",
        "kind: configuration/haproxy\nspecification:\n  frontends:\n    - {name: web, port: 80, mode: htp, servers: []}\n",
    ),
    ("part of a list's item missing", "kind: configuration/haproxy\nspecification:\n  frontends:\n    - {name: web, port: 80}\n"),
    ("a list that is text", "kind: configuration/common\nspecification: {packages: curl}\n"),
    ("text that is a number", "kind: configuration/common\nspecification: {timezone: 2}\n"),
    ("what Ansible would work out", "kind: configuration/common\nspecification: {timezone: \"{{ lookup('pipe', 'id') }}\"}\n"),
    ("a path that leads out", "kind: configuration/shared-config\nspecification: {download_directory: /srv/../etc}\n"),
    ("two clusters", "kind: lambdastack-cluster\nname: a\n---\nkind: lambdastack-cluster\nname: b\n"),
    ("a component that nobody knows", "kind: lambdastack-cluster\nspecification:\n  components:\n    frnt: {machines: [lb-1]}\n+*"),
    ("a machine that is not there", "kind: lambdastack-cluster\nspecification:\n  components:\n    front: {machines: [lb-2]}\n+*"),
    ("no machines at all", "kind: lambdastack-cluster\nspecification:\n  components:\n    front: {machines: [x]}\n*"),
    ("a machine twice", "kind: lambdastack-cluster\nspecification:\n  components:\n    front: {machines: [lb-1, lb-1]}\n+*"),
    (
        "a count that does not agree",
        "kind: lambdastack-cluster\nspecification:\n  components:\n    front: {count: 2, machines: [lb-1]}\n+*",
    ),
    ("a count without machines", "kind: lambdastack-cluster\nspecification:\n  components:\n    front: {count: 1}\n+*"),
    ("a negative count", "kind: lambdastack-cluster\nspecification:\n  components:\n    front: {count: -1, machines: [lb-1]}\n+*"),
    (
        "two machines at one address",
        "kind: lambdastack-cluster\nspecification: {components: {front: {machines: [lb-1]}}}\n+---\nkind: infrastructure/machine\nname: lb-2\nspecification: {ip: 10.0.0.1}\n*",
    ),
    (
        "a component whose modules are not all there",
        "kind: lambdastack-cluster\nspecification:\n  components:\n    load_balancer: {machines: [lb-1]}\n+",
    ),
    (
        "a module that a component takes and nobody has",
        "kind: lambdastack-cluster\nspecification: {components: {front: {machines: [lb-1]}}}\n---\nkind: configuration/feature-mapping\nspecification:\n  roles_mapping:\n    front: [comon]\n+",
    ),
    (
        "what a module requires is not wanted",
        "kind: lambdastack-cluster\nspecification: {components: {haproxy: {machines: [lb-1]}}}\n+",
    ),
    (
        "a component of one that nobody can reach",
        "kind: lambdastack-cluster\nspecification: {admin_user: {name: ops, key_path: id_rsa}}\n",
    ),
    ("what belongs to a cloud", "kind: lambdastack-cluster\nspecification: {region: West Europe}\n"),
];

const MODULE: &str = "kind: lambdastack-module
name: web
version: 0.1.0
summary: A web server
labels: {kind: web-server}
requires: {strong: [[{key: name, operator: eq, values: [common]}]]}
methods: [metadata, init, plan, apply, audit]
roles: [web, service]
configuration:
  port: {type: port, default: 80}
  tls: {type: boolean, default: false}
returns:
  port: port
health:
  - {name: page, port: port, tls: tls, http: /}
  - {name: admin, port: 8081, send: status, receive: up}
";

const APPLY: &str = "- hosts: web
  roles: [web, service]
  post_tasks:
    - ansible.builtin.set_stats:
        per_host: true
        data: {lambdastack_returns: {port: '{{ lambdastack_config.port }}'}}
";

const AUDIT: &str = "- hosts: web
  tasks:
    - ansible.builtin.set_stats:
        per_host: true
        data: {lambdastack_audit: {in_order: true, differences: []}}
";

const TASKS: &str = "- name: It is installed
  ansible.builtin.apt: {name: nginx}
- name: It is configured
  ansible.builtin.template: {src: web.conf.j2, dest: /etc/web.conf}
  notify: Reload
";

/// The files of a module that does not lie.
const FILES: [(&str, &str); 6] = [
    ("module.yml", MODULE),
    ("playbooks/apply.yml", APPLY),
    ("playbooks/audit.yml", AUDIT),
    ("roles/web/tasks/main.yml", TASKS),
    ("roles/web/handlers/main.yml", "- name: Reload\n  ansible.builtin.service: {name: nginx, state: reloaded}\n"),
    ("roles/web/templates/web.conf.j2", "listen {{ lambdastack_config.port }};\n"),
];

/// What is wrong, a file, and what is written there in the place of what; without a place, the file is not there, or new.
const MODULES: &[(&str, &str, &str, &str)] = &[
    ("nothing that says what it is", "module.yml", "", ""),
    ("another kind", "module.yml", "lambdastack-module", "module"),
    ("a name that is not the folder's", "module.yml", "name: web\n", "name: www\n"),
    ("a name that is none", "module.yml", "name: web\n", "name: Web\n"),
    ("no version", "module.yml", "version: 0.1.0\n", ""),
    ("no summary", "module.yml", "summary: A web server\n", ""),
    ("an unknown key", "module.yml", "roles:", "rolls:"),
    ("a label that is its own", "module.yml", "{kind: web-server}", "{name: web}"),
    ("a label that is a number", "module.yml", "{kind: web-server}", "{provides-web: 1.10}"),
    ("an operator that nobody knows", "module.yml", "operator: eq", "operator: is"),
    ("a rule without values", "module.yml", "operator: eq, values: [common]", "operator: eq"),
    ("a rule that is no list", "module.yml", "[[{key: name, operator: eq, values: [common]}]]", "[{key: name}]"),
    ("labels that nobody has", "module.yml", "values: [common]", "values: [databse]"),
    ("a rule that it fulfils itself", "module.yml", "values: [common]", "values: [web]"),
    ("a system that nobody knows", "module.yml", "roles:", "supported_os: [Debian]\nroles:"),
    ("a scope that nobody knows", "module.yml", "roles:", "scope: clustr\nroles:"),
    ("a method that nobody knows", "module.yml", "audit]", "audit, aply]"),
    ("a required method is not claimed", "module.yml", ", audit]", "]"),
    ("a claimed method without a playbook", "module.yml", "audit]", "audit, backup]"),
    ("a playbook that is not claimed", "playbooks/test.yml", "", "- hosts: web\n  tasks:\n    - ansible.builtin.ping: {}\n"),
    (
        "an upgrade that does not say what it would install",
        "playbooks/upgrade.yml",
        "",
        "- hosts: web\n  tasks:\n    - ansible.builtin.ping: {}\n",
    ),
    ("a playbook of no method", "playbooks/aply.yml", "", "- hosts: web\n"),
    ("a required playbook is not there", "playbooks/audit.yml", "", ""),
    ("a playbook that is no YAML", "playbooks/audit.yml", "- hosts: web", "- hosts: [web"),
    ("a playbook that is no list", "playbooks/audit.yml", "- hosts: web\n", "hosts: web\n"),
    ("a play without hosts", "playbooks/audit.yml", "- hosts: web\n  tasks", "- tasks"),
    ("a play on other machines", "playbooks/audit.yml", "hosts: web", "hosts: all"),
    ("a play on all machines", "playbooks/audit.yml", "hosts: web", "hosts: all_machines"),
    ("a play that does nothing", "playbooks/audit.yml", "- hosts: web\n", "- hosts: web\n- hosts: web\n"),
    ("an unknown key of a play", "playbooks/audit.yml", "  tasks", "  becom: true\n  tasks"),
    ("a role that is named and not there", "module.yml", "roles: [web, service]", "roles: [web, service, tls]"),
    ("a role that is used and not named", "module.yml", "roles: [web, service]", "roles: [web]"),
    ("a role that is there and not named", "roles/tls/tasks/main.yml", "", "- ansible.builtin.ping: {}\n"),
    ("a role without tasks", "roles/web/tasks/main.yml", "", ""),
    ("a task that does nothing", "roles/web/tasks/main.yml", "  ansible.builtin.apt: {name: nginx}\n", ""),
    ("a task that does two things", "roles/web/tasks/main.yml", "{name: nginx}\n", "{name: nginx}\n  ansible.builtin.ping: {}\n"),
    ("an action by its short name", "roles/web/tasks/main.yml", "ansible.builtin.apt", "apt"),
    ("an action that is not carried", "roles/web/tasks/main.yml", "ansible.builtin.apt", "community.general.snap"),
    ("an action misspelt", "roles/web/tasks/main.yml", "ansible.builtin.apt", "ansible.builtin.atp"),
    ("a template that is not there", "roles/web/tasks/main.yml", "web.conf.j2", "www.conf.j2"),
    ("a handler that is not there", "roles/web/tasks/main.yml", "notify: Reload", "notify: Relaod"),
    ("a key that the configuration does not have", "roles/web/templates/web.conf.j2", "config.port", "config.prot"),
    ("a variable that nobody gives", "roles/web/templates/web.conf.j2", "lambdastack_config.port", "lambdastack_confg.port"),
    ("a secret as if it were a variable", "roles/web/templates/web.conf.j2", "lambdastack_config.port", "lambdastack_secret"),
    ("a default that does not fit", "module.yml", "default: 80", "default: 80000"),
    ("a type that nobody knows", "module.yml", "{type: port,", "{type: prot,"),
    (
        "a secret that is text",
        "module.yml",
        "  port: {type: port, default: 80}",
        "  port: {type: port, default: 80}\n  admin_password: text",
    ),
    ("an apply that hands nothing back", "playbooks/apply.yml", "lambdastack_returns", "lambdastack_audit"),
    ("an apply that hands back too little", "module.yml", "  port: port\n", "  port: port\n  package_version: text\n"),
    (
        "an apply that hands back what nobody described",
        "playbooks/apply.yml",
        "{lambdastack_returns: {",
        "{lambdastack_returns: {pid: 1, ",
    ),
    ("an audit that does not say what differs", "playbooks/audit.yml", ", differences: []", ""),
    (
        "health that is no list",
        "module.yml",
        "health:\n  - {name: page, port: port, tls: tls, http: /}\n  - {name: admin, port: 8081, send: status, receive: up}\n",
        "health: {name: page, port: port}\n",
    ),
    ("an unknown key of a check", "module.yml", "http: /}", "htpp: /}"),
    ("a check without a name", "module.yml", "{name: admin, ", "{"),
    ("a check whose name is none", "module.yml", "name: admin", "name: Admin page"),
    ("a check twice", "module.yml", "name: admin", "name: page"),
    ("a check without a port", "module.yml", ", port: 8081", ""),
    ("a check at a port that is none", "module.yml", "port: 8081", "port: 80810"),
    ("a check at a port in a list", "module.yml", "port: 8081", "port: [8081]"),
    ("a check at a field that the configuration does not have", "module.yml", "port: port,", "port: prot,"),
    ("a check at a field that is no port", "module.yml", "port: port,", "port: tls,"),
    ("a check with TLS by a field that is a port", "module.yml", "tls: tls", "tls: port"),
    ("a check that is switched by a number", "module.yml", "tls: tls", "when: 1"),
    ("a page that is none", "module.yml", "http: /}", "http: status}"),
    ("a page with a blank", "module.yml", "http: /}", "http: \"/a b\"}"),
    ("a page that Ansible would work out", "module.yml", "http: /}", "http: \"/{{x}}\"}"),
    ("a status code that is none", "module.yml", "http: /}", "http: /, expect: 20}"),
    ("a status code that is text", "module.yml", "http: /}", "http: /, expect: [200, ok]}"),
    ("no status code at all", "module.yml", "http: /}", "http: /, expect: []}"),
    ("a status code without a page", "module.yml", "receive: up", "receive: up, expect: 200"),
    ("a page and something that is sent", "module.yml", "receive: up", "http: /"),
    ("something that is sent and not answered", "module.yml", ", receive: up", ""),
    ("something empty that is expected", "module.yml", "receive: up", "receive: \"\""),
    ("something that is sent and cannot be read", "module.yml", "send: status", "send: \"\\0\""),
    ("something that playbooks cannot be told", "module.yml", "roles:", "gets: [tragets]\nroles:"),
    ("targets that nobody asked for", "roles/web/templates/web.conf.j2", "lambdastack_config.port", "lambdastack_targets"),
    ("what is handed back for all machines at once", "playbooks/audit.yml", "        per_host: true\n", ""),
];

fn files(change: Option<(&str, &str, &str)>) -> Files {
    let mut files = Files(FILES.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect());
    if let Some((path, from, to)) = change {
        match (FILES.iter().find(|(one, _)| *one == path), from) {
            (Some(_), "") => drop(files.0.remove(path)),
            (None, _) => drop(files.0.insert(path.to_owned(), to.into())),
            (Some((_, text)), from) => {
                assert!(text.contains(from), "{from:?} is not in {path}");
                files.0.insert(path.to_owned(), text.replacen(from, to, 1).into());
            }
        }
    }
    files
}

fn lies(change: Option<(&str, &str, &str)>) -> String {
    let misfits = module::check("web", "modules", &files(change), &Catalogue::embedded().unwrap());
    misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_broken_document_and_each_lie_of_a_module_gets_one_clear_message() {
    let modules = Catalogue::embedded().unwrap();
    let mut table = String::from(
        "# Broken documents, modules and artifacts\n\nWhat `lambdastack` says of each: file, line and column, what is wrong, where in the document (a JSON pointer), \
         the line itself,\nand what to do about it. This file is made by a test.\n\n# Documents\n",
    );
    for (number, (what, text)) in DOCUMENTS.iter().enumerate() {
        let text = text.replace('+', MACHINE).replace('*', MAPPING);
        let reading = stack::read(&[Source::new("cluster.yml", text.clone())], &modules);
        assert!(!reading.misfits.is_empty(), "{what}\n{text}");
        assert!(reading.misfits.iter().all(|misfit| misfit.line > 0), "{what}: {:?}", reading.misfits);
        let said: Vec<String> = reading.misfits.iter().map(ToString::to_string).collect();
        let _ = write!(table, "\n## {}. {what}\n\n```yaml\n{text}```\n\n```\n{}\n```\n", number + 1, said.join("\n"));
    }
    assert_eq!(lies(None), "", "the module from which lies are made is honest");
    table += "\n# Modules\n\nThe module is right but for what is shown.\n";
    for (number, (what, path, from, to)) in MODULES.iter().enumerate() {
        let said = lies(Some((path, from, to)));
        assert!(said.contains("modules/web"), "{what}: {said}");
        let change = match (FILES.iter().any(|(one, _)| one == path), *from) {
            (true, "") => format!("`{path}` is not there"),
            (false, _) => format!("`{path}` is there too:\n\n```yaml\n{to}```"),
            (true, from) => format!("`{path}`\n\n```diff\n{}```", diff(from, to)),
        };
        let _ = write!(table, "\n## {}. {what}\n\n{change}\n\n```\n{said}\n```\n", number + 1);
    }
    table += "\n# Artifacts\n\nWhat is taken for a module or for several, as `--modules shop.tar`.\n";
    for (number, (what, bytes)) in artifacts::broken().iter().enumerate() {
        let said = artifacts::said(bytes);
        assert!(!said.is_empty(), "{what}");
        let _ = write!(table, "\n## {}. {what}\n\n```\n{said}\n```\n", number + 1);
    }
    assert!(DOCUMENTS.len() + MODULES.len() >= 40);
    expect_test::expect_file!["../../../tests/broken-deployments.md"].assert_eq(&table);
}

fn diff(from: &str, to: &str) -> String {
    let lines = |sign: char, text: &str| text.lines().map(|line| format!("{sign} {line}\n")).collect::<String>();
    lines('-', from) + &lines('+', to)
}
