//! `/modules/<name>`: what is carried for a component of the stack.

use super::{
    Made, Stored,
    ask::address,
    layout::Place,
    made,
    markup::{Markup, facts},
    parts::{address_of, how_many, package_links, size},
};
use lsrepo_publish::catalogue::{Catalogue, Key, Kind, ModulePart, Row};

pub(super) fn page(catalogue: &Catalogue<Stored>, name: &str) -> Made {
    let key = Key { kind: Kind::Module, place: String::new(), name: name.to_owned() };
    let Some(number) = catalogue.find(&key)? else { return Ok(None) };
    let line = catalogue.line(number)?;
    let Row::Module(module) = &line.row else { return Ok(None) };
    let mut content =
        Markup::element("p class=\"eyebrow\"", Markup::fixed("<a href=\"/modules/\">Modules</a>")).then(Markup::of("h1", name));
    if !line.summary.is_empty() {
        content = content.then(Markup::of("p class=\"lead\"", &line.summary));
    }
    let content = content.then(module.parts.iter().map(part).collect());
    made(Place::Modules, format!("Module {name}"), content)
}

fn part(part: &ModulePart) -> Markup {
    let of = |kind: Kind, names: &[String]| {
        let link =
            |name: &String| Markup::link(&address_of(&Key { kind, place: String::new(), name: name.clone() }), Markup::text(name));
        Markup::joined(names.iter().map(link), "<br>")
    };
    let asked = Markup::joined(part.asked.iter().map(Markup::text), ", ");
    let all = facts([
        ("Asked for", asked),
        ("Images", of(Kind::Image, &part.images)),
        ("Files", of(Kind::File, &part.files)),
        ("Size", size(part.bytes)),
    ]);
    let packages = match part.packages.is_empty() {
        true => Markup::default(),
        false => {
            let more = part.package_count.saturating_sub(part.packages.len() as u64);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let summary = how_many(part.package_count, "package, with what it needs", "packages, with all that they need");
            let names = package_links(&part.platform, &part.packages).then(Markup::text(more));
            Markup::element("details", Markup::of("summary", summary).then(Markup::element("p class=\"names\"", names)))
        }
    };
    let link = Markup::link(&address(&["packages", &part.platform, ""], &[]), Markup::text(&part.platform));
    let heading = if part.packages.is_empty() { Markup::text(&part.platform) } else { link };
    Markup::element("h2", heading).then(all).then(packages)
}
