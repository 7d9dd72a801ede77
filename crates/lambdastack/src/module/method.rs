//! The methods of a module: five that every one has, and others that it may claim.

use crate::source::unknown;
use serde::Serialize;
use std::{fmt, str::FromStr};

/// What a module can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// says what it is
    Metadata,
    /// makes its configuration
    Init,
    /// says what would change
    Plan,
    /// changes machines
    Apply,
    /// finds what was changed by hand
    Audit,
    /// saves its data
    Backup,
    /// brings saved data back
    Restore,
    /// goes to a newer version
    Upgrade,
    /// gets more or fewer machines
    Scale,
    /// tries whether it works
    Test,
    /// takes away what it brought
    Teardown,
}

impl Method {
    /// All of them; the first five every module has.
    pub const ALL: [Self; 11] = [
        Self::Metadata,
        Self::Init,
        Self::Plan,
        Self::Apply,
        Self::Audit,
        Self::Backup,
        Self::Restore,
        Self::Upgrade,
        Self::Scale,
        Self::Test,
        Self::Teardown,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Init => "init",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Audit => "audit",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Upgrade => "upgrade",
            Self::Scale => "scale",
            Self::Test => "test",
            Self::Teardown => "teardown",
        }
    }

    /// Whether every module has it.
    pub fn is_required(self) -> bool {
        self <= Self::Audit
    }

    /// Its playbook; `None` where lambdastack itself answers from `module.yml`.
    pub fn playbook(self) -> Option<String> {
        (self >= Self::Apply).then(|| format!("playbooks/{}.yml", self.word()))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|method| method.word() == text);
        found.ok_or_else(|| unknown("method", text, Self::ALL.iter().map(|method| method.word())))
    }
}
