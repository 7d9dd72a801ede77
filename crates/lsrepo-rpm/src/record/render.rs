//! Pieces of XML, and how they are put together. The order of elements and attributes is createrepo_c's.

use super::Record;
use crate::{
    describe::{Change, Dependency, Description, FileKind, PackageFile, is_primary},
    text::{push_attribute, push_text},
};
use std::{fmt::Write, ops::Range};

/// Everything between the checksum and the location. The time of the file is that of its making: what a disk
/// says would be another one on every machine.
pub(super) fn about(of: &Description<'_>, size: u64) -> String {
    let mut out = String::with_capacity(of.description.len() + 300);
    for (element, text) in
        [("summary", &of.summary), ("description", &of.description), ("packager", &of.packager), ("url", &of.url)]
    {
        element_of(&mut out, "  ", element, text);
    }
    write(&mut out, format_args!("  <time file=\"{0}\" build=\"{0}\"/>\n", of.build_time));
    write(
        &mut out,
        format_args!("  <size package=\"{size}\" installed=\"{}\" archive=\"{}\"/>\n", of.installed_size, of.archive_size),
    );
    out
}

/// The element `format` without its end, and all files.
pub(super) fn format(of: &Description<'_>, header_range: Range<u64>) -> (String, String) {
    let mut out = "  <format>\n".to_owned();
    let texts = [
        ("license", &of.license),
        ("vendor", &of.vendor),
        ("group", &of.group),
        ("buildhost", &of.build_host),
        ("sourcerpm", &of.source_rpm),
    ];
    for (element, text) in texts {
        element_of(&mut out, "    rpm:", element, text);
    }
    write(&mut out, format_args!("    <rpm:header-range start=\"{}\" end=\"{}\"/>\n", header_range.start, header_range.end));
    let relations = &of.relations;
    let kinds = [
        ("provides", &relations.provides),
        ("requires", &relations.requires),
        ("conflicts", &relations.conflicts),
        ("obsoletes", &relations.obsoletes),
        ("suggests", &relations.suggests),
        ("enhances", &relations.enhances),
        ("recommends", &relations.recommends),
        ("supplements", &relations.supplements),
    ];
    kinds.into_iter().for_each(|(kind, entries)| relation(&mut out, kind, entries));
    let files = files(&mut out, &of.files);
    (out, files)
}

/// `prefix` is the indent, and may end with a name space.
fn element_of(out: &mut String, prefix: &str, name: &str, text: &str) {
    let (indent, space) = prefix.split_at(prefix.trim_end_matches("rpm:").len());
    write(out, format_args!("{indent}<{space}{name}"));
    if text.is_empty() {
        return out.push_str("/>\n");
    }
    out.push('>');
    push_text(out, text);
    write(out, format_args!("</{space}{name}>\n"));
}

fn relation(out: &mut String, kind: &str, entries: &[Dependency<'_>]) {
    if entries.is_empty() {
        return;
    }
    write(out, format_args!("    <rpm:{kind}>\n"));
    for entry in entries.iter().filter(|entry| !entry.name.is_empty()) {
        out.push_str("      <rpm:entry");
        attribute(out, "name", &entry.name);
        if let Some(operator) = entry.operator {
            attribute(out, "flags", operator.word());
            for (name, value) in [("epoch", &entry.epoch), ("ver", &entry.version), ("rel", &entry.release)] {
                if !value.is_empty() {
                    attribute(out, name, value);
                }
            }
        }
        if entry.pre {
            attribute(out, "pre", "1");
        }
        out.push_str("/>\n");
    }
    write(out, format_args!("    </rpm:{kind}>\n"));
}

/// How an entry of this name begins.
pub(super) fn entry_start(name: &str) -> String {
    let mut out = String::from("<rpm:entry");
    attribute(&mut out, "name", name);
    out
}

/// All files; those that every client should know go to `primary` too.
fn files(primary: &mut String, files: &[PackageFile<'_>]) -> String {
    let mut out = String::with_capacity(files.len() * 70);
    let (mut path, mut room) = (String::new(), Vec::new());
    for file in files {
        path.clear();
        file.push_path(&mut path, &mut room);
        let start = out.len();
        out.push_str(match file.kind {
            FileKind::File => "  <file>",
            FileKind::Directory => "  <file type=\"dir\">",
            FileKind::Ghost => "  <file type=\"ghost\">",
        });
        push_text(&mut out, &path);
        out.push_str("</file>\n");
        if is_primary(&path) {
            primary.push_str("  ");
            primary.push_str(&out[start..]);
        }
    }
    out
}

pub(super) fn changes(changes: &[Change<'_>]) -> String {
    let mut out = String::new();
    for change in changes {
        out.push_str("  <changelog");
        attribute(&mut out, "author", &change.author);
        write(&mut out, format_args!(" date=\"{}\"", change.date));
        if change.text.is_empty() {
            out.push_str("/>\n");
            continue;
        }
        out.push('>');
        push_text(&mut out, &change.text);
        out.push_str("</changelog>\n");
    }
    out
}

impl Record {
    /// Appends the package to `primary`. Those of `more` that are its files and do not stand there anyway are
    /// added: paths that others require, which a client would have to look up in the long list, and newer ones
    /// do not even fetch it.
    pub fn push_primary(&self, out: &mut String, href: &str, more: &[&str]) {
        out.push_str("<package type=\"rpm\">\n");
        element_of(out, "  ", "name", &self.name);
        element_of(out, "  ", "arch", &self.arch);
        self.push_version(out);
        write(out, format_args!("  <checksum type=\"sha256\" pkgid=\"YES\">{}</checksum>\n", self.digest.hex()));
        out.push_str(&self.about);
        out.push_str("  <location");
        attribute(out, "href", href);
        out.push_str("/>\n");
        out.push_str(&self.format);
        for file in more.iter().filter(|path| !is_primary(path)).filter_map(|path| self.file(path)) {
            out.push_str("  ");
            out.push_str(file);
        }
        out.push_str("  </format>\n</package>\n");
    }

    /// Appends the package to `filelists`.
    pub fn push_filelists(&self, out: &mut String) {
        self.push_head(out);
        out.push_str(&self.files);
        out.push_str("</package>\n");
    }

    /// Appends the package to `other`.
    pub fn push_other(&self, out: &mut String) {
        self.push_head(out);
        out.push_str(&self.changes);
        out.push_str("</package>\n");
    }

    /// The line of `filelists` that tells of this path.
    pub(super) fn file(&self, path: &str) -> Option<&str> {
        let mut line_end = String::from(">");
        push_text(&mut line_end, path);
        line_end.push_str("</file>\n");
        let at = memchr::memmem::find(self.files.as_bytes(), line_end.as_bytes())?;
        let start = self.files[..at].rfind("  <file").unwrap_or(at);
        Some(&self.files[start..at + line_end.len()])
    }

    fn push_head(&self, out: &mut String) {
        out.push_str("<package");
        attribute(out, "pkgid", &self.digest.hex());
        attribute(out, "name", &self.name);
        attribute(out, "arch", &self.arch);
        out.push_str(">\n");
        self.push_version(out);
    }

    fn push_version(&self, out: &mut String) {
        write(out, format_args!("  <version epoch=\"{}\"", self.epoch));
        attribute(out, "ver", &self.version);
        attribute(out, "rel", &self.release);
        out.push_str("/>\n");
    }
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_attribute(out, value);
    out.push('"');
}

fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    // a String takes everything
    let _ = out.write_fmt(text);
}
