//! Why there is no answer, as a chain that a person can follow.
//!
//! ```text
//! `web` cannot be installed
//!   web 1 needs `db (>= 2)`
//!   nothing provides `db (>= 2)`; there is db 1
//! hint: …
//! ```

use serde::Serialize;
use std::fmt;

/// A request that cannot be met, and the steps from it to the obstacle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// the request as it was written
    pub request: String,
    /// from the request to the obstacle
    pub chain: Vec<Link>,
    /// what might help
    pub hints: Vec<String>,
}

/// One step of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "link")]
pub enum Link {
    /// A package has a dependency, which the next link follows.
    Needs {
        /// name and version
        package: String,
        /// the dependency as its author wrote it
        dependency: String,
    },
    /// The end of a chain: nothing meets the dependency.
    Nothing {
        /// the dependency as its author wrote it
        dependency: String,
        /// what bears the name and does not fit
        offered: Vec<String>,
    },
    /// The end of a chain: two packages exclude each other.
    Excludes {
        /// the one that says so
        package: String,
        /// what it says, as its author wrote it
        relation: String,
        /// the one it hits
        other: String,
    },
    /// The end of a chain: another version of the same package is needed already.
    OtherVersion {
        /// the one that would be needed
        package: String,
        /// the one that is needed already
        other: String,
    },
    /// Why the other package has to be there; follows `Excludes` and `OtherVersion`.
    NeededBy {
        /// the package that is needed
        package: String,
        /// who needs it: a package, a request or the base system
        by: String,
        /// in which words
        dependency: String,
    },
    /// The end of a chain: what an index says of the package cannot be read.
    Unreadable {
        /// name and version
        package: String,
        /// what is wrong
        problem: String,
    },
    /// The end of a chain: the package is there, and a rule keeps it out.
    Barred {
        /// name and version
        package: String,
        /// the rule
        why: String,
    },
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Link::Needs { package, dependency } => write!(f, "{package} needs `{dependency}`"),
            Link::Nothing { dependency, offered } if offered.is_empty() => write!(f, "nothing provides `{dependency}`"),
            Link::Nothing { dependency, offered } => {
                write!(f, "nothing provides `{dependency}`; there is {}", offered.join(", "))
            }
            Link::Excludes { package, relation, other } => write!(f, "{package} excludes {other}: `{relation}`"),
            Link::OtherVersion { package, other } => write!(f, "{package} cannot stand beside {other}"),
            Link::NeededBy { package, by, dependency } => write!(f, "{package} is needed by {by}: `{dependency}`"),
            Link::Unreadable { package, problem } => write!(f, "{package} cannot be read: {problem}"),
            Link::Barred { package, why } => write!(f, "{package} is not taken: {why}"),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be installed", self.request)?;
        self.chain.iter().try_for_each(|link| write!(f, "\n  {link}"))?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}
