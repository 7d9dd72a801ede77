//! The tables of a manifest's page.

use super::{
    count,
    markup::{Markup, table},
};
use crate::commands::manifest::{
    document::{Document, Entry, PlatformPart, Sum, Unlisted},
    text::became,
};
use crate::vouch::Vouch;
use lsrepo_bom::inventory::{Artifact, Difference};
use lsrepo_types::Bytes;

fn bytes(size: u64) -> Markup {
    Markup::of("span class=\"size\"", Bytes(size).to_string())
}

fn code(text: impl AsRef<str>) -> Markup {
    Markup::of("code", text)
}

/// Each on a line of its own.
fn lines(all: impl IntoIterator<Item = Markup>) -> Markup {
    all.into_iter().map(|one| Markup::element("div", one)).collect()
}

fn sum(sum: &Sum) -> [Markup; 2] {
    [count(sum.count), bytes(sum.bytes)]
}

/// What is in the bundle as a whole.
pub(super) fn totals(document: &Document) -> Markup {
    let totals = &document.totals;
    let rows = [("Packages", &totals.packages), ("Container images", &totals.images), ("Files", &totals.files)];
    let rows = rows.into_iter().map(|(what, one)| [Markup::text(what)].into_iter().chain(sum(one)).collect());
    let unsigned = vec![Markup::text("Without a signature of an upstream"), count(document.without_signature), Markup::default()];
    table("Totals, each thing once", &["What", "Count", "Size"], rows.chain([unsigned]))
}

/// What nobody listed, loudly.
pub(super) fn unlisted(all: &[Unlisted]) -> Markup {
    if all.is_empty() {
        return Markup::default();
    }
    let row = |one: &Unlisted| {
        let size = one.size.map_or(Markup::text("unknown"), bytes);
        vec![Markup::text(&one.name), Markup::text(&one.set), size, code(one.digest.to_string())]
    };
    let warning = "The bundle carries content that none of its locks names. A bundle that lsrepo wrote has none: refuse it.";
    Markup::element("p class=\"warning\"", Markup::of("strong", warning)).then(table(
        "Not listed",
        &["Name", "Set", "Size", "Digest"],
        all.iter().map(row),
    ))
}

/// What needs a second look.
pub(super) fn unsigned(document: &Document) -> Markup {
    let of = |part: &'_ PlatformPart| {
        let platform = part.platform.clone();
        let row = move |one: &Entry| {
            let name = format!("{} {} {}", one.name, one.version, one.arch);
            vec![Markup::text(name.trim()), Markup::text(&platform), lines(one.vouched.iter().map(vouch))]
        };
        part.entries().filter(|one| !one.is_signed()).map(row).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<Markup>> = document.platforms.iter().flat_map(of).collect();
    match rows.is_empty() {
        true => Markup::default(),
        false => table("Without a signature of an upstream", &["Name", "Platform", "Vouched for"], rows.into_iter()),
    }
}

/// What is new, changed and gone.
pub(super) fn changes(before: &str, difference: &Difference) -> Markup {
    let head = Markup::of("h2", format!("Changes since {before}"));
    if difference.is_empty() {
        return head.then(Markup::of("p", "Nothing changed."));
    }
    let figures = format!(
        "{} new, {} changed, {} removed; {} more, {} less.",
        difference.added.len(),
        difference.changed.len(),
        difference.removed.len(),
        Bytes(difference.bytes_added),
        Bytes(difference.bytes_removed)
    );
    let named = |one: &Artifact| [Markup::text(&one.name), Markup::text(one.kind.as_str())];
    let rest = |one: &Artifact| {
        let platforms: Vec<String> = one.platforms.iter().map(ToString::to_string).collect();
        [bytes(one.size), Markup::text(platforms.join(", "))]
    };
    let one = |one: &Artifact, what: &str| -> Vec<Markup> {
        let version = if one.version.is_empty() { code(one.digest.to_string()) } else { Markup::text(&one.version) };
        named(one).into_iter().chain([Markup::text(what), version]).chain(rest(one)).collect()
    };
    let added = difference.added.iter().map(|artifact| one(artifact, "new"));
    let removed = difference.removed.iter().map(|artifact| one(artifact, "removed"));
    let changed = difference.changed.iter().map(|change| {
        let version = Markup::text(became(&change.from, &change.to));
        named(&change.to).into_iter().chain([Markup::text("changed"), version]).chain(rest(&change.to)).collect()
    });
    let heads = ["Name", "Kind", "What", "Version or digest", "Size", "Platforms"];
    head.then(Markup::of("p", figures)).then(table("Changes", &heads, added.chain(changed).chain(removed)))
}

/// Where packages come from, and whose keys stand behind it.
pub(super) fn sources(part: &PlatformPart) -> Markup {
    if part.sources.is_empty() {
        return Markup::default();
    }
    let rows = part.sources.iter().map(|source| {
        let signer = source.index_signer.as_ref().map_or(Markup::text("nobody"), code);
        let dated = source.index_date.map_or(Markup::default(), |date| Markup::text(format!(" ({date})")));
        let keys = source.package_keys.iter().map(|key| code(&key.fingerprint).then(Markup::text(format!(" {}", key.name))));
        let demanded = Markup::text(match source.package_signatures {
            "required" => "each package signed by one of:",
            "old" => "each package signed, old algorithms taken, by one of:",
            _ => "none of their own: the index counts",
        });
        vec![
            Markup::text(&source.name),
            lines(source.addresses.iter().map(Markup::text)),
            signer.then(dated),
            lines([demanded].into_iter().chain(keys)),
        ]
    });
    let heads = ["Source", "Addresses", "Index signed by", "Keys of its packages"];
    table(&format!("Upstream sources of {}", part.platform), &heads, rows)
}

/// What each module takes.
pub(super) fn modules(part: &PlatformPart) -> Markup {
    let rows = part.modules.iter().map(|module| {
        let all = [&module.totals.packages, &module.totals.images, &module.totals.files].into_iter().flat_map(sum);
        [Markup::text(&module.module)].into_iter().chain(all).collect()
    });
    let heads = ["Module", "Packages", "Size", "Images", "Size", "Files", "Size"];
    table(&format!("Modules of {}; what several take counts for each", part.platform), &heads, rows)
}

/// Packages, images or files, one by one.
pub(super) fn entries(platform: &str, what: &'static str, all: &[Entry]) -> Markup {
    if all.is_empty() {
        return Markup::default();
    }
    let heads =
        ["Name, version, architecture", "Size", "SHA-256, package URL, source", "Licence", "Vouched for upstream", "Modules"];
    table(&format!("{platform}: {what}"), &heads, all.iter().map(entry))
}

fn entry(one: &Entry) -> Vec<Markup> {
    let version = Markup::text(format!("{} {}", one.version, one.arch).trim());
    let content = [code(one.digest.to_string()), Markup::text(&one.purl)].into_iter();
    let out = one.left_out.then(|| Markup::text("not in the bundle"));
    vec![
        lines([Markup::of("strong", &one.name), version].into_iter().chain(out)),
        bytes(one.size),
        Markup::element("div class=\"small content\"", lines(content.chain(one.addresses.iter().map(Markup::text)))),
        Markup::text(one.licence.as_deref().unwrap_or("not stated")),
        Markup::element("div class=\"small\"", lines(one.vouched.iter().map(vouch))),
        lines(one.modules.iter().map(Markup::text)),
    ]
}

fn vouch(vouch: &Vouch) -> Markup {
    Markup::text(format!("{} ", vouch.how.words())).then(lines(vouch.by.iter().map(code)))
}
