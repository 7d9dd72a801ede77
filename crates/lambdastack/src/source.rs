//! A text and the name that it goes by: what is wrong in it is told with file, line, column and the line itself.

use crate::yaml::{Node, Place, Value};
use lsrepo_bom::Misfit;
use lsrepo_types::nearest;

/// A text and its name.
#[derive(Clone, Debug)]
pub struct Source {
    /// named in errors
    pub file: String,
    /// all of it
    pub text: String,
}

impl Source {
    /// A text under its name.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: file.into(), text: text.into() }
    }

    /// What is wrong, and where. `what` may end with a line `hint: …`.
    pub fn misfit(&self, place: Place, pointer: &str, what: impl Into<String>) -> Misfit {
        let line = usize::try_from(place.line).unwrap_or(0).checked_sub(1).and_then(|index| self.text.lines().nth(index));
        Misfit {
            file: self.file.clone(),
            line: place.line,
            column: place.column,
            what: what.into(),
            pointer: pointer.to_owned(),
            text: line.map(|line| line.chars().take(200).collect()).unwrap_or_default(),
        }
    }
}

/// Reads one source and gathers all that is wrong with it.
#[derive(Debug)]
pub struct Reader<'a> {
    /// what is read
    pub source: &'a Source,
    /// in the order in which it was found
    pub misfits: Vec<Misfit>,
}

impl<'a> Reader<'a> {
    /// Nothing is wrong so far.
    pub fn new(source: &'a Source) -> Self {
        Self { source, misfits: Vec::new() }
    }

    /// Something is wrong at `place`.
    pub fn wrong(&mut self, place: Place, pointer: &str, what: impl Into<String>) {
        self.misfits.push(self.source.misfit(place, pointer, what));
    }

    /// Whether it is a map; keys that are not `known` are wrong, with the nearest one as a hint.
    pub fn map(&mut self, node: &Node, pointer: &str, known: &[&str]) -> bool {
        let Value::Map(entries) = &node.value else {
            self.wrong(node.place, pointer, format!("expected a map, found {}", node.kind()));
            return false;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            self.wrong(key.place, pointer, unknown("key", &key.text, known.iter().copied()));
        }
        true
    }

    /// The text of a key that has to be there.
    pub fn required_text<'n>(&mut self, node: &'n Node, pointer: &str, key: &str) -> Option<&'n str> {
        if node.get(key).is_none() {
            self.wrong(node.place, pointer, format!("`{key}` is missing"));
        }
        self.text(node, pointer, key)
    }

    /// The text of a key that may be there.
    pub fn text<'n>(&mut self, node: &'n Node, pointer: &str, key: &str) -> Option<&'n str> {
        let value = node.get(key)?;
        if value.text().is_none() {
            let quotes = if matches!(value.value, Value::Map(_) | Value::List(_)) { "" } else { "\nhint: put it into quotes" };
            self.wrong(value.place, &under(pointer, key), format!("expected text, found {}{quotes}", value.kind()));
        }
        value.text()
    }
}

/// The pointer of what lies under a key (RFC 6901).
pub fn under(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// "unknown key `prot`", with the nearest one that is known.
pub fn unknown<'k>(what: &str, word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match nearest(word, known.iter().copied()) {
        Some(near) => format!("\nhint: did you mean `{near}`?"),
        None if known.is_empty() || known.len() > 24 => String::new(),
        None => format!("\nhint: there are: {}", known.join(", ")),
    };
    let word: String = word.chars().take(80).collect();
    format!("unknown {what} `{word}`{hint}")
}
