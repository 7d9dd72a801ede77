//! A playbook: a list of plays, each on the machines of its own module.

use super::{
    ALL_MACHINES,
    tasks::{self, Findings},
};
use crate::{
    source::{Reader, Source, under},
    yaml::{self, Node, Value},
};
use lsrepo_bom::Misfit;

const PLAY: [&str; 30] = [
    "name",
    "hosts",
    "become",
    "become_user",
    "become_method",
    "become_flags",
    "gather_facts",
    "gather_subset",
    "gather_timeout",
    "vars",
    "vars_files",
    "roles",
    "tasks",
    "pre_tasks",
    "post_tasks",
    "handlers",
    "serial",
    "strategy",
    "order",
    "throttle",
    "any_errors_fatal",
    "max_fail_percentage",
    "ignore_errors",
    "ignore_unreachable",
    "force_handlers",
    "module_defaults",
    "environment",
    "check_mode",
    "tags",
    "no_log",
];

/// Reads a playbook whose plays have to run on one of `groups`, of which the first is the module's own: what it refers to, and what is wrong with it.
pub(crate) fn read(source: &Source, groups: &[&str]) -> (Findings, Vec<Misfit>) {
    let mut found = Findings::default();
    let nodes = match yaml::parse(source) {
        Ok(nodes) => nodes,
        Err(misfit) => return (found, vec![misfit]),
    };
    let mut reader = Reader::new(source);
    if nodes.is_empty() {
        reader.wrong(yaml::Place::default(), "", "the playbook is empty");
    }
    for node in &nodes {
        let Value::List(plays) = &node.value else {
            reader.wrong(node.place, "", format!("a playbook is a list of plays, and this is {}", node.kind()));
            continue;
        };
        for (index, play) in plays.iter().enumerate() {
            read_play(&mut reader, play, &under("", &index.to_string()), groups, &mut found);
        }
    }
    (found, reader.misfits)
}

fn read_play(reader: &mut Reader<'_>, play: &Node, pointer: &str, groups: &[&str], found: &mut Findings) {
    if !reader.map(play, pointer, &PLAY) {
        return;
    }
    if let Some(hosts) = reader.required_text(play, pointer, "hosts").filter(|hosts| !groups.contains(hosts)) {
        let place = play.get("hosts").map_or(play.place, |node| node.place);
        let group = groups.first().unwrap_or(&"");
        let hint = if hosts == ALL_MACHINES { "\nhint: `scope: cluster` in module.yml lets it run on all of them" } else { "" };
        let said = format!("the play runs on `{hosts}`, and the machines of the module are the group `{group}`{hint}");
        reader.wrong(place, &under(pointer, "hosts"), said);
    }
    let mut works = false;
    for key in ["pre_tasks", "tasks", "post_tasks", "handlers"] {
        if let Some(list) = play.get(key) {
            works = true;
            tasks::walk(reader, list, &under(pointer, key), found);
        }
    }
    if let Some(roles) = play.get("roles") {
        works = true;
        for (index, role) in roles.items().iter().enumerate() {
            let name = role.text().map(|text| (text, role.place));
            match name.or_else(|| role.get("role").and_then(|node| node.text().map(|text| (text, node.place)))) {
                Some((name, place)) => found.roles.push((name.to_owned(), place)),
                None => {
                    let pointer = under(&under(pointer, "roles"), &index.to_string());
                    reader.wrong(role.place, &pointer, "expected the name of a role, or `{role: NAME}`");
                }
            }
        }
    }
    if !works {
        reader.wrong(play.place, pointer, "the play has neither roles nor tasks: it does nothing");
    }
}
