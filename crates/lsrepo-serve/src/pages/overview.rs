//! `/`: what is here, and how to begin.

use super::{
    Made, Page, View,
    ask::address,
    layout::Place,
    markup::{Markup, code, commands, table},
    parts::{how_many, size},
    search::search_form,
};
use crate::site::Repository;
use lsrepo_publish::catalogue::Kind;
use lsrepo_types::{Count, Timestamp};

/// Systems whose commands stand on the first page; all of them are a choice on the page for setting up.
const MOST_CLIENTS: usize = 3;

pub(super) fn page(view: &View<'_>) -> Made {
    let site = view.site;
    let catalogue = view.catalogue()?;
    let number = site.snapshots.last().map(|one| format!("Snapshot {} of ", one.number));
    let lead = format!("{}{}", number.as_deref().unwrap_or("Snapshot of "), day(site.date));
    let mut content =
        Markup::of("p class=\"eyebrow\"", lead).then(Markup::of("h1", "Packages, images and files for hosts without internet"));
    if let Some(catalogue) = &catalogue {
        content = content.then(search_form(catalogue.platforms(), "", None, "")).then(Markup::fixed("<div id=\"results\"></div>"));
        let figures = [
            (Kind::Package, "/packages/", "package", "packages"),
            (Kind::Image, "/images/", "image", "images"),
            (Kind::File, "/browse/files", "file", "files"),
            (Kind::Chart, "/browse/charts", "Helm chart", "Helm charts"),
            (Kind::Module, "/modules/", "module", "modules"),
        ];
        let figure = |(kind, address, one, several): (Kind, &str, &'static str, &'static str)| {
            let count = catalogue.count(kind);
            let word = if count == 1 { one } else { several };
            let inner = Markup::of("strong", Count(count).to_string()).then(Markup::fixed(" ")).then(Markup::of("span", word));
            Markup::element("li", if count == 0 { inner } else { Markup::link(address, inner) })
        };
        content = content.then(Markup::element("ul class=\"figures\"", figures.into_iter().map(figure).collect()));
    }
    if site.repositories.is_empty() && site.images.is_empty() && catalogue.as_ref().is_none_or(|catalogue| catalogue.is_empty()) {
        content = content.then(Markup::of("p", "Nothing is published here yet."));
    }
    content = content.then(platforms(view)).then(clients(view)).then(images(view)).then(key(view));
    Ok(Some(Page { place: Place::Overview, title: "lsrepo".into(), content, per_host: true }))
}

/// `2025-05-10, 09:21 UTC`
pub(super) fn day(date: Timestamp) -> String {
    let text = date.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day}, {time} UTC"),
        _ => text,
    }
}

fn platforms(view: &View<'_>) -> Markup {
    let site = view.site;
    if site.repositories.is_empty() {
        return Markup::default();
    }
    let rows = site.repositories.iter().flat_map(|(os, repository)| {
        repository.platforms().iter().map(move |one| {
            let (os, arch, kind) = (os.as_str(), one.platform.arch.to_string(), repository.kind());
            let name = match site.catalogue.is_some() {
                true => Markup::link(&address(&["packages", os, &arch, ""], &[]), Markup::text(os)),
                false => Markup::text(os),
            };
            let sboms = ["cdx", "spdx"].iter().filter_map(|form| {
                let file = format!("sbom/{os}/{arch}.{form}.json");
                let word = if *form == "cdx" { "CycloneDX" } else { "SPDX" };
                site.has_file(&file)
                    .then(|| Markup::with("a", &[("href", &address(&[&file], &[])), ("download", "")], Markup::fixed(word)))
            });
            let tree = Markup::link(&address(&[kind, os, ""], &[]), Markup::text(format!("/{kind}/{os}/")));
            vec![
                name,
                Markup::text(&arch),
                Markup::text(Count(one.packages).to_string()),
                size(one.bytes),
                Markup::joined(sboms, " "),
                tree,
            ]
        })
    });
    let heads = ["System", "Architecture", "Packages", "Size", "SBOM", "Repository"];
    Markup::of("h2", "Platforms").then(table("What each platform can install", &heads, rows))
}

/// A few words on images: their list has a page of its own.
fn images(view: &View<'_>) -> Markup {
    let site = view.site;
    if site.images.is_empty() {
        return Markup::default();
    }
    let count = how_many(site.images.len() as u64, "repository", "repositories");
    let first = site.images.rows().find_map(|(name, tags)| Some(format!("{name}:{}", tags.first()?)));
    let pull = first.map(|image| commands("Pull an image", &super::image::podman(view.base, &image))).unwrap_or_default();
    let all = match site.catalogue.is_some() {
        true => Markup::fixed(
            "<p><a href=\"/images/\">All images</a> · <a href=\"/setup/?tool=containerd\">Set up a container runtime</a></p>",
        ),
        false => names(view).then(Markup::fixed("<p><a href=\"/setup/?tool=containerd\">Set up a container runtime</a></p>")),
    };
    Markup::of("h2", "Container images")
        .then(Markup::of("p", format!("{count}, under the names that they have upstream.")))
        .then(pull)
        .then(all)
}

/// Where no catalogue has a page for them.
fn names(view: &View<'_>) -> Markup {
    let rows = view.site.images.rows().take(200).map(|(name, tags)| vec![code(name), Markup::text(tags.join(", "))]);
    table("Images", &["Repository", "Tags"], rows)
}

fn clients(view: &View<'_>) -> Markup {
    let site = view.site;
    if site.repositories.is_empty() {
        return Markup::default();
    }
    let one = |(os, repository): (&lsrepo_types::Os, &Repository)| {
        let text = super::setup::script_commands(view.base, os, repository);
        Markup::of("h3", os.as_str()).then(commands(&format!("Set up {os}"), &text))
    };
    Markup::of("h2", "Set up a host")
        .then(Markup::fixed(
            "<p>As root. Other sources are moved aside; <code>--revert</code> brings them back. \
             <a href=\"/setup/\">More ways and other tools</a></p>",
        ))
        .then(site.repositories.iter().take(MOST_CLIENTS).map(one).collect())
}

fn key(view: &View<'_>) -> Markup {
    Markup::of("h2", "Signing key")
        .then(Markup::element("p", Markup::text("Everything here is signed by ").then(code(&view.site.key.fingerprint))))
        .then(Markup::fixed("<p><a href=\"/keys/lsrepo.asc\">lsrepo.asc</a> · <a href=\"/keys/lsrepo.gpg\">lsrepo.gpg</a></p>"))
}
