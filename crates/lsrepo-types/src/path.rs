//! A path that stays inside the tree it is joined to.

use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, str::FromStr};

/// A relative path of plain names joined by `/`: no `..`, no `.`, no empty part, no backslash,
/// no control character; not absolute. What comes from an index or an archive becomes this, or is refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(Box<str>);

impl RelPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last name.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// This path with `more` below it.
    pub fn join(&self, more: &RelPath) -> RelPath {
        RelPath(format!("{}/{}", self.0, more.0).into())
    }
}

/// A path that might leave its tree.
#[derive(Debug, thiserror::Error)]
#[error("unsafe path `{}`: {why}", path.escape_debug())]
pub struct RelPathError {
    path: String,
    why: &'static str,
}

impl FromStr for RelPath {
    type Err = RelPathError;

    fn from_str(path: &str) -> Result<Self, RelPathError> {
        let refuse = |why| Err(RelPathError { path: path.chars().take(200).collect(), why });
        if path.is_empty() {
            return refuse("it is empty");
        }
        if path.starts_with('/') {
            return refuse("it is absolute");
        }
        if path.len() > 4096 || path.split('/').any(|part| part.len() > 255) {
            return refuse("it is too long");
        }
        if path.chars().any(|c| c == '\\' || c.is_control()) {
            return refuse("it has a backslash or a control character");
        }
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return refuse("it has an empty part, `.` or `..`");
        }
        Ok(Self(path.into()))
    }
}

impl TryFrom<String> for RelPath {
    type Error = RelPathError;
    fn try_from(path: String) -> Result<Self, RelPathError> {
        path.parse()
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> Self {
        path.0.into()
    }
}

impl Borrow<str> for RelPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RelPath;

    #[test]
    fn nothing_leaves_the_tree() {
        for path in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/.", "a\\b", "a\0b", "a/"] {
            assert!(path.parse::<RelPath>().is_err(), "{path:?}");
        }
        let path: RelPath = "pool/main/g/g++/g++_1.2~rc1+b2_amd64.deb".parse().unwrap();
        assert_eq!(path.file_name(), "g++_1.2~rc1+b2_amd64.deb");
    }
}
