//! Documents that cannot be used, with the place in the file.

use serde::de::DeserializeOwned;
use serde_saphyr::Location;
use std::fmt;

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum BomError {
    /// not YAML, or not what the document's kind says
    #[error("{0}")]
    Document(Box<Misfit>),
    /// lines of a requirements file, every one that is of no use
    #[error("{}", joined(.0))]
    Lines(Vec<UnusableLine>),
}

/// What does not fit in a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// the name it was given under
    pub file: String,
    /// counted from 1; 0 where the whole document is meant
    pub line: u64,
    /// counted from 1, in characters; 0 where the whole document is meant
    pub column: u64,
    /// what is wrong there
    pub what: String,
    /// the value that is wrong, as a JSON pointer (RFC 6901); empty for the whole document
    pub pointer: String,
    /// the line itself
    pub text: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, what, pointer, text } = self;
        let (what, hint) = what.split_once("\nhint: ").map_or((what.as_str(), None), |(what, hint)| (what, Some(hint)));
        match line {
            0 => write!(f, "{file}: {what}")?,
            _ => write!(f, "{file}:{line}:{column}: {what}")?,
        }
        if !pointer.is_empty() {
            write!(f, " (at {pointer})")?;
        }
        if !text.trim().is_empty() {
            let before: usize = text.chars().take((*column as usize).saturating_sub(1)).count();
            write!(f, "\n{line:>5} | {text}\n      | {:before$}^", "")?;
        }
        hint.map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableLine {
    /// the name the file was given under
    pub file: String,
    /// counted from 1
    pub line: usize,
    /// why not
    pub why: String,
}

impl fmt::Display for UnusableLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.why)
    }
}

fn joined(lines: &[UnusableLine]) -> String {
    lines.iter().map(UnusableLine::to_string).collect::<Vec<_>>().join("\n")
}

/// One YAML document as a value, or where it goes wrong.
pub(crate) fn from_yaml<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, BomError> {
    let options = serde_saphyr::options! { with_snippet: false };
    let mut pointer = String::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            pointer = pointer_of(error.path());
            error.into_inner()
        })
    });
    read.map_err(|error| misfit(&error, pointer, text, file))
}

/// All YAML documents of a stream, each read for itself.
pub(crate) fn from_yaml_stream<T: DeserializeOwned>(text: &str, file: &str) -> Result<Vec<T>, BomError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| misfit(&error, String::new(), text, file))
}

fn misfit(error: &serde_saphyr::Error, pointer: String, text: &str, file: &str) -> BomError {
    let location = error.location().unwrap_or(Location::UNKNOWN);
    // The reader writes a message in one line, and thinks of its own callers.
    let said = error.to_string().replace("\\n", "\n").replace(", set DuplicateKeyPolicy in Options if acceptable", "");
    let place = format!(" at line {}, column {}", location.line(), location.column());
    let shown = |line: &str| line.chars().take(200).collect::<String>();
    let line = usize::try_from(location.line()).unwrap_or(0).checked_sub(1).and_then(|index| text.lines().nth(index));
    BomError::Document(Box::new(Misfit {
        file: file.to_owned(),
        line: location.line(),
        column: location.column(),
        what: said.replace(&place, "").trim_start_matches("error: ").to_owned(),
        pointer,
        text: line.map(shown).unwrap_or_default(),
    }))
}

/// `requirements.packages[2].name` as `/requirements/packages/2/name`.
fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    };
    path.iter().map(segment).collect()
}
