//! A component gets more or fewer machines: the document of the cluster is written anew, every other document stays as it is.
//!
//! Nothing happens on machines: what the new documents take is a plan like any other.

use crate::{document::Document, kind::Kind, module::Catalogue, stack::Stack, template};
use std::{collections::BTreeSet, str::FromStr};

/// Where a component is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// onto these
    Machines(Vec<String>),
    /// onto so many
    Count(usize),
    /// onto so many more
    More(usize),
    /// onto so many fewer
    Fewer(usize),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let number = |text: &str| text.parse::<usize>().map_err(|_| format!("expected a number, found `{text}`"));
        match text.chars().next() {
            Some('+') => number(&text[1..]).map(Self::More),
            Some('-') => number(&text[1..]).map(Self::Fewer),
            Some('0'..='9') => number(text).map(Self::Count),
            _ => {
                let names: Vec<String> =
                    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
                if names.is_empty() { Err("expected names of machines, or how many".to_owned()) } else { Ok(Self::Machines(names)) }
            }
        }
    }
}

/// The machines that a component has then. More come from those that no component has, by name; fewer go from the end.
pub fn machines(stack: &Stack, component: &str, target: &Target) -> Result<Vec<String>, String> {
    let Some(now) = stack.components.get(component) else {
        return Err(crate::source::unknown("component", component, stack.components.keys().map(String::as_str)));
    };
    let count = match target {
        Target::Machines(names) => {
            let twice = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name));
            let unknown = names.iter().find(|name| !stack.machines.contains_key(*name));
            return match (unknown, twice) {
                (Some(name), _) => Err(crate::source::unknown("machine", name, stack.machines.keys().map(String::as_str))),
                (None, Some((_, name))) => Err(format!("`{name}` is named twice")),
                (None, None) => Ok(names.clone()),
            };
        }
        Target::Count(count) => *count,
        Target::More(more) => now.len().saturating_add(*more),
        Target::Fewer(fewer) => now.len().saturating_sub(*fewer),
    };
    if count == 0 {
        return Err(format!(
            "nothing would be left of `{component}`\nhint: take it out of the documents, or `lambdastack teardown`"
        ));
    }
    let used: BTreeSet<&String> = stack.components.values().flatten().collect();
    let free = || stack.machines.keys().filter(|name| !used.contains(name));
    let all: Vec<String> = now.iter().chain(free()).take(count).cloned().collect();
    match all.len() < count {
        true => Err(format!(
            "`{component}` has {}, and {} are free of {} that are wanted\nhint: a document `infrastructure/machine` for each new one",
            now.len(),
            free().count(),
            count - now.len()
        )),
        false => Ok(all),
    }
}

/// The text of a file in which `cluster` asks for the component on these machines.
pub fn rewrite(text: &str, cluster: &Document, component: &str, machines: &[String], modules: &Catalogue) -> Option<String> {
    let mut values = cluster.specification.as_json().clone();
    let entry = values.get_mut("components")?.get_mut(component)?.as_object_mut()?;
    entry.insert("count".to_owned(), machines.len().into());
    entry.insert("machines".to_owned(), machines.into());
    let name = Some(cluster.name.as_str()).filter(|_| cluster.node.get("name").is_some());
    let mut written = template::document(&Kind::Cluster, name, &values, modules)?;
    if let Some(title) = cluster.node.get("title").and_then(|node| node.text()) {
        let own = written.lines().find(|line| line.starts_with("title: "))?.to_owned();
        written = written.replacen(&own, &format!("title: {}", crate::schema::scalar(title)), 1);
    }
    // a line that begins with `---` is the border of a document, wherever it is
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let first = usize::try_from(cluster.node.place.line).ok()?.checked_sub(1)?;
    let is_border = |line: &&str| line.starts_with("---");
    let start = lines.get(..first)?.iter().rposition(is_border).map_or(0, |border| border + 1);
    let end = lines.get(first..)?.iter().position(is_border).map_or(lines.len(), |border| first + border);
    Some([lines[..start].concat(), written, lines[end..].concat()].concat())
}

#[cfg(test)]
mod tests;
