//! A YAML stream as its documents. Their marks stand at the start of a line, where YAML allows nothing else to look
//! like them, so each document can be kept as it is, and a broken one does not take others with it.

use std::fmt;

/// The most documents of one text.
const MOST: usize = 50_000;

/// A document that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// where it begins, or where it is wrong; counted from 1
    pub line: usize,
    /// what is wrong
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// One document without its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// its first line, counted from 1
    pub(super) line: usize,
    pub(super) text: String,
}

pub(super) fn split(text: &str) -> Vec<Result<Document, Problem>> {
    let mut all = Vec::new();
    let mut open: Option<Document> = Some(Document { line: 1, text: String::new() });
    let mut stray = false;
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if all.len() >= MOST {
            all.push(Err(Problem { line: at + 1, why: format!("there are more than {MOST} documents") }));
            return all;
        }
        let mark = |mark: &str| line.strip_prefix(mark).filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']));
        if let Some(rest) = mark("---") {
            all.extend(open.take().and_then(closed).map(Ok));
            open = Some(Document { line: at + 1, text: format!("{}\n", rest.trim()) });
            stray = false;
        } else if mark("...").is_some() {
            all.extend(open.take().and_then(closed).map(Ok));
        } else if let Some(document) = &mut open {
            document.text.extend([line, "\n"]);
        } else if !line.trim().is_empty() && !line.starts_with(['#', '%']) && !std::mem::replace(&mut stray, true) {
            all.push(Err(Problem { line: at + 1, why: "text stands between two documents".to_owned() }));
        }
    }
    all.extend(open.and_then(closed).map(Ok));
    all
}

/// A document that says something.
fn closed(mut document: Document) -> Option<Document> {
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#') && !line.starts_with('%');
    let lines = document.text.lines().take_while(|line| line.trim().is_empty()).count();
    document.line += lines;
    let text = document.text.lines().skip(lines).collect::<Vec<_>>().join("\n");
    text.lines().any(says).then(|| Document { line: document.line, text: text.trim_end().to_owned() + "\n" })
}
