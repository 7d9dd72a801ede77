//! What all pages have in common: the head, the way around, the foot.

use super::{asset::NAMES, markup::Markup};

/// Where a page belongs in the way around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Search,
    Packages,
    Images,
    Files,
    Charts,
    Modules,
    Setup,
    Snapshots,
    Health,
    /// a listing, an error
    Elsewhere,
}

/// The way around: where, its address, its word, and whether it shows what a catalogue says.
const WAYS: [(Place, &str, &str, bool); 8] = [
    (Place::Overview, "/", "Overview", false),
    (Place::Packages, "/packages/", "Packages", true),
    (Place::Images, "/images/", "Images", true),
    (Place::Files, "/browse/files", "Files", true),
    (Place::Charts, "/browse/charts", "Charts", true),
    (Place::Modules, "/modules/", "Modules", true),
    (Place::Snapshots, "/snapshots/", "Snapshots", true),
    (Place::Setup, "/setup/", "Set up", false),
];

/// A whole page around its content.
pub(crate) fn page(place: Place, title: &str, has_catalogue: bool, content: Markup) -> String {
    let title = match place {
        Place::Overview => Markup::of("title", title),
        _ => Markup::element("title", Markup::text(title).then(Markup::fixed(" · lsrepo"))),
    };
    let asset = |name: &str| format!("/assets/{name}");
    let head = Markup::fixed(
        "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n",
    )
    .then(title)
    .then(Markup::void("link rel=\"stylesheet\"", &[("href", &asset(&NAMES.style))]))
    .then(Markup::void("link rel=\"icon\" type=\"image/svg+xml\"", &[("href", &asset(&NAMES.icon))]))
    .then(Markup::with("script defer", &[("src", &asset(&NAMES.script))], Markup::default()));
    let body = Markup::fixed("<a class=\"skip\" href=\"#content\">Skip to the content</a>\n")
        .then(header(place, has_catalogue))
        .then(Markup::element("main id=\"content\" tabindex=\"-1\"", content))
        .then(Markup::fixed(FOOTER));
    let html = Markup::element("head", head).then(Markup::fixed("\n")).then(Markup::element("body", body));
    format!("<!doctype html>\n{}\n", Markup::element("html lang=\"en\"", html).into_string())
}

const FOOTER: &str = "\n<footer><p>Served by lsrepo. Nothing on this page comes from elsewhere.</p>\
    <ul><li><a href=\"/keys/lsrepo.asc\">Signing key</a></li><li><a href=\"/v2/\">Registry</a></li>\
    <li><a href=\"/health\">Health</a></li></ul></footer>\n";

fn header(place: Place, has_catalogue: bool) -> Markup {
    let way = |(known, address, word, _): (Place, &str, &'static str, bool)| {
        let current: &[(&'static str, &str)] = match known == place {
            true => &[("href", address), ("aria-current", "page")],
            false => &[("href", address)],
        };
        Markup::element("li", Markup::with("a", current, Markup::fixed(word)))
    };
    let ways: Markup = WAYS.into_iter().filter(|(_, _, _, needs)| has_catalogue || !needs).map(way).collect();
    let icon = Markup::void("img alt=\"\" width=\"26\" height=\"26\"", &[("src", &format!("/assets/{}", NAMES.icon))]);
    let brand = Markup::element("a class=\"brand\" href=\"/\"", icon.then(Markup::fixed("lsrepo")));
    // The pages that are for searching have a better place for it.
    let search = match has_catalogue && !matches!(place, Place::Overview | Place::Search) {
        true => Markup::fixed(
            "<form class=\"quick\" role=\"search\" action=\"/search\" aria-label=\"Quick\"><label class=\"unseen\" for=\"quick\">Search</label>\
             <input id=\"quick\" name=\"q\" type=\"search\" maxlength=\"200\" placeholder=\"Search\" autocomplete=\"off\"></form>",
        ),
        false => Markup::default(),
    };
    let nav = Markup::element("nav aria-label=\"Main\"", Markup::element("ul", ways));
    let top = Markup::element("div class=\"top\"", brand.then(search));
    Markup::element("header", top.then(nav)).then(Markup::fixed("\n"))
}
