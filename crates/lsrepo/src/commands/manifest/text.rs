//! A manifest for a terminal.

use super::{
    View,
    document::{Entry, PlatformPart, SourcePart, Totals},
};
use crate::commands::carry::figures;
use lsrepo_bom::inventory::{Artifact, Difference};
use lsrepo_types::{Bytes, Count, visible};

/// The whole, totals first.
pub(super) fn render(view: &View<'_>) -> String {
    let document = view.document;
    let trusted = if view.trusted { "trusted here" } else { "not trusted here" };
    let mut text = format!("manifest of {}\n", visible(view.bundle));
    text += &format!("index {}\nsigned by {} ({trusted})\n", document.bundle.index, visible(&document.bundle.signer));
    if let Some(created) = document.bundle.created {
        text += &format!("as of {created}\n");
    }
    text += &format!("to be signed, as JSON: {}\n{}\n", view.approved, in_all(&document.totals));
    if document.left_out.count > 0 {
        let (count, bytes) = (Count(document.left_out.count), Bytes(document.left_out.bytes));
        text += &format!("not in it, as the far side was said to have it: {count} blobs, {bytes}\n");
    }
    if let Some(programs) = &document.programs {
        text += &format!("programs for bare hosts: {}, {}\n", Bytes(programs.bytes), programs.digest);
    }
    text += &format!("{} without a signature of an upstream\n", Count(document.without_signature));
    for one in &document.unlisted {
        text += &format!("! {} {}: no lock names it: {}\n", visible(&one.set), one.digest, visible(&one.name));
    }
    if let Some((before, difference)) = &view.changes {
        text += &changes(before, difference);
    }
    text + &document.platforms.iter().map(platform).collect::<String>()
}

pub(super) fn in_all(totals: &Totals) -> String {
    let Totals { packages, images, files } = totals;
    figures((packages.count, packages.bytes), (images.count, images.bytes), (files.count, files.bytes))
}

fn changes(before: &str, difference: &Difference) -> String {
    let mut text = format!("\nsince {}\n", visible(before));
    let one = |sign: char, one: &Artifact| {
        let name = [&one.name, &one.version, &one.arch].map(|word| visible(word)).join(" ");
        format!("{sign} {:<5} {}, {}\n", one.kind.as_str(), name.trim_end(), Bytes(one.size))
    };
    text += &difference.added.iter().map(|added| one('+', added)).collect::<String>();
    text += &difference.removed.iter().map(|removed| one('-', removed)).collect::<String>();
    for change in &difference.changed {
        text += &format!("~ {:<5} {} {}\n", change.to.kind.as_str(), visible(&change.to.name), became(&change.from, &change.to));
    }
    if difference.is_empty() {
        text += "nothing changed\n";
    }
    text
}

/// What changed: the version, or where it is the same, the content.
pub(super) fn became(from: &Artifact, to: &Artifact) -> String {
    let of = |one: &Artifact| match from.version == to.version {
        true => one.digest.to_string(),
        false => visible(&one.version),
    };
    format!("{} -> {}", of(from), of(to))
}

fn platform(part: &PlatformPart) -> String {
    let mut text = format!("\n{}, as of {}: {}\n", visible(&part.platform), part.date, in_all(&part.totals));
    text += &part
        .sources
        .iter()
        .map(|source| format!("  source {}: {}\n", visible(&source.name), vouchers(source)))
        .collect::<String>();
    for module in &part.modules {
        text += &format!("  module {}: {}\n", visible(&module.module), in_all(&module.totals));
    }
    text + &part.entries().map(entry).collect::<String>()
}

/// Whose keys stand behind a source.
fn vouchers(source: &SourcePart) -> String {
    let index =
        source.index_signer.as_ref().map_or("index not signed".to_owned(), |key| format!("index signed by {}", visible(key)));
    let keys: Vec<String> =
        source.package_keys.iter().map(|key| format!("{} ({})", visible(&key.fingerprint), visible(&key.name))).collect();
    match keys.is_empty() {
        true => index,
        false => format!("{index}; packages by {}", keys.join(", ")),
    }
}

fn entry(one: &Entry) -> String {
    let name = [&one.name, &one.version, &one.arch].map(|word| visible(word)).join(" ");
    let licence = one.licence.as_ref().map_or(String::new(), |licence| format!(", {}", visible(licence)));
    let out = if one.left_out { ", not in the bundle" } else { "" };
    let mut text =
        format!("  {}, {}{licence}{out}\n    {}\n    {}\n", name.trim_end(), Bytes(one.size), one.digest, visible(&one.purl));
    text += &one.addresses.iter().map(|url| format!("    from {}\n", visible(url))).collect::<String>();
    for vouch in &one.vouched {
        text += format!("    {} {}", vouch.how.words(), visible(&vouch.by.join(", "))).trim_end();
        text += "\n";
    }
    text + &format!("    for {}\n", visible(&one.modules.iter().map(String::as_str).collect::<Vec<_>>().join(", ")))
}
