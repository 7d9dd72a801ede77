//! `/browse/files` and `/browse/charts`: what was carried by URL. The files themselves are at `/files/`.

use super::{
    Made, Page, Stored, View,
    ask::address,
    layout::Place,
    made,
    markup::{Markup, code, commands, facts, table},
    parts::{address_of, brief, code_list, how_many, module_links, pager, platform_links, size, vouched},
};
use lsrepo_publish::catalogue::{Catalogue, Chart, File, Key, Kind, Line, Row};

const PER_PAGE: u64 = 50;

/// All of a kind.
pub(super) fn list(view: &View<'_>, catalogue: &Catalogue<Stored>, kind: Kind) -> Made {
    let (place, title, folder, lead) = match kind {
        Kind::Chart => (
            Place::Charts,
            "Helm charts",
            "browse/charts",
            Markup::fixed("<p>Helm finds them at <code>/files/charts</code>: <a href=\"/setup/?tool=helm\">set up Helm</a>.</p>"),
        ),
        _ => (
            Place::Files,
            "Files",
            "browse/files",
            Markup::fixed("<p><a href=\"/files/SHA256SUMS\">SHA256SUMS</a> · <a href=\"/files/index.json\">index.json</a></p>"),
        ),
    };
    let heading = Markup::of("h1", title);
    let Some(range) = catalogue.range(kind, "") else {
        return made(place, title, heading.then(Markup::of("p", "This snapshot holds none.")));
    };
    let at = view.form.number("at").unwrap_or_default().min(range.count().saturating_sub(1));
    let first = range.first + at as u32;
    let all = catalogue.some(first..range.end.min(first + PER_PAGE as u32))?;
    let rows = all.iter().map(|Line { key, summary, row }| {
        let (version, bytes) = brief(row);
        let digest = match row {
            Row::File(file) => code(file.digest.to_string()),
            Row::Chart(_) => Markup::text(if version.is_empty() { summary } else { &version }),
            _ => Markup::default(),
        };
        vec![Markup::link(&address_of(key), Markup::text(&key.name)), bytes.map(size).unwrap_or_default(), digest]
    });
    let heads: &[&'static str] = if kind == Kind::Chart { &["Chart", "Size", "Version"] } else { &["Name", "Size", "Digest"] };
    let (one, several) = if kind == Kind::Chart { ("chart", "charts") } else { ("file", "files") };
    let here = |at: u64| address(&[folder], &[("at", if at == 0 { String::new() } else { at.to_string() }.as_str())]);
    let content = heading.then(lead).then(table(&how_many(range.count(), one, several), heads, rows)).then(pager(
        at,
        all.len() as u64,
        range.count(),
        PER_PAGE,
        here,
    ));
    made(place, title, content)
}

/// One of them.
pub(super) fn page(view: &View<'_>, catalogue: &Catalogue<Stored>, kind: Kind, name: &str) -> Made {
    let found = super::row(catalogue, kind, "", name)?;
    let (place, up, about) = match &found {
        Some(Row::File(file)) => {
            let up = Markup::fixed("<a href=\"/browse/files\">Files</a>");
            (Place::Files, up, download(view, name, file).then(of_file(file)))
        }
        Some(Row::Chart(chart)) => {
            let up = Markup::fixed("<a href=\"/browse/charts\">Helm charts</a>");
            (Place::Charts, up, of_chart(view, chart).then(of_file(&chart.file)))
        }
        _ => return Ok(None),
    };
    let content = Markup::element("p class=\"eyebrow\"", up).then(Markup::of("h1", name)).then(about);
    Ok(Some(Page { place, title: name.to_owned(), content, per_host: true }))
}

fn download(view: &View<'_>, name: &str, file: &File) -> Markup {
    let path = address(&["files", name], &[]);
    let short: String =
        name.rsplit('/').next().unwrap_or(name).chars().filter(|c| c.is_ascii_alphanumeric() || "._-+".contains(*c)).collect();
    let text = format!(
        "curl -fSo {short} '{}{}'\necho '{}  {short}' | sha256sum --check",
        view.base,
        path.replace('\'', "%27"),
        file.digest.hex()
    );
    Markup::element("p", Markup::link(&path, Markup::fixed("Download")).then(Markup::fixed(" ")))
        .then(commands("Download and check", &text))
}

fn of_file(file: &File) -> Markup {
    facts([
        ("Size", size(file.size)),
        ("Digest", code(file.digest.to_string())),
        ("For", platform_links(&file.platforms)),
        ("Wanted by", module_links(&file.wanted_by)),
        ("Vouched for by", vouched(&file.vouched_by)),
        ("Came from", code_list(&file.urls)),
    ])
}

fn of_chart(view: &View<'_>, chart: &Chart) -> Markup {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c)) && !text.starts_with('-');
    let version = match chart.version.is_empty() || !plain(&chart.version) {
        true => String::new(),
        false => format!(" --version {}", chart.version),
    };
    let text = format!("helm repo add carried {}/files/charts\nhelm pull carried/{}{version}", view.base, chart.name);
    let image = |name: &String| {
        let key = Key { kind: Kind::Image, place: String::new(), name: name.clone() };
        Markup::link(&address_of(&key), Markup::text(name))
    };
    let way = if plain(&chart.name) { commands("Pull the chart", &text) } else { Markup::default() };
    way.then(facts([
        ("Chart", Markup::text(&chart.name)),
        ("Version", Markup::text(&chart.version)),
        ("Repository", code(&chart.repository)),
        ("File", Markup::link(&address(&["files", &chart.path], &[]), Markup::text(&chart.path))),
        ("Images it uses", Markup::joined(chart.images.iter().map(image), "<br>")),
    ]))
}
