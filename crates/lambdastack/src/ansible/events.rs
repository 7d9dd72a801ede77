//! What Ansible says while it runs: one JSON object a line.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// a play begins
    Play {
        /// its name
        name: String,
    },
    /// a task begins
    Task {
        /// its name
        name: String,
    },
    /// a task begins on a machine
    Start {
        /// the machine
        machine: String,
        /// the task
        task: String,
    },
    /// a task is done on a machine
    Ok {
        /// the machine
        machine: String,
        /// the task
        task: String,
        /// whether it changed anything
        changed: bool,
    },
    /// a task was not for this machine
    Skipped {
        /// the machine
        machine: String,
        /// the task
        task: String,
    },
    /// a task went wrong
    Failed(Failure),
    /// a machine cannot be reached
    Unreachable(Failure),
    /// a play had no machines
    Nobody,
    /// the run is over
    End {
        /// machine → what it handed back
        returned: BTreeMap<String, Json>,
    },
}

/// What went wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Failure {
    /// the machine
    pub machine: String,
    /// the task
    pub task: String,
    /// in the words of the task
    pub message: String,
}

impl Event {
    /// Reads a line; what is none of ours is nothing.
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line.trim()).ok()
    }
}

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// what went wrong
    pub failures: Vec<Failure>,
    /// whether any task was done on any machine
    pub worked: bool,
    /// machines on which something changed
    pub changed: BTreeSet<String>,
    /// machine → what it handed back
    pub returned: BTreeMap<String, Json>,
    /// whether Ansible said that it is over
    pub ended: bool,
}

impl Outcome {
    /// Takes an event in.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Ok { machine, changed, .. } => {
                self.worked = true;
                if changed {
                    self.changed.insert(machine);
                }
            }
            Event::Failed(failure) | Event::Unreachable(failure) => self.failures.push(failure),
            Event::End { returned } => (self.returned, self.ended) = (returned, true),
            _ => {}
        }
    }
}
