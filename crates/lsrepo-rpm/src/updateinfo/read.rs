//! From XML, one advisory at a time.

use super::{Advisory, AdvisoryPackage, Collection, CollectionModule, Reference};
use crate::{
    Evr, Nevra,
    metadata_error::MetadataError,
    xml::{Document, Element},
};
use std::io::BufRead;

const KIND: &str = "updateinfo";

/// The advisories of a text, in its order. A package that an advisory does not name in full is left out of it.
pub fn advisories<R: BufRead>(source: R) -> impl Iterator<Item = Result<Advisory, MetadataError>> {
    let mut state = Some(Document::open(source, KIND, "updates"));
    std::iter::from_fn(move || {
        let mut document = match state.take()? {
            Ok(document) => document,
            Err(error) => return Some(Err(error)),
        };
        loop {
            // After an error nothing more is read.
            match document.element() {
                Err(error) => return Some(Err(error)),
                Ok(None) => return None,
                Ok(Some(element)) if element.name == "update" => {
                    state = Some(Ok(document));
                    return Some(Ok(advisory(&element)));
                }
                Ok(Some(_)) => {}
            }
        }
    })
}

fn advisory(element: &Element) -> Advisory {
    let attribute = |name| element.attribute(name).unwrap_or("").to_owned();
    let text = |name| element.text_of(name).unwrap_or("").to_owned();
    // The date is an attribute; some old texts have it as the element's text.
    let date = |name| {
        let given = element.child(name).map(|date| date.attribute("date").unwrap_or(date.text()));
        given.unwrap_or("").to_owned()
    };
    let references = element.child("references").into_iter().flat_map(|all| all.all("reference"));
    let collections = element.all("pkglist").flat_map(|list| list.all("collection"));
    Advisory {
        from: attribute("from"),
        status: attribute("status"),
        kind: attribute("type"),
        version: attribute("version"),
        id: text("id"),
        title: text("title"),
        issued: date("issued"),
        updated: date("updated"),
        rights: text("rights"),
        release: text("release"),
        pushcount: text("pushcount"),
        severity: text("severity"),
        summary: text("summary"),
        description: text("description"),
        solution: text("solution"),
        references: references.map(reference).collect(),
        collections: collections.map(collection).collect(),
    }
}

fn reference(element: &Element) -> Reference {
    let attribute = |name| element.attribute(name).unwrap_or("").to_owned();
    Reference { href: attribute("href"), id: attribute("id"), kind: attribute("type"), title: attribute("title") }
}

fn collection(element: &Element) -> Collection {
    let module = element.child("module").map(|module| {
        let attribute = |name| module.attribute(name).unwrap_or("").to_owned();
        CollectionModule {
            name: attribute("name"),
            stream: attribute("stream"),
            version: attribute("version"),
            context: attribute("context"),
            arch: attribute("arch"),
        }
    });
    Collection {
        short: element.attribute("short").unwrap_or("").to_owned(),
        name: element.text_of("name").unwrap_or("").to_owned(),
        module,
        packages: element.all("package").filter_map(package).collect(),
    }
}

fn package(element: &Element) -> Option<AdvisoryPackage> {
    let attribute = |name| element.attribute(name).filter(|value| !value.is_empty());
    let epoch = attribute("epoch").map_or(Some(0), |epoch| epoch.parse().ok())?;
    let evr = Evr { epoch, version: attribute("version")?.into(), release: attribute("release")?.into() };
    // `True`, `1` or an empty element say yes.
    let flag = |name| {
        let said = element.child(name).map(|flag| flag.text().to_ascii_lowercase());
        said.is_some_and(|said| !matches!(said.as_str(), "0" | "false" | "no"))
    };
    let sums = element.all("sum").map(|sum| (sum.attribute("type").unwrap_or("").to_owned(), sum.text().to_owned()));
    Some(AdvisoryPackage {
        artifact: Nevra::new(attribute("name")?, &evr, attribute("arch")?),
        src: attribute("src").unwrap_or("").to_owned(),
        filename: element.text_of("filename").unwrap_or("").to_owned(),
        sums: sums.collect(),
        reboot_suggested: flag("reboot_suggested"),
        restart_suggested: flag("restart_suggested"),
        relogin_suggested: flag("relogin_suggested"),
    })
}
