//! How things are, of documents and state alone: what was applied, in which version, and what of it the documents want otherwise.

use crate::{
    plan::{ActionKind, Plan},
    stack::Stack,
    state::{State, Status},
};
use lsrepo_bom::ModuleName;
use serde::Serialize;
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// How a cluster is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// the name of the cluster
    pub cluster: String,
    /// of the state; 0 where nothing was applied yet
    pub serial: u64,
    /// each module that was applied or is wanted
    pub modules: BTreeMap<ModuleName, Line>,
}

/// How a module is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// how far its last apply got; none where there was none
    pub status: Option<Status>,
    /// of the module
    pub version: Option<String>,
    /// where it was applied
    pub machines: BTreeSet<String>,
    /// of the packages that it brought, as its machines said it when it was applied
    pub packages: BTreeSet<String>,
    /// what an apply would do now
    pub to_do: Option<ActionKind>,
}

/// How a component is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// where
    pub machines: Vec<String>,
    /// of which modules, and how far each got
    pub modules: BTreeMap<ModuleName, Option<Status>>,
}

/// How the cluster of the plan is.
pub fn report(plan: &Plan, state: Option<&State>) -> Report {
    let mut modules: BTreeMap<ModuleName, Line> = BTreeMap::new();
    for (name, applied) in state.iter().flat_map(|state| &state.modules) {
        let versions = applied.returns.values().filter_map(|returns| returns.as_json().get("package_version").cloned());
        let line = Line {
            status: Some(applied.status),
            version: Some(applied.inputs.version.clone()),
            machines: applied.inputs.machines.keys().cloned().collect(),
            packages: versions.filter_map(|version| version.as_str().map(str::to_owned)).collect(),
            to_do: None,
        };
        modules.insert(name.clone(), line);
    }
    for action in &plan.actions {
        let empty = Line { status: None, version: None, machines: BTreeSet::new(), packages: BTreeSet::new(), to_do: None };
        modules.entry(action.module.clone()).or_insert(empty).to_do = Some(action.kind);
    }
    Report { cluster: plan.cluster.clone(), serial: state.map_or(0, |state| state.serial), modules }
}

/// The components that the documents ask for.
pub fn components(stack: &Stack, state: Option<&State>) -> BTreeMap<String, Component> {
    let status = |name: &ModuleName| state.and_then(|state| state.modules.get(name)).map(|applied| applied.status);
    let one = |(component, machines): (&String, &Vec<String>)| {
        let taken = stack.modules.iter().filter(|(_, wanted)| wanted.components.contains(component));
        let modules = taken.map(|(name, _)| (name.clone(), status(name))).collect();
        (component.clone(), Component { machines: machines.clone(), modules })
    };
    stack.components.iter().map(one).collect()
}

/// In lines.
pub fn show(report: &Report) -> String {
    let mut rows = Vec::new();
    for (name, line) in &report.modules {
        let version = line.version.as_deref().unwrap_or("-");
        let machines = line.machines.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let packages = line.packages.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        rows.push([
            name.to_string(),
            version.to_owned(),
            word(line.status).to_owned(),
            or_dash(machines),
            or_dash(packages),
            line.to_do.map_or(String::new(), |kind| format!("to {}", to_do(kind))),
        ]);
    }
    let mut text = table(["MODULE", "VERSION", "STATUS", "MACHINES", "PACKAGES", ""], &rows);
    let open = report.modules.values().filter(|line| line.to_do.is_some_and(|kind| kind != ActionKind::Influence)).count();
    let _ = match open {
        0 => writeln!(text, "{}: serial {}, as the documents say", report.cluster, report.serial),
        _ => writeln!(text, "{}: serial {}, {open} not as the documents say: `lambdastack plan`", report.cluster, report.serial),
    };
    text
}

/// In lines.
pub fn show_components(cluster: &str, all: &BTreeMap<String, Component>) -> String {
    let mut rows = Vec::new();
    for (name, component) in all {
        let modules = component.modules.iter().map(|(name, status)| format!("{name} ({})", word(*status)));
        rows.push([name.clone(), component.machines.join(","), modules.collect::<Vec<_>>().join(", ")]);
    }
    table(["COMPONENT", "MACHINES", "MODULES"], &rows) + &format!("{cluster}: {} components\n", all.len())
}

fn word(status: Option<Status>) -> &'static str {
    match status {
        None => "not applied",
        Some(Status::Applied) => "applied",
        Some(Status::Applying) => "not finished",
        Some(Status::Failed) => "failed",
    }
}

fn to_do(kind: ActionKind) -> String {
    serde_json::to_value(kind).ok().as_ref().and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// Columns as wide as what is in them.
fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).chain([head[column].len()]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: [&str; N]| {
        let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().fold(line(head), |text, row| text + &line(row.each_ref().map(String::as_str)))
}

#[cfg(test)]
mod tests;
