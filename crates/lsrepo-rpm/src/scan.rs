//! The XML of an index, element by element, within limits.
//!
//! An index is verified and unpacked when it comes here, and still nobody's friend: a document type (the
//! way to entity bombs) is refused, so is nesting that no index has, and one element may not be larger
//! than memory.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};
use std::{
    borrow::Cow,
    io::{self, BufRead, Read},
};

/// An index nests five deep.
const DEEPEST: usize = 16;
/// Far more than the longest description or attribute.
const LARGEST_EVENT: usize = 64 << 20;

/// What is wrong with an index.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// not XML, or not readable
    #[error("{0}")]
    Xml(#[from] quick_xml::Error),
    /// a document type
    #[error("has a document type, which no index has")]
    DocumentType,
    /// too many elements inside each other
    #[error("nests more than {DEEPEST} elements")]
    TooDeep,
    /// the index ends inside an element
    #[error("ends before its last element is closed")]
    CutOff,
    /// the first element is another one
    #[error("is no `{expected}`: begins with `{found}`")]
    OtherDocument {
        /// the element it should be
        expected: &'static str,
        /// the element that it is
        found: String,
    },
    /// something that every package has
    #[error("a package without `{0}`")]
    Missing(&'static str),
    /// a value that is none
    #[error("`{field}`: {problem}: `{value}`")]
    Value {
        /// the element or attribute
        field: &'static str,
        /// what is expected
        problem: &'static str,
        /// what is there, cut short
        value: String,
    },
}

impl Problem {
    pub(crate) fn value(field: &'static str, problem: &'static str, value: &str) -> Self {
        Problem::Value { field, problem, value: value.chars().take(120).collect() }
    }
}

/// A reader that refuses to give too much for one event.
struct Bounded<R> {
    input: R,
    left: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.left {
            0 => Err(io::Error::other("one element is larger than 64 MiB")),
            _ => self.input.fill_buf(),
        }
    }

    fn consume(&mut self, length: usize) {
        self.left = self.left.saturating_sub(length);
        self.input.consume(length);
    }
}

/// A piece of a document. Depths count from 1, the document's own element.
pub(crate) enum Piece<'a> {
    /// An element begins; an `empty` one ends here too.
    Open { element: Element<'a>, depth: usize, empty: bool },
    /// The element of that depth ends.
    Close { depth: usize },
    /// Text, maybe a part of it.
    Text(Cow<'a, str>),
    /// The document is over.
    End,
}

/// The start of an element.
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The name without its prefix, however the document calls the namespace.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// Calls `each` with the local name and the text of each attribute; `xml:base` keeps its prefix.
    pub(crate) fn attributes<'p>(&self, mut each: impl FnMut(&str, &str) -> Result<(), Problem> + 'p) -> Result<(), Problem> {
        for attribute in self.0.attributes().with_checks(false) {
            let attribute = attribute.map_err(quick_xml::Error::from)?;
            let name = match attribute.key.0 {
                whole @ "xml:base" => whole,
                _ => attribute.key.local_name().into_inner(),
            };
            match attribute.value.contains('&') {
                false => each(name, &attribute.value)?,
                true => each(name, &attribute.normalized_value(XmlVersion::Implicit1_0)?)?,
            }
        }
        Ok(())
    }
}

/// Gives the pieces of a document.
pub(crate) struct Scanner<R: BufRead> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
    depth: usize,
    document: &'static str,
}

impl<R: BufRead> Scanner<R> {
    /// Of a document whose first element is `document`.
    pub(crate) fn new(input: R, document: &'static str) -> Self {
        let reader = Reader::from_reader(Bounded { input, left: LARGEST_EVENT });
        Self { reader, buffer: Vec::new(), depth: 0, document }
    }

    /// The next piece. What tells nothing (comments, the declaration) comes as an empty text.
    pub(crate) fn next(&mut self) -> Result<Piece<'_>, Problem> {
        self.buffer.clear();
        self.reader.get_mut().left = LARGEST_EVENT;
        Ok(match self.reader.read_event_into(&mut self.buffer)? {
            Event::Start(start) => {
                self.depth += 1;
                let element = checked(start, self.depth, self.document)?;
                Piece::Open { element, depth: self.depth, empty: false }
            }
            Event::Empty(start) => {
                let depth = self.depth + 1;
                Piece::Open { element: checked(start, depth, self.document)?, depth, empty: true }
            }
            Event::End(_) => {
                self.depth -= 1;
                Piece::Close { depth: self.depth + 1 }
            }
            Event::Text(text) => Piece::Text(text.into_inner()),
            Event::CData(text) => Piece::Text(text.into_inner()),
            Event::GeneralRef(reference) => Piece::Text(Cow::Owned(resolved(&reference)?.to_string())),
            Event::DocType(_) => return Err(Problem::DocumentType),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Piece::Text(Cow::Borrowed("")),
            Event::Eof if self.depth > 0 => return Err(Problem::CutOff),
            Event::Eof => Piece::End,
        })
    }
}

fn checked<'a>(start: BytesStart<'a>, depth: usize, document: &'static str) -> Result<Element<'a>, Problem> {
    let element = Element(start);
    match depth {
        1 if element.name() != document => {
            Err(Problem::OtherDocument { expected: document, found: element.name().chars().take(80).collect() })
        }
        0..=DEEPEST => Ok(element),
        _ => Err(Problem::TooDeep),
    }
}

/// Only what every XML document knows; there are no entities of its own.
fn resolved(reference: &BytesRef<'_>) -> Result<char, Problem> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character);
    }
    match &**reference {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        other => Err(Problem::value("text", "an unknown entity", other)),
    }
}
