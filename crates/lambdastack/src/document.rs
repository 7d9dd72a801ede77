//! One document: its header, and its specification with the defaults of its kind under it.
//!
//! ```yaml
//! kind: infrastructure/machine
//! name: lb-1
//! provider: any
//! version: 0.1.0
//! specification: {ip: 10.0.0.1}
//! ```

use crate::{
    kind::Kind,
    module::Catalogue,
    schema::{Field, Settings},
    source::{Reader, Source, under, unknown},
    version::Version,
    yaml::{self, Node, Place},
};
use lsrepo_bom::Misfit;
use std::collections::BTreeMap;

/// The only provider: machines that exist.
pub const PROVIDER: &str = "any";

const KEYS: [&str; 6] = ["kind", "title", "name", "provider", "version", "specification"];

/// One document.
#[derive(Clone, Debug)]
pub struct Document {
    /// what it is about
    pub kind: Kind,
    /// unique among those of its kind
    pub name: String,
    /// with defaults
    pub specification: Settings,
    /// as it was written
    pub node: Node,
    /// which of the sources it is in
    pub source: usize,
}

impl Document {
    /// The place of what was written behind these keys of the specification, or else of the document.
    pub fn place(&self, keys: &[&str]) -> Place {
        self.node.get("specification").and_then(|node| node.at(keys)).map_or(self.node.place, |node| node.place)
    }
}

/// All documents of all sources, each with its own kind's defaults, and what is wrong with any of them.
pub fn read(sources: &[Source], modules: &Catalogue) -> (Vec<Document>, Vec<Misfit>) {
    let (mut documents, mut misfits) = (Vec::new(), Vec::new());
    for (number, source) in sources.iter().enumerate() {
        let nodes = yaml::parse(source).unwrap_or_else(|misfit| {
            misfits.push(misfit);
            Vec::new()
        });
        for node in nodes {
            let mut reader = Reader::new(source);
            let read = one(&mut reader, &node, modules);
            misfits.append(&mut reader.misfits);
            documents.extend(read.map(|(kind, name, specification)| Document { kind, name, specification, node, source: number }));
        }
    }
    let mut seen: BTreeMap<(&Kind, &str), &Document> = BTreeMap::new();
    // of clusters there is one at all
    for document in documents.iter().filter(|document| document.kind != Kind::Cluster) {
        if let Some(first) = seen.insert((&document.kind, &document.name), document) {
            let place = document.node.get("name").unwrap_or(&document.node).place;
            let there = format!("{}:{}", sources[first.source].file, first.node.place.line);
            let said =
                format!("there are two documents `{}` with the name `{}`; the first is at {there}", document.kind, document.name);
            misfits.push(sources[document.source].misfit(place, "", said));
        }
    }
    (documents, misfits)
}

fn one(reader: &mut Reader<'_>, node: &Node, modules: &Catalogue) -> Option<(Kind, String, Settings)> {
    if !reader.map(node, "", &KEYS) {
        return None;
    }
    let kind = kind(reader, node);
    let name = name(reader, node, kind.as_ref());
    reader.text(node, "", "title");
    if let Some(provider) = reader.text(node, "", "provider").filter(|provider| *provider != PROVIDER) {
        let said = unknown("provider", provider, []);
        let place = node.get("provider").map_or(node.place, |node| node.place);
        reader.wrong(place, "/provider", format!("{said}\nhint: only `any`, machines that exist"));
    }
    if let Some(text) = reader.text(node, "", "version") {
        let fits = text.parse::<Version>().and_then(|version| version.fits(&Version::of_program()));
        if let Err(why) = fits {
            reader.wrong(node.get("version").map_or(node.place, |node| node.place), "/version", why);
        }
    }
    let kind = kind?;
    let schema = schema(reader, node, &kind, modules)?;
    let specification = match node.get("specification") {
        Some(specification) => schema.settle(reader, specification, "/specification")?,
        None => schema.settled_defaults().or_else(|| {
            reader.wrong(node.place, "", "`specification` is missing");
            None
        })?,
    };
    Some((kind, name?, specification))
}

fn kind(reader: &mut Reader<'_>, node: &Node) -> Option<Kind> {
    let text = reader.required_text(node, "", "kind")?;
    text.parse().map_err(|why: String| reader.wrong(node.get("kind").map_or(node.place, |node| node.place), "/kind", why)).ok()
}

/// Configurations have one name, which need not be written.
fn name(reader: &mut Reader<'_>, node: &Node, kind: Option<&Kind>) -> Option<String> {
    let unnamed = !matches!(kind, Some(Kind::Machine));
    let text = match node.get("name") {
        None if unnamed => return Some("default".to_owned()),
        _ => reader.required_text(node, "", "name")?,
    };
    let place = node.get("name").map_or(node.place, |node| node.place);
    if !crate::schema::is_name(text) {
        reader.wrong(place, "/name", crate::schema::not_a_name(text));
        return None;
    }
    if !matches!(kind, None | Some(Kind::Machine | Kind::Cluster)) && text != "default" {
        reader.wrong(place, "/name", "a configuration has the name `default`\nhint: leave `name` out");
    }
    Some(text.to_owned())
}

fn schema(reader: &mut Reader<'_>, node: &Node, kind: &Kind, modules: &Catalogue) -> Option<Field> {
    let Kind::Module(name) = kind else { return kind.schema() };
    if let Some(module) = modules.get(name) {
        return Some(module.manifest.configuration.clone());
    }
    let others = Kind::built_in().map(|kind| kind.to_string());
    let known: Vec<String> = modules.names().map(|name| format!("configuration/{name}")).chain(others).collect();
    let said = unknown("kind", &kind.to_string(), known.iter().map(String::as_str));
    reader.wrong(node.get("kind").map_or(node.place, |node| node.place), &under("", "kind"), said);
    None
}
