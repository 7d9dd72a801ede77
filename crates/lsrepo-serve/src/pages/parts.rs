//! Pieces that several pages have: things in a list, ways from page to page, who vouches for something.

use super::{
    ask::address,
    markup::{Markup, code},
};
use lsrepo_publish::catalogue::{Key, Kind, Row};
use lsrepo_types::{Bytes, Count};

/// Where a thing is shown.
pub(super) fn address_of(key: &Key) -> String {
    let inside = key.name.trim_matches('/');
    match key.kind {
        Kind::Package => address(&["packages", &key.place, &key.name], &[]),
        Kind::Image => {
            let (repository, tag) = split_image(inside);
            let id = if tag.is_empty() { String::new() } else { format!("#{}", anchor(tag)) };
            address(&["images", repository], &[]) + &id
        }
        Kind::File => address(&["browse/files", inside], &[]),
        Kind::Chart => address(&["browse/charts", inside], &[]),
        Kind::Module => address(&["modules", inside], &[]),
    }
}

/// The repository of an image, and its tag or digest.
pub(super) fn split_image(name: &str) -> (&str, &str) {
    if let Some((repository, digest)) = name.split_once('@') {
        return (repository, digest);
    }
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, ""),
    }
}

/// The mark of a place in a page.
pub(super) fn anchor(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    format!("at-{}", text.chars().map(plain).collect::<String>())
}

/// The plain word for a kind.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Package => "Package",
        Kind::Image => "Image",
        Kind::File => "File",
        Kind::Chart => "Helm chart",
        Kind::Module => "Module",
    }
}

/// `1 package`, `1,032 packages`.
pub(super) fn how_many(count: u64, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{} {several}", Count(count)),
    }
}

/// What a row says of itself in a list: its version or the like, and its bytes.
pub(super) fn brief(row: &Row) -> (String, Option<u64>) {
    match row {
        Row::Package(package) => {
            let version = package.versions.first().map(|one| one.version.clone()).unwrap_or_default();
            let more = match package.versions.len() {
                0 | 1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            (version + &more, package.versions.first().map(|one| one.size))
        }
        Row::Image(image) => {
            let platforms: Vec<&str> = image
                .platforms
                .iter()
                .filter(|one| one.carried && !one.platform.is_empty())
                .map(|one| one.platform.as_str())
                .collect();
            (platforms.join(", "), Some(image.bytes))
        }
        Row::File(file) => (String::new(), Some(file.size)),
        Row::Chart(chart) => (chart.version.clone(), Some(chart.file.size)),
        Row::Module(module) => {
            let count = module.parts.iter().map(|part| part.package_count).sum();
            (how_many(count, "package", "packages"), Some(module.parts.iter().map(|part| part.bytes).sum()))
        }
    }
}

/// Digests, addresses and the like, one a line.
pub(super) fn code_list(all: &[String]) -> Markup {
    Markup::joined(all.iter().map(code), "<br>")
}

/// Modules, each with its page.
pub(super) fn module_links(names: &[String]) -> Markup {
    Markup::joined(names.iter().map(|name| Markup::link(&address(&["modules", name], &[]), Markup::text(name))), ", ")
}

/// Platforms, each with its packages.
pub(super) fn platform_links(names: &[String]) -> Markup {
    Markup::joined(names.iter().map(|name| Markup::link(&address(&["packages", name, ""], &[]), Markup::text(name))), ", ")
}

/// Packages of a platform, each with its page.
pub(super) fn package_links(platform: &str, names: &[String]) -> Markup {
    let link = |name: &String| Markup::link(&address(&["packages", platform, name], &[]), Markup::text(name));
    Markup::joined(names.iter().map(link), ", ")
}

/// Who vouched for something upstream.
pub(super) fn vouched(by: &[String]) -> Markup {
    Markup::joined(by.iter().map(Markup::text), "<br>")
}

/// A size, nothing for nothing.
pub(super) fn size(bytes: u64) -> Markup {
    Markup::of("span class=\"size\"", Bytes(bytes).to_string())
}

/// A page of something: the links to those before and after. `at` gives the address from a place on.
pub(super) fn pager(first: u64, shown: u64, total: u64, per_page: u64, at: impl Fn(u64) -> String) -> Markup {
    if total <= shown && first == 0 {
        return Markup::default();
    }
    let link =
        |from: u64, rel: &str, text: &'static str| Markup::with("a", &[("href", &at(from)), ("rel", rel)], Markup::fixed(text));
    let before = (first > 0).then(|| link(first.saturating_sub(per_page), "prev", "← Previous"));
    let after = (first + shown < total).then(|| link(first + shown, "next", "Next →"));
    let place = format!("{}–{} of {}", Count(if shown == 0 { 0 } else { first + 1 }), Count(first + shown), Count(total));
    let inner = Markup::element("span", before.unwrap_or_default())
        .then(Markup::of("span class=\"dim\"", place))
        .then(Markup::element("span", after.unwrap_or_default()));
    Markup::element("nav class=\"pager\" aria-label=\"Pages\"", inner).then(Markup::fixed("\n"))
}
