//! What a round found, for people and for programs.

use super::Target;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a round found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// the name of the cluster
    pub cluster: String,
    /// in the order of the targets
    pub checks: Vec<Checked>,
}

/// A target and what was found there.
#[derive(Clone, Debug)]
pub struct Checked {
    /// the module
    pub module: String,
    /// the machine
    pub machine: String,
    /// the check
    pub check: String,
    /// what was asked
    pub target: Target,
    /// how that went
    pub finding: Finding,
}

/// How asking went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// why it is down; nothing where it is up
    pub why: Option<String>,
    /// how long it took
    pub duration: Duration,
    /// when it was asked
    pub at: SystemTime,
}

impl Finding {
    /// Whether the answer was a good one.
    pub fn is_up(&self) -> bool {
        self.why.is_none()
    }

    /// When it was asked, in seconds since 1970.
    pub fn timestamp(&self) -> f64 {
        self.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }
}

impl Report {
    /// Whether all that was asked is up.
    pub fn is_up(&self) -> bool {
        self.checks.iter().all(|checked| checked.finding.is_up())
    }

    /// A line for each, and one for all.
    pub fn text(&self) -> String {
        let line = |checked: &Checked| {
            let Checked { module, machine, check, target, finding } = checked;
            let said = match &finding.why {
                None => format!("up after {} ms", finding.duration.as_millis()),
                Some(why) => format!("down: {why}"),
            };
            format!("{module} on {machine}: {check} ({target}): {said}\n")
        };
        let up = self.checks.iter().filter(|checked| checked.finding.is_up()).count();
        let lines: String = self.checks.iter().map(line).collect();
        format!("{lines}{}: {up} of {} up\n", self.cluster, self.checks.len())
    }
}

impl Serialize for Checked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { module, machine, check, target, finding } = self;
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in [("module", module), ("machine", machine), ("check", check), ("at", &target.to_string())] {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("up", &finding.is_up())?;
        map.serialize_entry("duration_seconds", &finding.duration.as_secs_f64())?;
        map.serialize_entry("last_check_timestamp_seconds", &finding.timestamp())?;
        if let Some(why) = &finding.why {
            map.serialize_entry("why", why)?;
        }
        map.end()
    }
}
