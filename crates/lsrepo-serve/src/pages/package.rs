//! `/packages/<os>/<arch>/<name>`: one package: its versions, what they need here, who wanted them, who vouches for them.

use super::{
    Made, Stored, View,
    ask::address,
    layout::Place,
    made,
    markup::{Markup, code, commands, facts, table},
    parts::{address_of, anchor, code_list, how_many, module_links, package_links, size, vouched},
    row,
};
use lsrepo_publish::catalogue::{Catalogue, Key, Kind, Package, PackageVersion, Row};
use lsrepo_types::{Family, Platform};

/// Versions on one page.
const MOST: usize = 20;

pub(super) fn page(_: &View<'_>, catalogue: &Catalogue<Stored>, platform: &str, name: &str) -> Made {
    let key = Key { kind: Kind::Package, place: platform.to_owned(), name: name.to_owned() };
    let Some(number) = catalogue.find(&key)? else { return Ok(None) };
    let line = catalogue.line(number)?;
    let Row::Package(package) = &line.row else { return Ok(None) };
    let up = Markup::link("/packages/", Markup::fixed("Packages"))
        .then(Markup::fixed(" › "))
        .then(Markup::link(&address(&["packages", platform, ""], &[]), Markup::text(platform)));
    let mut content = Markup::element("p class=\"eyebrow\"", up).then(Markup::of("h1", name));
    if !line.summary.is_empty() {
        content = content.then(Markup::of("p class=\"lead\"", &line.summary));
    }
    content = content.then(install(platform, name, package)).then(versions(package));
    for (position, one) in package.versions.iter().take(MOST).enumerate() {
        content = content.then(version(platform, name, one, position == 0));
    }
    if package.versions.len() > MOST {
        content = content.then(Markup::of("p", format!("The first {MOST} of {} versions are shown.", package.versions.len())));
    }
    content = content.then(needed_by(platform, package)).then(elsewhere(catalogue, &key)?);
    made(Place::Packages, format!("{name} on {platform}"), content)
}

/// How a host that is set up takes it.
fn install(platform: &str, name: &str, package: &Package) -> Markup {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "+-._~:^".contains(c)) && !text.starts_with('-');
    let version = package.versions.first().map(|one| one.version.as_str()).unwrap_or_default();
    let Ok(platform) = platform.parse::<Platform>() else { return Markup::default() };
    if !plain(name) || !plain(version) {
        return Markup::default();
    }
    let text = match (platform.os.family(), package.versions.len()) {
        (Family::Debian, 0 | 1) => format!("apt-get install {name}"),
        (Family::Debian, _) => format!("apt-get install {name}={version}"),
        (Family::RedHat, 0 | 1) => format!("{} install {name}", installer(&platform)),
        (Family::RedHat, _) => format!("{} install {name}-{version}", installer(&platform)),
    };
    let hint = Markup::element(
        "p class=\"dim\"",
        Markup::text("On a host that is ")
            .then(Markup::link(&address(&["setup", ""], &[("os", platform.os.as_str())]), Markup::fixed("set up")))
            .then(Markup::text(":")),
    );
    hint.then(commands("Install it", &text))
}

fn installer(platform: &Platform) -> &'static str {
    match platform.os.version().split('.').next() {
        Some("7") => "yum",
        _ => "dnf",
    }
}

/// A table of them, where there are several.
fn versions(package: &Package) -> Markup {
    if package.versions.len() < 2 {
        return Markup::default();
    }
    let rows = package.versions.iter().take(MOST).map(|one| {
        let link = Markup::link(&format!("#{}", id(one)), Markup::text(&one.version));
        vec![link, Markup::text(&one.arch), size(one.size), module_links(&one.wanted_by)]
    });
    let caption = how_many(package.versions.len() as u64, "version", "versions, the newest first");
    table(&caption, &["Version", "Architecture", "Size", "Wanted by"], rows)
}

fn id(one: &PackageVersion) -> String {
    anchor(&format!("{}-{}", one.version, one.arch))
}

fn version(platform: &str, name: &str, one: &PackageVersion, is_first: bool) -> Markup {
    let heading = Markup::with("h2", &[("id", &id(one))], Markup::text(format!("Version {}", one.version)));
    let file = one.path.rsplit('/').next().unwrap_or_default();
    let download = match file.is_empty() {
        true => Markup::default(),
        false => Markup::link(&address(&[&one.path], &[]), Markup::text(file)),
    };
    let licence = one.licence.as_ref().map_or(Markup::text("not stated in the package's index fields"), Markup::text);
    let licence = if one.licence.is_none() { Markup::element("span class=\"dim\"", licence) } else { licence };
    let sign = match one.signed {
        true => Markup::fixed("<strong class=\"good\">Signed upstream</strong><br>"),
        false => Markup::fixed("<strong class=\"warn\">No upstream signature</strong><br>"),
    };
    let all = facts([
        ("Architecture", Markup::text(&one.arch)),
        ("Size", size(one.size)),
        ("Licence", licence),
        ("Wanted by", module_links(&one.wanted_by)),
        ("Upstream signature", sign.then(vouched(&one.vouched_by))),
        ("Digest", one.digest.map(|digest| code(digest.to_string())).unwrap_or_default()),
        ("File", download),
        ("Source package", Markup::text(if one.source == name { "" } else { &one.source })),
        ("Sets", Markup::text(if one.sets == ["main"] { String::new() } else { one.sets.join(", ") })),
        ("Homepage", one.homepage.as_ref().map(code).unwrap_or_default()),
        ("Came from", code_list(&one.urls)),
        ("Package URL", if one.purl.is_empty() { Markup::default() } else { code(&one.purl) }),
    ]);
    let about = match one.description.is_empty() || !is_first {
        true => Markup::default(),
        false => Markup::element("p class=\"text\"", Markup::lines(&one.description)),
    };
    heading.then(about).then(all).then(needs(platform, one))
}

fn needs(platform: &str, one: &PackageVersion) -> Markup {
    if one.needs.is_empty() {
        return Markup::element("p class=\"dim\"", Markup::text("It needs no other package."));
    }
    let rows = one.needs.iter().map(|need| {
        let met = match (need.met_by.is_empty(), need.how.as_str()) {
            (false, _) => package_links(platform, &need.met_by),
            (true, "Depends" | "Pre-Depends" | "Requires") => {
                Markup::element("span class=\"dim\"", Markup::text("by the base system, or by itself"))
            }
            (true, _) => Markup::element("span class=\"dim\"", Markup::text("not carried")),
        };
        vec![Markup::text(&need.text), Markup::text(&need.how), met]
    });
    table(&format!("What {} needs", one.version), &["Needs", "How", "Met here by"], rows)
}

fn needed_by(platform: &str, package: &Package) -> Markup {
    if package.needed_by.is_empty() {
        return Markup::default();
    }
    let more = package.needed_by_count.saturating_sub(package.needed_by.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let heading = format!("Needed by {}", how_many(package.needed_by_count, "package", "packages"));
    Markup::of("h2", heading)
        .then(Markup::element("p class=\"names\"", package_links(platform, &package.needed_by).then(Markup::text(more))))
}

/// The same name on other platforms.
fn elsewhere(catalogue: &Catalogue<Stored>, key: &Key) -> Result<Markup, lsrepo_publish::catalogue::CatalogueError> {
    let mut all = Vec::new();
    for range in catalogue.ranges().iter().filter(|range| range.kind == Kind::Package && range.place != key.place) {
        if row(catalogue, Kind::Package, &range.place, &key.name)?.is_some() {
            let there = Key { place: range.place.clone(), ..key.clone() };
            all.push(Markup::link(&address_of(&there), Markup::text(&range.place)));
        }
    }
    Ok(match all.is_empty() {
        true => Markup::default(),
        false => Markup::fixed("<h2>On other platforms</h2>").then(Markup::element("p", Markup::joined(all, ", "))),
    })
}
