//! What a package says of others: a name, maybe with a version (`Requires: web >= 1:2.0-3`).
//! Spec: <https://rpm-software-management.github.io/rpm/manual/dependencies.html>

use crate::Evr;
use std::{cmp::Ordering, fmt};

/// One entry of Requires, Provides, Conflicts and their like, in a header or in an index.
///
/// A rich dependency stands as a whole in `name`, which then begins with `(`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relation {
    /// a package, a file, a soname, anything that something provides
    pub name: String,
    /// which versions of it; none: any
    pub version: Option<(Operator, Evr)>,
    /// needed before the scriptlets run
    pub pre: bool,
}

/// How versions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `=`
    Equal,
    /// `>=`
    GreaterEqual,
    /// `>`
    Greater,
}

impl Operator {
    /// As an index writes it: `LT`, `LE`, `EQ`, `GE`, `GT`.
    pub fn word(self) -> &'static str {
        match self {
            Operator::Less => "LT",
            Operator::LessEqual => "LE",
            Operator::Equal => "EQ",
            Operator::GreaterEqual => "GE",
            Operator::Greater => "GT",
        }
    }

    /// As people write it: `<`, `<=`, `=`, `>=`, `>`.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Equal => "=",
            Operator::GreaterEqual => ">=",
            Operator::Greater => ">",
        }
    }

    /// From what people write; `==` is `=`.
    pub fn from_sign(sign: &str) -> Option<Self> {
        match sign {
            "<" => Some(Operator::Less),
            "<=" | "=<" => Some(Operator::LessEqual),
            "=" | "==" => Some(Operator::Equal),
            ">=" | "=>" => Some(Operator::GreaterEqual),
            ">" => Some(Operator::Greater),
            _ => None,
        }
    }

    /// From an index's word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "LT" => Some(Operator::Less),
            "LE" => Some(Operator::LessEqual),
            "EQ" => Some(Operator::Equal),
            "GE" => Some(Operator::GreaterEqual),
            "GT" => Some(Operator::Greater),
            _ => None,
        }
    }

    /// Whether a version that stands so to the one behind the operator fits.
    pub fn admits(self, order: Ordering) -> bool {
        match self {
            Operator::Less => order.is_lt(),
            Operator::LessEqual => order.is_le(),
            Operator::Equal => order.is_eq(),
            Operator::GreaterEqual => order.is_ge(),
            Operator::Greater => order.is_gt(),
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            None => f.write_str(&self.name),
            Some((operator, version)) => write!(f, "{} {} {version}", self.name, operator.sign()),
        }
    }
}
