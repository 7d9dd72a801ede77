//! `/search?q=&kind=&platform=&at=`: what a word occurs in.

use super::{
    Made, Stored, View,
    ask::address,
    layout::Place,
    made,
    markup::Markup,
    parts::{address_of, brief, how_many, pager, size, word},
};
use lsrepo_publish::catalogue::{Catalogue, Kind, Line, Query};

const PER_PAGE: u64 = 30;

pub(super) fn page(view: &View<'_>, catalogue: &Catalogue<Stored>) -> Made {
    let form = &view.form;
    let platform = Some(form.get("platform")).filter(|name| !name.is_empty()).map(str::to_owned);
    let query = Query { text: form.get("q").to_owned(), kind: form.kind(), platform };
    let at = form.number("at").unwrap_or_default();
    let found = catalogue.search(&query, at, PER_PAGE as usize)?;
    let rows = catalogue.some(found.numbers)?;
    let (shown, kind) = (rows.len() as u64, query.kind.map_or("", Kind::as_str));
    let here = |at: u64| {
        let at = if at == 0 { String::new() } else { at.to_string() };
        let platform = query.platform.as_deref().unwrap_or_default();
        address(&["search"], &[("q", &query.text), ("kind", kind), ("platform", platform), ("at", &at)])
    };
    let said = match found.total {
        0 => "Nothing fits. Fewer words, or another kind, may find more.".to_owned(),
        total => how_many(total, "result", "results"),
    };
    let list = match rows.is_empty() {
        true => Markup::default(),
        false => Markup::element("ol class=\"results\"", rows.iter().map(result).collect()),
    };
    let results =
        Markup::of("p class=\"dim\" role=\"status\"", said).then(list).then(pager(at, shown, found.total, PER_PAGE, here));
    let title = if query.text.is_empty() { "Search".to_owned() } else { format!("Search: {}", query.text) };
    let content = Markup::of("h1", "Search")
        .then(search_form(catalogue.platforms(), &query.text, query.kind, query.platform.as_deref().unwrap_or_default()))
        .then(Markup::of("h2 class=\"unseen\"", "Results"))
        .then(Markup::element("div id=\"results\"", results));
    made(Place::Search, title, content)
}

/// The form, with what is asked already.
pub(super) fn search_form(platforms: &[String], text: &str, kind: Option<Kind>, platform: &str) -> Markup {
    let kinds = Kind::ALL.map(|one| (one.as_str().to_owned(), word(one).to_owned()));
    let platforms = platforms.iter().map(|name| (name.clone(), name.clone()));
    let inner = Markup::fixed("<div class=\"field wide\"><label for=\"q\">Name or word</label>")
        .then(Markup::void(
            "input id=\"q\" name=\"q\" type=\"search\" maxlength=\"200\" autocomplete=\"off\" spellcheck=\"false\"",
            &[("value", text)],
        ))
        .then(Markup::fixed("</div>"))
        .then(select("kind", "Kind", "Everything", kinds, kind.map_or("", Kind::as_str)))
        .then(select("platform", "Platform", "All platforms", platforms, platform))
        .then(Markup::fixed("<button type=\"submit\">Search</button>"));
    Markup::element("form class=\"fields\" role=\"search\" action=\"/search\" data-live=\"results\" aria-label=\"Search\"", inner)
        .then(Markup::fixed("\n"))
}

/// A choice; the empty one comes first, unless it has no word.
pub(super) fn select(
    name: &'static str,
    label: &'static str,
    empty: &'static str,
    all: impl IntoIterator<Item = (String, String)>,
    chosen: &str,
) -> Markup {
    let option = |(value, text): (String, String)| {
        let attributes: &[(&'static str, &str)] = match value == chosen {
            true => &[("value", &value), ("selected", "")],
            false => &[("value", &value)],
        };
        Markup::with("option", attributes, Markup::text(text))
    };
    let first = (!empty.is_empty()).then(|| Markup::with("option", &[("value", "")], Markup::fixed(empty)));
    let options: Markup = first.into_iter().chain(all.into_iter().map(option)).collect();
    let field = Markup::with("label", &[("for", name)], Markup::fixed(label)).then(Markup::with(
        "select",
        &[("id", name), ("name", name)],
        options,
    ));
    Markup::element("div class=\"field\"", field)
}

fn result(line: &Line) -> Markup {
    let Line { key, summary, row } = line;
    let (what, bytes) = brief(row);
    let about = [word(key.kind).to_owned(), key.place.clone(), what];
    let about: Vec<Markup> = about.iter().filter(|text| !text.is_empty()).map(Markup::text).chain(bytes.map(size)).collect();
    let summary = if summary.is_empty() { Markup::default() } else { Markup::of("p", summary) };
    let inner = Markup::element("p class=\"name\"", Markup::link(&address_of(key), Markup::text(&key.name)))
        .then(summary)
        .then(Markup::element("p class=\"dim\"", Markup::joined(about, " · ")));
    Markup::element("li", inner).then(Markup::fixed("\n"))
}
