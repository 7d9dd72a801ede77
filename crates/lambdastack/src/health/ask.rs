//! What is asked, and what is a good answer.

use serde::{Deserialize, Serialize};

/// How much may be sent, or expected, over TCP.
const LIMIT: usize = 1024;

/// What is asked at a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Ask {
    /// a page
    Http {
        /// begins with `/`
        path: String,
        /// the status codes that are good
        expect: Vec<u16>,
    },
    /// whether somebody listens, and what that says
    Tcp {
        /// what is said first
        #[serde(default, skip_serializing_if = "Option::is_none")]
        send: Option<String>,
        /// what has to be in the answer
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receive: Option<String>,
    },
}

impl Ask {
    /// What is wrong with it, where something is.
    pub fn misfit(&self) -> Option<String> {
        match self {
            Self::Http { path, expect } => {
                wrong_path(path).or_else(|| wrong_codes(expect.iter().map(|code| i64::from(*code))).map(str::to_owned))
            }
            Self::Tcp { send, receive } => [send, receive].into_iter().flatten().find_map(|text| wrong_text(text)),
        }
    }
}

/// What is wrong with the path of a page.
pub(crate) fn wrong_path(path: &str) -> Option<String> {
    let shown: String = path.chars().take(80).collect();
    match () {
        () if !path.starts_with('/') => Some(format!("`{}` is not the path of a page: it begins with `/`", shown.escape_debug())),
        () if path.len() > LIMIT || !path.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Some(format!("`{}` is not the path of a page: at most {LIMIT} letters of ASCII, without blanks", shown.escape_debug()))
        }
        () => worked_out(path),
    }
}

/// What is wrong with the codes that are expected.
pub(crate) fn wrong_codes(mut codes: impl Iterator<Item = i64>) -> Option<&'static str> {
    let Some(first) = codes.next() else { return Some("at least one status code has to be good") };
    let known = 100..600;
    (!known.contains(&first) || codes.any(|code| !known.contains(&code))).then_some("a status code is between 100 and 599")
}

/// What is wrong with what is sent or expected.
pub(crate) fn wrong_text(text: &str) -> Option<String> {
    match () {
        () if text.is_empty() => Some("it is empty".to_owned()),
        () if text.len() > LIMIT => Some(format!("it is longer than {LIMIT} bytes")),
        () if text.chars().any(|c| c.is_control() && !['\r', '\n', '\t'].contains(&c)) => {
            Some("it holds a control character other than `\\r`, `\\n` and `\\t`".to_owned())
        }
        () => worked_out(text),
    }
}

/// Targets are given to playbooks, where it would become something else.
fn worked_out(text: &str) -> Option<String> {
    let said = "it holds `{{`, `{%` or `{#`, which Ansible would work out";
    ["{{", "{%", "{#"].iter().any(|start| text.contains(start)).then(|| said.to_owned())
}
