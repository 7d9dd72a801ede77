//! A manifest as a page: to be read on a screen, to be printed on A4, and to be signed by hand.
//!
//! It needs nothing but itself: its style is in it, it has no script and refers to nothing. Totals come first, then what is new,
//! then a platform after the other, and at the end the place for a decision.

mod markup;
mod tables;

use super::{View, document::PlatformPart, text::in_all};
use lsrepo_types::{Bytes, Count, Digest};
use markup::Markup;

/// Nothing is fetched and nothing runs, whatever a name says.
const POLICY: &str = "<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

/// The whole page.
pub(super) fn page(view: &View<'_>) -> String {
    let document = view.document;
    let head = Markup::fixed(POLICY)
        .then(Markup::of("title", format!("Transfer manifest {}", short(&document.bundle.index))))
        .then(Markup::fixed("\n"))
        .then(Markup::style(include_str!("html/style.css"), &document.bundle.index));
    let platforms: Markup = document.platforms.iter().map(platform).collect();
    let body = Markup::of("h1", "Transfer manifest")
        .then(bundle(view))
        .then(tables::totals(document))
        .then(tables::unlisted(&document.unlisted))
        .then(tables::unsigned(document))
        .then(view.changes.as_ref().map(|(before, difference)| tables::changes(before, difference)).unwrap_or_default())
        .then(platforms)
        .then(decision(view));
    let html = Markup::element("head", head).then(Markup::element("body", Markup::element("main", body)));
    format!("<!doctype html>\n{}\n", Markup::element("html lang=\"en\"", html).into_string())
}

/// Which bundle this is about.
fn bundle(view: &View<'_>) -> Markup {
    let bundle = &view.document.bundle;
    let trusted = match view.trusted {
        true => "trusted on the machine that wrote this page",
        false => "NOT trusted on the machine that wrote this page",
    };
    let created = bundle.created.map_or("not stated".to_owned(), |at| at.to_string());
    let rows = [
        ("Bundle", Markup::text(view.bundle)),
        ("Digest of its signed index", Markup::of("code", bundle.index.to_string())),
        ("Signed by", Markup::of("code", &bundle.signer).then(Markup::text(format!(" ({trusted})")))),
        ("As of", Markup::text(created)),
        ("Digest of the manifest as JSON", Markup::of("code", view.approved.to_string())),
    ];
    let left_out = Some(&view.document.left_out).filter(|sum| sum.count > 0).map(|sum| {
        let text = format!("{} blobs, {}", Count(sum.count), Bytes(sum.bytes));
        ("Not in it, as the far side was said to have it", Markup::text(text))
    });
    let programs = view.document.programs.map(|programs| {
        let size = Markup::text(format!("{}, ", Bytes(programs.bytes)));
        ("Programs for bare hosts", size.then(Markup::of("code", programs.digest.to_string())))
    });
    let rows =
        rows.into_iter().chain(left_out).chain(programs).map(|(what, is)| Markup::of("dt", what).then(Markup::element("dd", is)));
    Markup::element("dl", rows.collect()).then(Markup::fixed("\n"))
}

/// One platform, on a page of its own.
fn platform(part: &PlatformPart) -> Markup {
    let inner = Markup::of("h2", &part.platform)
        .then(Markup::of("p", format!("As of {}: {}.", part.date, in_all(&part.totals))))
        .then(tables::sources(part))
        .then(tables::modules(part))
        .then(tables::entries(&part.platform, "packages", &part.packages))
        .then(tables::entries(&part.platform, "container images", &part.images))
        .then(tables::entries(&part.platform, "files", &part.files));
    Markup::element("section class=\"platform\"", inner).then(Markup::fixed("\n"))
}

/// Where somebody signs, and what that somebody types.
fn decision(view: &View<'_>) -> Markup {
    let line = |what: &str| Markup::of("dt", what).then(Markup::fixed("<dd class=\"line\"></dd>"));
    let lines: Markup = ["Name", "Date", "Decision (approved / refused)", "Signature", "Remarks"].into_iter().map(line).collect();
    let about = format!(
        "This is the decision on the bundle whose signed index has the digest {}. Who approves it signs the manifest as JSON \
         (digest {}), which equal bundles give everywhere:",
        view.document.bundle.index, view.approved
    );
    let commands = "<pre>lsrepo manifest BUNDLE -o json &gt; manifest.json\ngpg --detach-sign --armor manifest.json</pre>";
    let inner = Markup::of("h2", "Decision")
        .then(Markup::element("dl class=\"decision\"", lines))
        .then(Markup::of("p", about))
        .then(Markup::fixed(commands))
        .then(Markup::of("p", "Behind the gap, where the approver's key is trusted (lsrepo key trust --approver FILE):"))
        .then(Markup::of("pre", "lsrepo import --approve manifest.json.asc BUNDLE"));
    Markup::element("section class=\"decision\"", inner).then(Markup::fixed("\n"))
}

fn short(digest: &Digest) -> String {
    digest.hex().chars().take(12).collect()
}

/// `1,032`
fn count(count: u64) -> Markup {
    Markup::text(Count(count).to_string())
}
