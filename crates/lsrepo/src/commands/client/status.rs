//! `lsrepo client status`: what the script reports, in lines of fields with tabs between them.

use super::{Ended, finished, known, perform};
use crate::{
    context::Context,
    failure::unsatisfied,
    output::{Format, print},
};
use anyhow::Result;
use serde::Serialize;
use std::path::Path;

/// How a host is set up.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Status {
    state: State,
    /// set up, and nothing of it was changed or is missing
    intact: bool,
    url: Option<String>,
    os: Option<String>,
    /// when it was set up first, in UTC
    since: Option<String>,
    /// its other sources were left as they are
    keep: bool,
    /// what alone was set up, where not all was
    only: Vec<String>,
    files: Vec<File>,
    /// what was there before, and where it is kept
    aside: Vec<Aside>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    #[default]
    NotSetUp,
    /// by a version of lsrepo that kept no journal
    SetUpByAnEarlierVersion,
    SetUp,
    /// a set-up or a revert was killed
    HalfDone,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct File {
    path: String,
    /// `as-written`, `changed`, `missing`, or `new`: another set-up would change it
    state: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Aside {
    path: String,
    kept: String,
}

pub(super) fn run(context: &Context, root: &Path, format: Format) -> Result<()> {
    let ended = perform(context, root, &known(root)?, &["--status"])?;
    let out = match ended {
        Ended { code: Some(0 | 1), out, .. } if !out.is_empty() => out,
        other => finished(other)?,
    };
    let status = read(&out);
    print(format, &status, text)?;
    match status.state {
        _ if status.intact => Ok(()),
        State::NotSetUp => Err(unsatisfied("this host is not set up\nhint: `lsrepo client apply --url http://SERVER:8080`")),
        State::HalfDone => Err(unsatisfied("this host is half set up\nhint: `lsrepo client apply`, or `lsrepo client revert`")),
        _ => Err(unsatisfied("this host is not as it was set up\nhint: `lsrepo client apply` repairs it")),
    }
}

fn read(report: &str) -> Status {
    let mut status = Status::default();
    let some = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    for line in report.lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["state", "applied"] => status.state = State::SetUp,
            ["state", "none"] => status.state = State::NotSetUp,
            ["state", "old"] => status.state = State::SetUpByAnEarlierVersion,
            ["state", _] => status.state = State::HalfDone,
            ["url", url] => status.url = some(url),
            ["os", os] => status.os = some(os),
            ["since", since] => status.since = some(since),
            ["keep", keep] => status.keep = keep == "yes",
            ["only", only] => status.only = only.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            ["file", state, path] => status.files.push(File { path: path.to_owned(), state: state.to_owned() }),
            ["aside", path, kept] => status.aside.push(Aside { path: path.to_owned(), kept: kept.to_owned() }),
            _ => {}
        }
    }
    status.intact = status.state == State::SetUp && status.files.iter().all(|file| file.state == "as-written");
    status
}

fn text(status: &Status) -> String {
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".to_owned());
    let mut text = match status.state {
        State::NotSetUp => return "not set up\n".to_owned(),
        State::SetUpByAnEarlierVersion => return "set up by an earlier version of lsrepo\n".to_owned(),
        State::SetUp => format!("set up by {} for {} since {}\n", word(&status.url), word(&status.os), word(&status.since)),
        State::HalfDone => format!("half set up by {}\n", word(&status.url)),
    };
    let (same, others): (Vec<&File>, Vec<&File>) = status.files.iter().partition(|file| file.state == "as-written");
    text.push_str(&format!("{} files as they were written\n", same.len()));
    others.iter().for_each(|file| text.push_str(&format!("{}: {}\n", file.state, file.path)));
    status.aside.iter().for_each(|one| text.push_str(&format!("as it was before: {} is in {}\n", one.path, one.kept)));
    text
}

#[cfg(test)]
mod tests {
    use super::{State, read};

    #[test]
    fn only_what_is_wholly_as_written_is_intact() {
        let report = "url\thttp://x\nos\tdebian-12\nstate\tapplied\nkeep\tno\nonly\t\nfile\tas-written\t/a b\n";
        let status = read(report);
        assert!(status.intact && status.files[0].path == "/a b" && status.only.is_empty());
        assert!(!read(&format!("{report}file\tnew\t/c\n")).intact);
        assert_eq!(read(&report.replace("applied", "applying")).state, State::HalfDone);
        assert!(!read("").intact);
    }
}
