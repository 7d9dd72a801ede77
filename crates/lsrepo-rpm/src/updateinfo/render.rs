//! To XML, as createrepo_c lays it out. Equal advisories give equal bytes, in whichever order they come.

use super::{Advisory, AdvisoryPackage, Collection, Reference};
use crate::xml::escaped;
use std::fmt::Write as _;

/// The text of an `updateinfo.xml`, sorted by id. Of advisories that are equal one is written.
pub fn render(advisories: &[Advisory]) -> String {
    let mut chunks: Vec<(&str, String)> = advisories.iter().map(|advisory| (advisory.id.as_str(), chunk(advisory))).collect();
    chunks.sort();
    chunks.dedup();
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<updates>\n".to_owned();
    text.extend(chunks.into_iter().map(|(_, chunk)| chunk));
    text + "</updates>\n"
}

fn chunk(advisory: &Advisory) -> String {
    let mut text = String::new();
    let attributes =
        [("from", &advisory.from), ("status", &advisory.status), ("type", &advisory.kind), ("version", &advisory.version)];
    let _ = writeln!(text, "  <update{}>", joined(&attributes));
    let mut element = |name: &str, value: &str, always: bool| match value.is_empty() {
        true if always => drop(writeln!(text, "    <{name}/>")),
        true => {}
        false => drop(writeln!(text, "    <{name}>{}</{name}>", escaped(value))),
    };
    element("id", &advisory.id, true);
    element("title", &advisory.title, true);
    for (name, date) in [("issued", &advisory.issued), ("updated", &advisory.updated)] {
        if !date.is_empty() {
            let _ = writeln!(text, "    <{name} date=\"{}\"/>", escaped(date));
        }
    }
    let mut element = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "    <{name}>{}</{name}>", escaped(value));
        }
    };
    element("rights", &advisory.rights);
    element("release", &advisory.release);
    element("pushcount", &advisory.pushcount);
    element("severity", &advisory.severity);
    element("summary", &advisory.summary);
    element("description", &advisory.description);
    element("solution", &advisory.solution);
    text.push_str("    <references>\n");
    for Reference { href, id, kind, title } in &advisory.references {
        let attributes = joined(&[("href", href), ("id", id), ("type", kind), ("title", title)]);
        let _ = writeln!(text, "      <reference{attributes}/>");
    }
    text.push_str("    </references>\n    <pkglist>\n");
    advisory.collections.iter().for_each(|collection| self::collection(&mut text, collection));
    text + "    </pkglist>\n  </update>\n"
}

fn collection(text: &mut String, collection: &Collection) {
    let _ = writeln!(text, "      <collection{}>", joined(&[("short", &collection.short)]));
    if !collection.name.is_empty() {
        let _ = writeln!(text, "        <name>{}</name>", escaped(&collection.name));
    }
    if let Some(module) = &collection.module {
        let attributes = [
            ("name", &module.name),
            ("stream", &module.stream),
            ("version", &module.version),
            ("context", &module.context),
            ("arch", &module.arch),
        ];
        let _ = writeln!(text, "        <module{}/>", joined(&attributes));
    }
    collection.packages.iter().for_each(|package| self::package(text, package));
    text.push_str("      </collection>\n");
}

fn package(text: &mut String, package: &AdvisoryPackage) {
    let artifact = &package.artifact;
    let owned = |part: &str| part.to_owned();
    let attributes = [
        ("name", &owned(&artifact.name)),
        ("version", &owned(&artifact.evr.version)),
        ("release", &owned(&artifact.evr.release)),
        ("epoch", &artifact.evr.epoch.to_string()),
        ("arch", &owned(&artifact.arch)),
        ("src", &package.src),
    ];
    let _ = writeln!(text, "        <package{}>", joined(&attributes));
    if !package.filename.is_empty() {
        let _ = writeln!(text, "          <filename>{}</filename>", escaped(&package.filename));
    }
    for (kind, sum) in &package.sums {
        let _ = writeln!(text, "          <sum{}>{}</sum>", joined(&[("type", kind)]), escaped(sum));
    }
    let flags = [
        ("reboot_suggested", package.reboot_suggested),
        ("restart_suggested", package.restart_suggested),
        ("relogin_suggested", package.relogin_suggested),
    ];
    for (name, _) in flags.iter().filter(|(_, set)| *set) {
        let _ = writeln!(text, "          <{name}>True</{name}>");
    }
    text.push_str("        </package>\n");
}

fn joined(attributes: &[(&str, &String)]) -> String {
    let given = attributes.iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect()
}
