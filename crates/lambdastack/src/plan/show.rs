//! A plan for people.

use super::{Action, ActionKind, Change, Plan};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// The plan in lines: `+` is new, `~` changes, `!` was changed by hand, `-` goes.
pub fn show(plan: &Plan) -> String {
    if plan.is_empty() {
        return format!("{}: nothing to do\n", plan.cluster);
    }
    let mut text = String::new();
    let (influenced, own): (Vec<&Action>, Vec<&Action>) =
        plan.actions.iter().partition(|action| action.kind == ActionKind::Influence);
    for action in &own {
        text += &one(action);
    }
    if !influenced.is_empty() {
        text += "only influenced, and not applied unless asked for:\n";
        influenced.iter().for_each(|action| text += &one(action));
    }
    let count = |kind: ActionKind| plan.actions.iter().filter(|action| action.kind == kind).count();
    let words = [
        (ActionKind::Install, "to install"),
        (ActionKind::Change, "to change"),
        (ActionKind::Finish, "to finish"),
        (ActionKind::Repair, "to repair"),
        (ActionKind::Influence, "influenced"),
        (ActionKind::Remove, "to tear down"),
        (ActionKind::Release, "to release"),
    ];
    let told: Vec<String> = words
        .iter()
        .map(|(kind, word)| (count(*kind), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let _ = writeln!(text, "{}: {}", plan.cluster, told.join(", "));
    text
}

fn one(action: &Action) -> String {
    let Action { module, kind, machines, changes, differences, influenced_by, leaves, stays, purges } = action;
    let (sign, word) = match kind {
        ActionKind::Install => ('+', "is installed"),
        ActionKind::Change => ('~', "changes"),
        ActionKind::Finish => ('~', "is finished: the last apply did not get to its end"),
        ActionKind::Repair => ('!', "is repaired"),
        ActionKind::Influence => ('~', "would get to know"),
        ActionKind::Remove => ('-', "is torn down: nobody wants it any more"),
        ActionKind::Release => ('-', "is forgotten: nobody wants it any more; it stays where it is"),
    };
    let mut text = format!("{sign} {module} on {}: {word}\n", machines.join(", "));
    for change in changes.iter().filter(|change| is_told(change, *kind)) {
        let at = change.at.join(".");
        let _ = match (&change.before, &change.after) {
            (None, Some(after)) => writeln!(text, "    + {at}: {}", short(after)),
            (Some(before), None) => writeln!(text, "    - {at}: {}", short(before)),
            (before, after) => {
                let told = |value: &Option<Json>| value.as_ref().map(short).unwrap_or_default();
                writeln!(text, "    ~ {at}: {} → {}", told(before), told(after))
            }
        };
    }
    let with = if *purges { ", and its data goes with it" } else { "" };
    if !leaves.is_empty() {
        let _ = writeln!(text, "    - it leaves {}{with}", leaves.join(", "));
    } else if *purges {
        let _ = writeln!(text, "    - its data goes with it");
    }
    if !stays.is_empty() {
        let _ = writeln!(text, "    {} stays as it is: the documents do not know it any more", stays.join(", "));
    }
    for difference in differences {
        let _ = writeln!(text, "    ! {difference}");
    }
    if !influenced_by.is_empty() {
        let names: Vec<&str> = influenced_by.iter().map(|name| name.as_str()).collect();
        let _ = writeln!(text, "    because of {}", names.join(", "));
    }
    text
}

/// Where everything is new, the machines are in the first line, and playbooks and targets are what they are.
fn is_told(change: &Change, kind: ActionKind) -> bool {
    let is_known = |key: &String| ["machines", "cluster", "ports", "playbooks", "targets"].contains(&key.as_str());
    kind != ActionKind::Install || !change.at.first().is_some_and(is_known)
}

/// A value in one line of sensible length.
fn short(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() <= 100 { text } else { text.chars().take(99).chain(['…']).collect() }
}
