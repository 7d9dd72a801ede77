//! Rules over the labels of modules, in the manner of Kubernetes' `matchExpressions`.
//!
//! A rule is a list of expressions that must all hold for one and the same module.

use serde::Deserialize;
use std::collections::BTreeMap;

/// What a module requires of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Rule(pub Vec<MatchExpression>);

/// One look at one label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchExpression {
    /// the label
    pub key: String,
    /// how it is compared
    pub operator: Operator,
    /// with what
    #[serde(default)]
    pub values: Vec<String>,
}

/// How a label is compared with the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// is one of them
    #[serde(alias = "in")]
    Eq,
    /// is none of them, or absent
    #[serde(alias = "not_in")]
    Ne,
    /// is there, whatever it says
    Exists,
}

impl Rule {
    /// Whether a module with these labels fulfils the rule.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|expression| expression.matches(labels))
    }
}

impl MatchExpression {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = labels.get(&self.key);
        let listed = label.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::Eq => listed,
            Operator::Ne => !listed,
            Operator::Exists => label.is_some(),
        }
    }
}
