//! XML of a repository, one element of the root after the other.
//!
//! Elements are small trees of limited depth and size. Entities are not expanded, except the five that XML itself
//! knows; a document that declares others is refused. Names stand without their prefix, attributes with it.

use crate::metadata_error::MetadataError;
use quick_xml::{
    Reader,
    escape::{resolve_predefined_entity, unescape},
    events::{BytesStart, Event},
};
use std::io::{self, BufRead, Read};

/// How deep elements may lie in each other.
const DEEPEST: usize = 32;
/// The most attributes of one element.
const MOST_ATTRIBUTES: usize = 64;
/// The most bytes between the beginnings of two elements below the root.
const LONGEST: u64 = 64 << 20;

/// An element with all that it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    text: String,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Its own text, without white space around it.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the child of that name; none where it is empty.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(Element::text).filter(|text| !text.is_empty())
    }
}

/// A document of which the root's start was read.
pub(crate) struct Document<R> {
    reader: Reader<Meter<R>>,
    buffer: Vec<u8>,
    kind: &'static str,
    finished: bool,
}

impl<R: BufRead> Document<R> {
    /// Reads to the root, which has to be called `root`; `kind` is how messages call the document.
    pub(crate) fn open(source: R, kind: &'static str, root: &str) -> Result<Self, MetadataError> {
        let mut reader = Reader::from_reader(Meter { inner: source, left: LONGEST });
        reader.config_mut().expand_empty_elements = true;
        let mut document = Self { reader, buffer: Vec::new(), kind, finished: false };
        loop {
            match document.event()? {
                Step::Start(element) if element.name == root => return Ok(document),
                Step::Start(element) => {
                    let why = format!("it begins with <{}>, not with <{root}>", element.name.escape_debug());
                    return Err(document.wrong(why));
                }
                Step::End => return Err(document.wrong("it is empty")),
                Step::Text(_) => {}
            }
        }
    }

    /// The next element of the root.
    pub(crate) fn element(&mut self) -> Result<Option<Element>, MetadataError> {
        self.reader.get_mut().left = LONGEST;
        let mut open: Vec<Element> = Vec::new();
        while !self.finished {
            match self.event()? {
                Step::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Step::Start(_) if open.len() >= DEEPEST => return Err(self.wrong("its elements lie too deep in each other")),
                Step::Start(element) => open.push(element),
                Step::End => match (open.pop(), open.last_mut()) {
                    (Some(element), Some(parent)) => parent.children.push(element),
                    (Some(element), None) => return Ok(Some(element)),
                    (None, _) => self.finished = true,
                },
            }
        }
        Ok(None)
    }

    /// An error at the place that was reached.
    pub(crate) fn wrong(&self, why: impl Into<String>) -> MetadataError {
        MetadataError::Xml { document: self.kind, at: self.reader.buffer_position(), why: why.into() }
    }

    fn event(&mut self) -> Result<Step, MetadataError> {
        loop {
            self.buffer.clear();
            let (kind, at) = (self.kind, self.reader.buffer_position());
            let wrong = |why: String| MetadataError::Xml { document: kind, at, why };
            let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| wrong(error.to_string()))?;
            return Ok(match event {
                Event::Start(tag) | Event::Empty(tag) => Step::Start(element(&tag).map_err(wrong)?),
                Event::End(_) => Step::End,
                Event::Text(text) => Step::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Step::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(name) => match name.resolve_char_ref() {
                    Ok(Some(letter)) => Step::Text(letter.to_string()),
                    Ok(None) => match resolve_predefined_entity(&name) {
                        Some(text) => Step::Text(text.to_owned()),
                        None => return Err(wrong(format!("the entity `{}` is not one of XML's own", name.escape_debug()))),
                    },
                    Err(error) => return Err(wrong(error.to_string())),
                },
                Event::DocType(text) if text.contains("<!ENTITY") => {
                    return Err(wrong("it declares entities, which a repository has no use for".to_owned()));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
                Event::Eof => return Err(wrong("it ends too early".to_owned())),
            });
        }
    }
}

enum Step {
    Start(Element),
    Text(String),
    End,
}

fn element(tag: &BytesStart<'_>) -> Result<Element, String> {
    let mut found = Element { name: tag.local_name().as_ref().to_owned(), ..Element::default() };
    // The parser's own check for repeated names looks at all pairs.
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if found.attributes.len() >= MOST_ATTRIBUTES {
            return Err(format!("<{}> has too many attributes", found.name.escape_debug()));
        }
        let value = unescape(&attribute.value).map_err(|error| error.to_string())?;
        found.attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(found)
}

/// A reader that stops with an error where too much comes at once.
struct Meter<R> {
    inner: R,
    left: u64,
}

impl<R: BufRead> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.left {
            0 => Err(io::Error::new(io::ErrorKind::InvalidData, "one element is longer than is reasonable")),
            _ => self.inner.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}

/// Text as it stands between tags or in an attribute; what XML cannot hold is left out.
pub(crate) fn escaped(text: &str) -> String {
    let kept = |c: &char| matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars().filter(kept) {
        match letter {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '"' => plain.push_str("&quot;"),
            // a bare one would come back as a line end
            '\r' => plain.push_str("&#13;"),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Element>, MetadataError> {
        let mut document = Document::open(text.as_bytes(), "list", "list")?;
        std::iter::from_fn(|| document.element().transpose()).collect()
    }

    #[test]
    fn elements_come_one_by_one_without_prefixes() {
        let found =
            all("<?xml version='1.0'?><list xmlns:m='x'>\n<m:one a='1 &amp; 2'>x<b/>&lt;y&#65;<![CDATA[&]]></m:one><two/></list>");
        let found = found.unwrap();
        assert_eq!((found.len(), found[0].name.as_str(), found[0].attribute("a")), (2, "one", Some("1 & 2")));
        assert_eq!((found[0].text(), found[0].children.len()), ("x<yA&", 1));
    }

    #[test]
    fn bombs_and_broken_texts_are_refused_in_words() {
        let deep = format!("<list>{}", "<a>".repeat(10_000));
        let many = format!("<list><a {}/></list>", (0..100).map(|n| format!("a{n}='' ")).collect::<String>());
        for (text, word) in [
            ("<!DOCTYPE list [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><list>&b;</list>", "declares entities"),
            ("<list><a>&lol;</a></list>", "`lol` is not one of XML's own"),
            ("<list><a x='&lol;'/></list>", "lol"),
            (deep.as_str(), "too deep"),
            (many.as_str(), "too many attributes"),
            ("<list><a></b></list>", "list:"),
            ("<list><a>", "ends too early"),
            ("<other/>", "begins with <other>"),
            ("", "ends too early"),
        ] {
            let said = all(text).unwrap_err().to_string();
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn one_element_cannot_fill_the_memory() {
        let source = io::BufReader::new(io::Read::chain(&b"<list><a>"[..], io::repeat(b'x').take(LONGEST * 2)));
        let mut document = Document::open(source, "list", "list").unwrap();
        assert!(document.element().unwrap_err().to_string().contains("longer than is reasonable"));
    }

    #[test]
    fn what_is_escaped_comes_back() {
        let text = "a <b> & \"c\" 'd' \r\n\u{1}é";
        let found = all(&format!("<list><a x=\"{0}\">{0}</a></list>", escaped(text))).unwrap();
        let plain = text.replace('\u{1}', "");
        assert_eq!((found[0].text.as_str(), found[0].attribute("x")), (plain.as_str(), Some(plain.as_str())));
    }
}
