//! `/snapshots/` and `/snapshots/<a>..<b>`: what was shown before, and what changed.

use super::{
    Made, Stored, View,
    ask::address,
    layout::Place,
    made,
    markup::{Markup, table},
    overview::day,
    parts::{address_of, brief, how_many, pager, word},
    search::select,
};
use crate::site::ShownSnapshot;
use lsrepo_publish::catalogue::{Catalogue, CatalogueError, Difference, Kind, Line, PackageVersion, Row, diff};
use lsrepo_types::Bytes;

const PER_PAGE: u64 = 100;

/// The list.
pub(super) fn page(view: &View<'_>) -> Made {
    let all = &view.site.snapshots;
    let (from, to) = (view.form.get("from"), view.form.get("to"));
    if !from.is_empty() && !to.is_empty() {
        return difference(view, &format!("{from}..{to}"));
    }
    let heading = Markup::of("h1", "Snapshots");
    let Some(current) = all.last() else {
        return made(Place::Snapshots, "Snapshots", heading.then(Markup::of("p", "Only what is shown now is known.")));
    };
    let rows = all.iter().enumerate().rev().map(|(at, one)| {
        let before = at.checked_sub(1).and_then(|at| all.get(at));
        let link = before.map(|before| {
            let two = format!("{}..{}", before.number, one.number);
            Markup::link(&address(&["snapshots", &two], &[]), Markup::text(format!("what changed since {}", before.number)))
        });
        let shown = if one.number == current.number { "shown now" } else { "" };
        vec![Markup::text(one.number.to_string()), Markup::text(day(one.date)), Markup::text(shown), link.unwrap_or_default()]
    });
    let list = table(&how_many(all.len() as u64, "snapshot", "snapshots"), &["Snapshot", "Date", "State", "Differences"], rows);
    let choice = if all.len() > 2 { two(all) } else { Markup::default() };
    let lead = Markup::of("p", "Whenever something is imported, a new snapshot is published and shown.");
    made(Place::Snapshots, "Snapshots", heading.then(lead).then(list).then(choice))
}

/// Any two of them.
fn two(all: &[ShownSnapshot]) -> Markup {
    let options = || all.iter().map(|one| (one.number.to_string(), format!("{}, {}", one.number, day(one.date))));
    let (first, last) = (all[0].number.to_string(), all[all.len() - 1].number.to_string());
    let inner = select("from", "From", "", options(), &first)
        .then(select("to", "To", "", options(), &last))
        .then(Markup::fixed("<button type=\"submit\">Compare</button>"));
    Markup::of("h2", "Compare any two")
        .then(Markup::element("form class=\"fields\" action=\"/snapshots/\" aria-label=\"Compare\"", inner))
}

/// What changed from one to another.
pub(super) fn difference(view: &View<'_>, two: &str) -> Made {
    let one = |text: &str| {
        let number: u64 = text.parse().ok()?;
        view.site.snapshots.iter().find(|one| one.number == number)
    };
    let Some((a, b)) = two.split_once("..").and_then(|(a, b)| Some((one(a)?, one(b)?))) else { return Ok(None) };
    let (before, after) = (view.open(&a.catalogue)?, view.open(&b.catalogue)?);
    let kind = view.form.kind();
    let diff = diff(&before, &after, kind)?;
    let at = view.form.number("at").unwrap_or_default();
    let shown = diff.all.iter().skip(at as usize).take(PER_PAGE as usize);
    let rows = shown.map(|one| line(&before, &after, one)).collect::<Result<Vec<_>, CatalogueError>>()?;
    let (count, word_of) = (rows.len() as u64, kind.map_or("", Kind::as_str));
    let two = format!("{}..{}", a.number, b.number);
    let here = |at: u64| {
        let at = if at == 0 { String::new() } else { at.to_string() };
        address(&["snapshots", &two], &[("kind", word_of), ("at", &at)])
    };
    let said = format!(
        "{} added, {} removed, {} changed; {} more, {} less.",
        how_many(diff.added, "thing", "things"),
        lsrepo_types::Count(diff.removed),
        lsrepo_types::Count(diff.changed),
        Bytes(diff.bytes_more),
        Bytes(diff.bytes_less)
    );
    let list = match rows.is_empty() {
        true => Markup::default(),
        false => table("Differences", &["Name", "What", "Change", "Before", "After"], rows).then(pager(
            at,
            count,
            diff.all.len() as u64,
            PER_PAGE,
            here,
        )),
    };
    let kinds = Kind::ALL.map(|one| (one.as_str().to_owned(), word(one).to_owned()));
    let form = Markup::with(
        "form class=\"fields\" data-live=\"results\" aria-label=\"Kind\"",
        &[("action", &address(&["snapshots", &two], &[]))],
        select("kind", "Kind", "Everything", kinds, word_of).then(Markup::fixed("<button type=\"submit\">Show</button>")),
    );
    let results = Markup::of("p class=\"lead\" role=\"status\"", said).then(list);
    let content = Markup::element("p class=\"eyebrow\"", Markup::fixed("<a href=\"/snapshots/\">Snapshots</a>"))
        .then(Markup::of("h1", format!("From snapshot {} to {}", a.number, b.number)))
        .then(Markup::of("p class=\"dim\"", format!("{} to {}", day(a.date), day(b.date))))
        .then(form)
        .then(Markup::element("div id=\"results\"", results));
    made(Place::Snapshots, format!("Differences {two}"), content)
}

fn line(before: &Catalogue<Stored>, after: &Catalogue<Stored>, one: &Difference) -> Result<Vec<Markup>, CatalogueError> {
    let (old, new) = match one {
        Difference::Added(number) => (None, Some(after.line(*number)?)),
        Difference::Removed(number) => (Some(before.line(*number)?), None),
        Difference::Changed(a, b) => (Some(before.line(*a)?), Some(after.line(*b)?)),
    };
    let (class, change) = match one {
        Difference::Added(_) => ("good", "added"),
        Difference::Removed(_) => ("warn", "removed"),
        Difference::Changed(..) => ("", "changed"),
    };
    let key =
        new.as_ref().or(old.as_ref()).map(|line| line.key.clone()).ok_or(CatalogueError::Damaged("a difference of nothing"))?;
    let name = match new.is_some() {
        true => Markup::link(&address_of(&key), Markup::text(&key.name)),
        false => Markup::text(&key.name),
    };
    let place = if key.place.is_empty() { String::new() } else { format!(", {}", key.place) };
    let what = Markup::text(format!("{}{place}", word(key.kind)));
    let (mut was, mut is) = (side(old.as_ref()), side(new.as_ref()));
    if was == is {
        // one version, built twice
        (was, is) = (builds(old.as_ref()), builds(new.as_ref()));
    }
    let change = Markup::with("span", &[("class", class)], Markup::fixed(change));
    Ok(vec![name, what, change, Markup::text(was), Markup::text(is)])
}

/// What tells one side from the other.
fn side(line: Option<&Line>) -> String {
    let Some(line) = line else { return String::new() };
    let versions = match &line.row {
        Row::Package(package) => package.versions.iter().take(4).map(|one| one.version.clone()).collect(),
        Row::Image(image) => vec![image.digest.chars().take(19).collect()],
        Row::File(file) => vec![file.digest.to_string().chars().take(19).collect()],
        Row::Chart(chart) => vec![chart.file.digest.to_string().chars().take(19).collect()],
        Row::Module(_) => vec![brief(&line.row).0],
    };
    versions.join(", ")
}

/// What tells one build of a package from another.
fn builds(line: Option<&Line>) -> String {
    let Some(Line { row: Row::Package(package), .. }) = line else { return side(line) };
    let build = |one: &PackageVersion| {
        let digest = one.digest.map(|digest| digest.to_string().chars().take(19).collect::<String>());
        format!("{} {} ({})", one.version, one.arch, digest.unwrap_or_default())
    };
    package.versions.iter().take(4).map(build).collect::<Vec<_>>().join(", ")
}
