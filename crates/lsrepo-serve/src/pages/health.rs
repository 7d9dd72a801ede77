//! `/health`: what a person looks at first when something does not work.

use super::{
    Failure, Made, View,
    layout::Place,
    made,
    markup::{Markup, code, facts, table},
    overview::day,
    parts::how_many,
};
use lsrepo_publish::catalogue::CatalogueError;

pub(super) fn page(view: &View<'_>) -> Made {
    let site = view.site;
    let pages = match view.catalogue().and_then(|found| found.map(|one| check(&one).map_err(Failure::from)).transpose()) {
        Ok(Some(count)) => (true, how_many(count, "thing is listed", "things are listed")),
        Ok(None) => (true, "there is no list of this snapshot, only what clients ask for".to_owned()),
        Err(_) => (false, "the list cannot be read; publish the snapshot again".to_owned()),
    };
    let packages: u64 = site.repositories.values().flat_map(|one| one.platforms()).map(|one| one.packages).sum();
    let checks = [
        ("Pages", pages.0, pages.1),
        (
            "Repositories",
            true,
            format!(
                "{} with {}",
                how_many(site.repositories.len() as u64, "system", "systems"),
                how_many(packages, "package", "packages")
            ),
        ),
        ("Images", true, how_many(site.images.len() as u64, "repository", "repositories")),
        ("Store", view.store.free_bytes().is_ok(), free(view)),
    ];
    let good = checks.iter().all(|(_, good, _)| *good);
    let rows = checks.iter().map(|(what, good, said)| {
        let state = if *good {
            Markup::fixed("<span class=\"good\">good</span>")
        } else {
            Markup::fixed("<span class=\"warn\">bad</span>")
        };
        vec![Markup::text(what), state, Markup::text(said)]
    });
    let lead = match good {
        true => Markup::fixed("<p class=\"lead\"><span class=\"good\">All is well.</span></p>"),
        false => Markup::fixed("<p class=\"lead\"><span class=\"warn\">Something is wrong.</span></p>"),
    };
    let about = facts([
        ("Snapshot of", Markup::text(day(site.date))),
        ("Signed by", code(&site.key.fingerprint)),
        ("For machines", Markup::fixed("<a href=\"/healthz\">/healthz</a>")),
    ]);
    let content = Markup::of("h1", "Health")
        .then(lead)
        .then(table("What was looked at just now", &["What", "State", "Found"], rows))
        .then(about);
    made(Place::Health, "Health", content)
}

fn free(view: &View<'_>) -> String {
    match view.store.free_bytes() {
        Ok(bytes) => format!("{} free", lsrepo_types::Bytes(bytes)),
        Err(_) => "its folder cannot be looked at".to_owned(),
    }
}

/// Both ends of the list can be read.
fn check(catalogue: &lsrepo_publish::catalogue::Catalogue<super::Stored>) -> Result<u64, CatalogueError> {
    let count = catalogue.len();
    if let Some(last) = count.checked_sub(1).and_then(|last| u32::try_from(last).ok()) {
        catalogue.line(0)?;
        catalogue.line(last)?;
    }
    Ok(count)
}
