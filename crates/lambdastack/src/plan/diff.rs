//! Two sets of inputs, and where they differ.

use crate::state::Inputs;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// the keys that lead to it: `configuration`, `listen_port`
    pub at: Vec<String>,
    /// what it was; none where it was not there
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// what it is to be; none where it goes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}

impl Change {
    /// Whether it is about the machines of other modules alone.
    pub fn is_of_neighbours(&self) -> bool {
        self.at.first().is_some_and(|key| key == "neighbours")
    }
}

/// Where the inputs differ, sorted. Lists differ as a whole. Without any before, everything is new.
pub fn diff(before: Option<&Inputs>, after: &Inputs) -> Vec<Change> {
    let json = |inputs: &Inputs| serde_json::to_value(inputs).unwrap_or_default();
    let mut changes = Vec::new();
    compare(before.map(json).as_ref(), Some(&json(after)), &mut Vec::new(), &mut changes);
    changes.sort_by(|a, b| a.at.cmp(&b.at));
    changes
}

fn compare(before: Option<&Json>, after: Option<&Json>, at: &mut Vec<String>, changes: &mut Vec<Change>) {
    let keys = |value: Option<&Json>| value.and_then(Json::as_object).map(|map| map.keys().cloned().collect::<Vec<_>>());
    // a map is told key by key, also where the other side has nothing there
    let (left, right) = match (keys(before), keys(after)) {
        (Some(left), Some(right)) => (left, right),
        (None, Some(right)) if before.is_none() && !right.is_empty() => (Vec::new(), right),
        (Some(left), None) if after.is_none() && !left.is_empty() => (left, Vec::new()),
        _ if before == after => return,
        _ => return changes.push(Change { at: at.clone(), before: before.cloned(), after: after.cloned() }),
    };
    let all: std::collections::BTreeSet<String> = left.into_iter().chain(right).collect();
    for key in all {
        let get = |value: Option<&'_ Json>| value.and_then(|value| value.get(&key)).cloned();
        let (before, after) = (get(before), get(after));
        at.push(key);
        compare(before.as_ref(), after.as_ref(), at, changes);
        at.pop();
    }
}
