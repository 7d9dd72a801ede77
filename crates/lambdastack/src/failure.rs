//! How a run ends badly: exit code 1 where the request cannot be satisfied, 2 for everything else; with `plan` always 1.

use lsrepo_bom::Misfit;
use std::fmt;

/// Marks an error as an answer to the request (exit code 1), not a fault of use or environment (2).
#[derive(Debug)]
pub(crate) struct Unsatisfied(String);

impl fmt::Display for Unsatisfied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsatisfied {}

/// A run that ended badly.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: anyhow::Error,
    pub(crate) code: u8,
}

/// An error with exit code 1.
pub(crate) fn unsatisfied(message: impl fmt::Display) -> anyhow::Error {
    anyhow::Error::new(Unsatisfied(message.to_string()))
}

/// Everything that is wrong with documents or modules.
pub(crate) fn misfits(all: &[Misfit]) -> anyhow::Error {
    unsatisfied(all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// The exit code for an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(|cause| cause.is::<Unsatisfied>()) { 1 } else { 2 }
}

/// The message for people. Of several messages each keeps its own hint below it.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    // a list of misfits begins each with its file, and so do we
    match error.chain().any(|cause| cause.is::<Unsatisfied>()) && text.lines().filter(|line| !line.starts_with(' ')).count() > 2 {
        true => format!("error:\n{text}"),
        false => format!("error: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn answers_exit_with_1_and_faults_with_2() {
        let answer = Err::<(), _>(unsatisfied("no such module")).context("cluster.yml").unwrap_err();
        assert_eq!((exit_code(&answer), exit_code(&anyhow::anyhow!("no disk"))), (1, 2));
        assert_eq!(message(&answer), "error: cluster.yml: no such module");
    }
}
