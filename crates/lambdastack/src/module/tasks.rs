//! Lists of Ansible's tasks: each does one thing, with what is part of `ansible-core` and so of the bundle.

use crate::{
    source::{Reader, under, unknown},
    yaml::{Node, Place, Value},
};

/// What else a task may say.
const KEYWORDS: &str = "name any_errors_fatal args async become become_exe become_flags become_method become_user changed_when \
    check_mode collections connection debugger delay delegate_facts delegate_to diff environment failed_when ignore_errors \
    ignore_unreachable listen loop loop_control module_defaults no_log notify poll port register remote_user retries run_once \
    tags throttle timeout until vars when";

/// What `ansible-core` can do, as `ansible.builtin.…`.
const ACTIONS: &str = "add_host apt apt_key apt_repository assemble assert async_status blockinfile command copy cron \
    deb822_repository debconf debug dnf dnf5 dpkg_selections expect fail fetch file find gather_facts get_url getent git group \
    group_by hostname import_role import_tasks include_role include_tasks include_vars iptables known_hosts lineinfile meta \
    mount_facts package package_facts pause ping pip raw reboot replace rpm_key script service service_facts set_fact set_stats \
    setup shell slurp stat subversion systemd systemd_service sysvinit tempfile template unarchive uri user \
    validate_argument_spec wait_for wait_for_connection yum_repository";

const CORE: &str = "ansible.builtin.";

/// What tasks refer to, each with its place.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// roles that are included
    pub roles: Vec<(String, Place)>,
    /// files that are templated
    pub templates: Vec<(String, Place)>,
    /// files that are copied
    pub copies: Vec<(String, Place)>,
    /// tasks of other files
    pub includes: Vec<(String, Place)>,
    /// handlers that are called
    pub notified: Vec<(String, Place)>,
    /// names of tasks, and what they listen to
    pub names: Vec<String>,
    /// what is handed back: the name, its keys, its place
    pub returned: Vec<(String, Vec<String>, Place)>,
}

/// Walks a list of tasks.
pub(crate) fn walk(reader: &mut Reader<'_>, list: &Node, pointer: &str, found: &mut Findings) {
    let Value::List(tasks) = &list.value else {
        return reader.wrong(list.place, pointer, format!("expected a list of tasks, found {}", list.kind()));
    };
    for (index, task) in tasks.iter().enumerate() {
        let pointer = under(pointer, &index.to_string());
        if !matches!(task.value, Value::Map(_)) {
            reader.wrong(task.place, &pointer, format!("expected a task, found {}", task.kind()));
            continue;
        }
        refer(task, found);
        match task.get("block") {
            Some(_) => {
                for key in ["block", "rescue", "always"] {
                    if let Some(list) = task.get(key) {
                        walk(reader, list, &under(&pointer, key), found);
                    }
                }
            }
            None => act(reader, task, &pointer, found),
        }
    }
}

/// Names and calls, which every task may have.
fn refer(task: &Node, found: &mut Findings) {
    found.names.extend(task.get("name").and_then(Node::text).map(str::to_owned));
    let words = |key: &str| {
        let node = task.get(key);
        node.into_iter()
            .chain(node.map(Node::items).unwrap_or_default())
            .filter_map(|node| node.text().map(|text| (text.to_owned(), node.place)))
    };
    found.names.extend(words("listen").map(|(text, _)| text));
    found.notified.extend(words("notify"));
}

fn act(reader: &mut Reader<'_>, task: &Node, pointer: &str, found: &mut Findings) {
    let is_keyword = |key: &str| KEYWORDS.split_whitespace().any(|word| word == key) || key.starts_with("with_");
    let mut actions = task.entries().iter().filter(|(key, _)| !is_keyword(&key.text));
    let Some((action, arguments)) = actions.next() else {
        return reader.wrong(task.place, pointer, "the task does nothing");
    };
    if let Some((second, _)) = actions.next() {
        let said = format!("a task does one thing, and this does both `{}` and `{}`", action.text, second.text);
        return reader.wrong(second.place, pointer, said);
    }
    let known = || ACTIONS.split_whitespace();
    let Some(name) = action.text.strip_prefix(CORE).filter(|name| known().any(|one| one == *name)) else {
        let said = match () {
            () if known().any(|one| one == action.text) => format!("`{0}` is spelt `{CORE}{0}`", action.text),
            () if action.text.contains('.') && !action.text.starts_with(CORE) => {
                format!("`{}` is not part of ansible-core, which is all that a bundle carries\nhint: use `{CORE}…`", action.text)
            }
            () => unknown("action", action.text.strip_prefix(CORE).unwrap_or(&action.text), known()),
        };
        return reader.wrong(action.place, pointer, said);
    };
    // what is computed is only known on the machine
    let fixed = |key: &str| {
        let node = arguments.get(key)?;
        node.text().filter(|text| !text.contains("{{") && !text.starts_with('/')).map(|text| (text.to_owned(), node.place))
    };
    match name {
        "include_role" | "import_role" => found.roles.extend(fixed("name")),
        "template" => found.templates.extend(fixed("src")),
        "copy" | "unarchive" | "script" => found.copies.extend(fixed("src")),
        "include_tasks" | "import_tasks" => {
            let word = arguments.text().filter(|text| !text.contains("{{")).map(|text| (text.to_owned(), arguments.place));
            found.includes.extend(fixed("file").or(word));
        }
        "set_stats" => returned(reader, arguments, pointer, found),
        _ => {}
    }
}

fn returned(reader: &mut Reader<'_>, arguments: &Node, pointer: &str, found: &mut Findings) {
    let data = arguments.get("data").map(Node::entries).unwrap_or_default();
    for (key, value) in data.iter().filter(|(key, _)| key.text.starts_with("lambdastack_")) {
        if arguments.get("per_host").is_none_or(|node| node.value != Value::Boolean(true)) {
            let said = format!("`{}` is returned for all machines at once\nhint: `per_host: true`", key.text);
            reader.wrong(arguments.place, pointer, said);
        }
        let keys = value.entries().iter().map(|(key, _)| key.text.clone()).collect();
        found.returned.push((key.text.clone(), keys, key.place));
    }
}
