//! Rules over the labels of modules, in the manner of Kubernetes' `matchExpressions`.
//!
//! A rule is a list of expressions that must all hold for one and the same module.

use super::natural;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{cmp::Ordering, collections::BTreeMap, fmt};

/// What a module requires of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requires {
    /// each must be fulfilled by a module
    #[serde(default)]
    pub strong: Vec<Rule>,
    /// used where a module fulfils it
    #[serde(default)]
    pub weak: Vec<Rule>,
}

/// Expressions that must all hold for one module.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Rule(pub Vec<MatchExpression>);

/// One look at one label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Entry")]
#[schemars(!try_from)]
pub struct MatchExpression {
    /// the label
    pub key: String,
    /// how it is compared
    pub operator: Operator,
    /// with what: at least one value to be in or not in, exactly one to compare versions with, none for `exists`
    #[serde(default)]
    pub values: Vec<String>,
}

/// How a label is compared with the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Operator {
    /// is one of them; `in` is the same
    #[serde(rename = "eq", alias = "in", alias = "==")]
    Eq,
    /// is none of them, or absent; `not-in` is the same
    #[serde(rename = "ne", alias = "not-in", alias = "not_in", alias = "notin", alias = "!=")]
    Ne,
    /// is there, whatever it says
    #[serde(rename = "exists")]
    Exists,
    /// a version after it, or the same
    #[serde(rename = ">=", alias = "ge")]
    AtLeast,
    /// a version after it
    #[serde(rename = ">", alias = "gt")]
    After,
    /// a version before it, or the same
    #[serde(rename = "<=", alias = "le")]
    AtMost,
    /// a version before it
    #[serde(rename = "<", alias = "lt")]
    Before,
}

impl Operator {
    fn word(self) -> &'static str {
        match self {
            Operator::Eq => "eq",
            Operator::Ne => "ne",
            Operator::Exists => "exists",
            Operator::AtLeast => ">=",
            Operator::After => ">",
            Operator::AtMost => "<=",
            Operator::Before => "<",
        }
    }
}

impl Rule {
    /// Whether a module with these labels fulfils the rule.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|expression| expression.matches(labels))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, MatchExpression { key, operator, values }) in self.0.iter().enumerate() {
            let values = values.join(" or ");
            let and = if position > 0 { " and " } else { "" };
            match operator {
                Operator::Eq => write!(f, "{and}{key} = {values}")?,
                Operator::Ne => write!(f, "{and}{key} not {values}")?,
                Operator::Exists => write!(f, "{and}any {key}")?,
                other => write!(f, "{and}{key} {} {values}", other.word())?,
            }
        }
        Ok(())
    }
}

impl MatchExpression {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = labels.get(&self.key);
        let listed = label.is_some_and(|value| self.values.contains(value));
        let version = |fits: fn(Ordering) -> bool| match (label, &self.values[..]) {
            (Some(label), [value]) => fits(natural::compare(label, value)),
            _ => false,
        };
        match self.operator {
            Operator::Eq => listed,
            Operator::Ne => !listed,
            Operator::Exists => label.is_some(),
            Operator::AtLeast => version(Ordering::is_ge),
            Operator::After => version(Ordering::is_gt),
            Operator::AtMost => version(Ordering::is_le),
            Operator::Before => version(Ordering::is_lt),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    operator: Operator,
    #[serde(default)]
    values: Vec<String>,
}

impl TryFrom<Entry> for MatchExpression {
    type Error = String;

    fn try_from(Entry { key, operator, values }: Entry) -> Result<Self, String> {
        let wrong = match (operator, values.len()) {
            _ if key.is_empty() => Some("its `key` is empty".to_owned()),
            (Operator::Eq | Operator::Ne, 0) => Some(format!("`{}` needs at least one of `values`", operator.word())),
            (Operator::Exists, 1..) => Some("`exists` takes no `values`".to_owned()),
            (Operator::AtLeast | Operator::After | Operator::AtMost | Operator::Before, count) if count != 1 => {
                Some(format!("`{}` compares with exactly one of `values`", operator.word()))
            }
            _ => None,
        };
        wrong.map_or(Ok(Self { key, operator, values }), Err)
    }
}
