//! What a record says, for people: its texts and its relations, taken out of the pieces of XML that it is made of.

use super::Record;
use crate::{Evr, Operator, Relation};
use quick_xml::escape::unescape;
use std::collections::HashSet;

impl Record {
    /// What it is, in one line.
    pub fn summary(&self) -> String {
        text_of(&self.about, "summary")
    }

    /// What it is, in many lines.
    pub fn description(&self) -> String {
        text_of(&self.about, "description")
    }

    /// The address that it names; may be empty.
    pub fn url(&self) -> String {
        text_of(&self.about, "url")
    }

    /// The file of its source package: `bash-5.1.8-9.el9.src.rpm`; may be empty.
    pub fn source_rpm(&self) -> String {
        text_of(&self.format, "rpm:sourcerpm")
    }

    /// Its relations of a kind: `requires`, `provides`, `recommends`, `suggests` …
    pub fn relations(&self, kind: &str) -> Vec<Relation> {
        let section = between(&self.format, &format!("<rpm:{kind}>"), &format!("</rpm:{kind}>")).unwrap_or_default();
        section.split("<rpm:entry").skip(1).filter_map(|rest| entry(rest.split("/>").next()?)).collect()
    }

    /// Those of these paths that are among its files.
    pub fn files_among<'p>(&self, paths: &HashSet<&'p str>) -> Vec<&'p str> {
        let lines = self.files.lines().filter_map(|line| line.strip_suffix("</file>")?.split_once('>'));
        lines.filter_map(|(_, path)| paths.get(&*unescape(path).ok()?).copied()).collect()
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

fn text_of(xml: &str, element: &str) -> String {
    let inner = between(xml, &format!("<{element}>"), &format!("</{element}>")).unwrap_or_default();
    unescape(inner.trim()).map(|text| text.into_owned()).unwrap_or_default()
}

/// The attributes of an entry; a `>` in one of them is escaped.
fn entry(attributes: &str) -> Option<Relation> {
    let value = |name: &str| {
        let text = between(attributes, &format!(" {name}=\""), "\"")?;
        unescape(text).ok().map(|text| text.into_owned())
    };
    let version = value("flags").and_then(|word| Operator::from_word(&word)).map(|operator| {
        let epoch = value("epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or_default();
        let part = |name| value(name).unwrap_or_default().into_boxed_str();
        (operator, Evr { epoch, version: part("ver"), release: part("rel") })
    });
    Some(Relation { name: value("name")?, version, pre: value("pre").is_some() })
}
