//! What came of a run, as one value for programs: `-o json`.

use super::Context;
use crate::{
    ansible::{Failure, Outcome},
    module::Method,
    output::{self, Format},
};
use anyhow::Result;
use lsrepo_bom::ModuleName;
use serde::Serialize;

/// How a method went.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    method: String,
    cluster: String,
    /// whether nothing went wrong
    well: bool,
    /// of the state, after it
    serial: u64,
    /// in the order in which it was their turn
    modules: Vec<Line>,
    /// the file that was written, or read
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<String>,
}

/// How it went with one module.
#[derive(Debug, Serialize)]
struct Line {
    module: ModuleName,
    status: Status,
    /// machines on which something changed
    changed: Vec<String>,
    failures: Vec<Failure>,
    /// what went wrong otherwise
    #[serde(skip_serializing_if = "String::is_empty")]
    why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Done,
    Failed,
    Waiting,
}

impl Report {
    pub(super) fn new(method: Method, cluster: &str) -> Self {
        let (method, cluster) = (method.to_string(), cluster.to_owned());
        Self { method, cluster, well: true, serial: 0, modules: Vec::new(), archive: None }
    }

    /// A run came to its end, well or not.
    pub(super) fn ran(&mut self, name: &ModuleName, outcome: &Outcome) {
        let line = self.line(name, Status::Done);
        line.changed.extend(outcome.changed.iter().cloned());
        line.changed.sort();
        line.changed.dedup();
        if !outcome.failures.is_empty() {
            self.failed(name, &outcome.failures, "");
        }
    }

    /// It is done with this module.
    pub(super) fn done(&mut self, name: &ModuleName) {
        self.line(name, Status::Done);
    }

    /// It went wrong with this module.
    pub(super) fn failed(&mut self, name: &ModuleName, failures: &[Failure], why: &str) {
        self.well = false;
        let line = self.line(name, Status::Failed);
        (line.failures, line.why) = (failures.to_vec(), why.to_owned());
    }

    /// It went wrong with none of the modules.
    pub(super) fn wrong(&mut self) {
        self.well = false;
    }

    /// It did not come to this module.
    pub(super) fn waits(&mut self, name: &ModuleName) {
        self.line(name, Status::Waiting);
    }

    pub(super) fn archive(&mut self, path: &std::path::Path) {
        self.archive = Some(path.display().to_string());
    }

    fn line(&mut self, name: &ModuleName, status: Status) -> &mut Line {
        let index = self.modules.iter().position(|line| line.module == *name).unwrap_or_else(|| {
            let (module, changed, failures, why) = (name.clone(), Vec::new(), Vec::new(), String::new());
            self.modules.push(Line { module, status, changed, failures, why });
            self.modules.len() - 1
        });
        self.modules[index].status = status;
        &mut self.modules[index]
    }

    /// Prints it; people were told otherwise.
    pub(super) fn print(mut self, format: Format, serial: u64) -> Result<()> {
        self.serial = serial;
        if format == Format::Text { Ok(()) } else { output::print(format, &self, |_| String::new()) }
    }
}

/// What people are shown on the way: data, unless the result is; then it is talk.
pub(super) fn show(context: &Context, format: Format, text: &str) -> Result<()> {
    match format {
        Format::Text => output::write(output::plain(text).as_bytes()),
        _ => {
            context.note(text.trim_end());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn each_module_is_told_once_with_how_it_ended() {
        let name = |name: &str| name.parse::<ModuleName>().unwrap();
        let mut report = Report::new(Method::Apply, "demo");
        report.ran(&name("common"), &Outcome { changed: ["lb-1".to_owned()].into(), ..Outcome::default() });
        let failure = Failure { machine: "lb-1".to_owned(), task: "works".to_owned(), message: "no room".to_owned() };
        report.ran(&name("haproxy"), &Outcome { failures: vec![failure.clone()], ..Outcome::default() });
        report.failed(&name("haproxy"), &[failure], "");
        report.waits(&name("prometheus"));
        let text = serde_json::to_string(&report).unwrap();
        expect![[r#"{"method":"apply","cluster":"demo","well":false,"serial":0,"modules":[{"module":"common","status":"done","changed":["lb-1"],"failures":[]},{"module":"haproxy","status":"failed","changed":[],"failures":[{"machine":"lb-1","task":"works","message":"no room"}]},{"module":"prometheus","status":"waiting","changed":[],"failures":[]}]}"#]].assert_eq(&text);
    }
}
