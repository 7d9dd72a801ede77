//! Lists: the packages of a platform, all images, all modules.

use super::{
    Made, Stored, View,
    ask::address,
    layout::Place,
    made,
    markup::{Markup, table},
    parts::{address_of, brief, how_many, pager, size, split_image},
};
use lsrepo_publish::catalogue::{Catalogue, CatalogueError, Kind, Line, Range, Row};

const PER_PAGE: u64 = 50;

/// `/packages/`
pub(super) fn platforms(catalogue: &Catalogue<Stored>) -> Made {
    let rows = catalogue.ranges().iter().filter(|range| range.kind == Kind::Package).map(|range| {
        let link = Markup::link(&address(&["packages", &range.place, ""], &[]), Markup::text(&range.place));
        vec![link, Markup::text(lsrepo_types::Count(range.count()).to_string()), size(range.bytes)]
    });
    let content = Markup::of("h1", "Packages").then(table("Platforms", &["Platform", "Names", "Size"], rows));
    made(Place::Packages, "Packages", content)
}

/// A piece of a range: where it begins, its rows, and the links around it.
struct Piece {
    rows: Vec<Line>,
    pager: Markup,
}

fn piece(view: &View<'_>, catalogue: &Catalogue<Stored>, range: &Range, here: &[&str]) -> Result<Piece, CatalogueError> {
    let at = view.form.number("at").unwrap_or_default().min(range.count().saturating_sub(1));
    let first = range.first + at as u32;
    let rows = catalogue.some(first..range.end.min(first + PER_PAGE as u32))?;
    let address = |at: u64| address(here, &[("at", if at == 0 { String::new() } else { at.to_string() }.as_str())]);
    let pager = pager(at, rows.len() as u64, range.count(), PER_PAGE, address);
    Ok(Piece { rows, pager })
}

/// `/packages/<os>/<arch>/`
pub(super) fn packages(view: &View<'_>, catalogue: &Catalogue<Stored>, platform: &str) -> Made {
    let Some(range) = catalogue.range(Kind::Package, platform) else { return Ok(None) };
    let piece = piece(view, catalogue, range, &["packages", platform, ""])?;
    let rows = piece.rows.iter().map(|Line { key, summary, row }| {
        let (version, bytes) = brief(row);
        let link = Markup::link(&address_of(key), Markup::text(&key.name));
        vec![link, Markup::text(version), Markup::text(summary), bytes.map(size).unwrap_or_default()]
    });
    let caption = how_many(range.count(), "package by name", "packages by name");
    let list = table(&caption, &["Name", "Newest version", "Summary", "Size"], rows);
    let content = Markup::element("p class=\"eyebrow\"", Markup::fixed("<a href=\"/packages/\">Packages</a>"))
        .then(Markup::of("h1", platform))
        .then(letters(catalogue, range, platform)?)
        .then(list)
        .then(piece.pager);
    made(Place::Packages, format!("Packages of {platform}"), content)
}

/// The first letters that there are, each with the place where it begins.
fn letters(catalogue: &Catalogue<Stored>, range: &Range, platform: &str) -> Result<Markup, CatalogueError> {
    let (mut at, mut all) = (range.first, Vec::new());
    while at < range.end && all.len() < 64 {
        let name = catalogue.key(at)?.name;
        let Some(letter) = name.chars().next() else { break };
        let place = (at - range.first).to_string();
        let link = Markup::link(&address(&["packages", platform, ""], &[("at", &place)]), Markup::text(letter.to_string()));
        all.push(Markup::element("li", link));
        let Some(next) = char::from_u32(u32::from(letter) + 1) else { break };
        at = catalogue.first_from(range, &next.to_string())?.max(at + 1);
    }
    let inner = Markup::element("ul class=\"letters\"", all.into_iter().collect());
    Ok(Markup::element("nav aria-label=\"First letters\"", inner).then(Markup::fixed("\n")))
}

/// `/images/`
pub(super) fn images(view: &View<'_>, catalogue: &Catalogue<Stored>) -> Made {
    let content = match catalogue.range(Kind::Image, "") {
        None => Markup::of("p", "This snapshot holds no images."),
        Some(range) => {
            let piece = piece(view, catalogue, range, &["images", ""])?;
            let rows = piece.rows.iter().map(|Line { key, row, .. }| {
                let (platforms, bytes) = brief(row);
                let (repository, tag) = split_image(&key.name);
                let tag = if tag.starts_with("sha256:") { tag.chars().take(19).collect() } else { tag.to_owned() };
                let link = Markup::link(&address_of(key), Markup::text(repository));
                vec![link, Markup::text(tag), Markup::text(platforms), bytes.map(size).unwrap_or_default()]
            });
            let caption = how_many(range.count(), "image", "images");
            table(&caption, &["Repository", "Tag", "Platforms", "Size"], rows).then(piece.pager)
        }
    };
    let lead = Markup::fixed(
        "<p>Images keep the names that they have upstream. <a href=\"/setup/?tool=containerd\">Set up a container runtime</a> to find them here.</p>",
    );
    made(Place::Images, "Images", Markup::of("h1", "Container images").then(lead).then(content))
}

/// `/modules/`
pub(super) fn modules(view: &View<'_>, catalogue: &Catalogue<Stored>) -> Made {
    let content = match catalogue.range(Kind::Module, "") {
        None => Markup::of("p", "This snapshot holds no modules."),
        Some(range) => {
            let piece = piece(view, catalogue, range, &["modules", ""])?;
            let rows = piece.rows.iter().map(|Line { key, summary, row }| {
                let platforms = match row {
                    Row::Module(module) => module.parts.iter().map(|part| part.platform.as_str()).collect::<Vec<_>>().join(", "),
                    _ => String::new(),
                };
                let (count, bytes) = brief(row);
                let link = Markup::link(&address_of(key), Markup::text(&key.name));
                vec![link, Markup::text(summary), Markup::text(platforms), Markup::text(count), bytes.map(size).unwrap_or_default()]
            });
            let caption = how_many(range.count(), "module", "modules");
            table(&caption, &["Module", "What it is", "Platforms", "Packages", "Size"], rows).then(piece.pager)
        }
    };
    let lead = Markup::of(
        "p",
        "A module is what a component of the stack takes: its packages, images and files, with all that these need.",
    );
    made(Place::Modules, "Modules", Markup::of("h1", "Modules").then(lead).then(content))
}
