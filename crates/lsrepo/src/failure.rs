//! How a run ends badly: exit code 1 where the request cannot be satisfied, 2 for everything else.

use std::fmt;

/// Marks an error as an answer to the request (exit code 1), not a fault of use or environment (2).
#[derive(Debug)]
pub(crate) struct Unsatisfied(anyhow::Error);

impl fmt::Display for Unsatisfied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Unsatisfied {}

/// Turns errors into [`Unsatisfied`].
pub(crate) trait OrUnsatisfied<T> {
    /// Exit code 1 where this fails.
    fn or_unsatisfied(self) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrUnsatisfied<T> for Result<T, E> {
    fn or_unsatisfied(self) -> anyhow::Result<T> {
        self.map_err(|error| anyhow::Error::new(Unsatisfied(error.into())))
    }
}

/// Ends what went wrong with what to do about it.
pub(crate) trait Hint<T> {
    /// A fault of use or environment, with a hint.
    fn hint(self, hint: &str) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Hint<T> for Result<T, E> {
    fn hint(self, hint: &str) -> anyhow::Result<T> {
        self.map_err(|error| anyhow::anyhow!("{:#}\nhint: {hint}", error.into()))
    }
}

/// An [`Unsatisfied`] made of words.
pub(crate) fn unsatisfied(message: impl fmt::Display) -> anyhow::Error {
    anyhow::Error::new(Unsatisfied(anyhow::anyhow!("{message}")))
}

/// Exit code 1 for what an upstream says, 2 for what keeps us from asking it.
pub(crate) fn of_fetch(error: lsrepo_fetch::FetchError) -> anyhow::Error {
    match error.is_answer() {
        true => anyhow::Error::new(Unsatisfied(error.into())),
        false => error.into(),
    }
}

/// Everything that went wrong, told at once; nothing where nothing did. Exit code 1 where each is an answer.
pub(crate) fn all_of(errors: Vec<anyhow::Error>) -> anyhow::Result<()> {
    let text: Vec<String> = errors.iter().map(|error| format!("{error:#}")).collect();
    match errors.iter().all(|error| exit_code(error) == 1) {
        _ if errors.is_empty() => Ok(()),
        true => Err(unsatisfied(text.join("\n"))),
        false => Err(anyhow::anyhow!(text.join("\n"))),
    }
}

/// The exit code for an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(|cause| cause.is::<Unsatisfied>()) { 1 } else { 2 }
}

/// The message for people: the causes in one line, hints on lines of their own at the end.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let whole = format!("{error:#}");
    let (hints, lines): (Vec<&str>, Vec<&str>) = whole.lines().partition(|line| line.starts_with("hint: "));
    let mut text = format!("error: {}", lines.join("\n"));
    for hint in hints {
        text.push('\n');
        text.push_str(hint);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn answers_exit_with_1_and_faults_with_2() {
        let answer = Err::<(), _>(unsatisfied("no such package")).context("debian-12/x86_64").unwrap_err();
        assert_eq!((exit_code(&answer), exit_code(&anyhow::anyhow!("no disk"))), (1, 2));
    }

    #[test]
    fn hints_come_last() {
        let error = anyhow::anyhow!("key is missing\nhint: add it").context("reading x");
        assert_eq!(message(&error), "error: reading x: key is missing\nhint: add it");
    }
}
