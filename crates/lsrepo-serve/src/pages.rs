//! The pages for people: what this snapshot holds, one thing of it, how to point a host here.
//!
//! A page is rendered for each request from the catalogue, of which it reads a few pieces; nothing of that stays in memory.
//! Everything works without the script, which makes it quicker to use. No page names a place outside of this site, and the
//! policy that is sent along lets no browser go to one.

pub(crate) mod ask;
pub(crate) mod asset;
mod browse;
mod health;
mod image;
pub(crate) mod layout;
mod lists;
pub(crate) mod markup;
mod module;
mod overview;
mod package;
mod parts;
mod search;
mod setup;
mod snapshots;
#[cfg(test)]
mod tests;

use crate::{
    answer::{self, Answer, Content},
    app::Ends,
    request_path::RequestPath,
    site::{Site, Stored},
};
use ask::Form;
use http::{HeaderValue, Method, StatusCode, header, request};
use layout::Place;
use lsrepo_publish::{
    ReadAt,
    catalogue::{Catalogue, CatalogueError, Key, Kind, Row},
    client::BaseUrl,
};
use lsrepo_store::{Store, StoreError};
use lsrepo_types::Digest;
use markup::Markup;

/// What no mount of the site and no other answer has: a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Overview,
    Search,
    /// an OS and an architecture, where they are named
    Packages(Option<String>),
    Package {
        platform: String,
        name: String,
    },
    Images,
    Image(String),
    Modules,
    Module(String),
    Browse(Kind, String),
    Setup,
    Snapshots,
    Difference(String),
    Health,
    Asset(String),
}

impl Route {
    /// The page that a request is for, if it is for one.
    pub(crate) fn of(head: &request::Parts) -> Option<Self> {
        let path = RequestPath::parse(head.uri.path()).ok().filter(|_| matches!(head.method, Method::GET | Method::HEAD))?;
        Self::parse(&path.inside)
    }

    fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        Some(match parts[..] {
            [""] => Self::Overview,
            ["search"] => Self::Search,
            ["packages"] => Self::Packages(None),
            ["packages", os, arch] => Self::Packages(Some(format!("{os}/{arch}"))),
            ["packages", os, arch, name] => Self::Package { platform: format!("{os}/{arch}"), name: name.to_owned() },
            ["images"] => Self::Images,
            ["images", ..] => Self::Image(parts[1..].join("/")),
            ["modules"] => Self::Modules,
            ["modules", name] => Self::Module(name.to_owned()),
            ["browse", "files", ..] => Self::Browse(Kind::File, parts[2..].join("/")),
            ["browse", "charts", ..] => Self::Browse(Kind::Chart, parts[2..].join("/")),
            ["setup"] => Self::Setup,
            ["snapshots"] => Self::Snapshots,
            ["snapshots", two] => Self::Difference(two.to_owned()),
            ["health"] => Self::Health,
            ["assets", name] => Self::Asset(name.to_owned()),
            _ => return None,
        })
    }
}

/// What a page is made from.
struct View<'a> {
    site: &'a Site,
    store: &'a Store,
    base: &'a BaseUrl,
    form: Form,
}

/// A page, and whether it names the address that the client used.
struct Page {
    place: Place,
    title: String,
    content: Markup,
    per_host: bool,
}

/// Why there is no page. Whoever runs the server has to look after it.
#[derive(Debug)]
enum Failure {
    Catalogue(CatalogueError),
    Store(StoreError),
}

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Self {
        Self::Catalogue(error)
    }
}

/// A page; none where there is nothing of that name.
type Made = Result<Option<Page>, Failure>;

fn made(place: Place, title: impl Into<String>, content: Markup) -> Made {
    Ok(Some(Page { place, title: title.into(), content, per_host: false }))
}

impl View<'_> {
    /// The catalogue of what is shown, where there is one.
    fn catalogue(&self) -> Result<Option<Catalogue<Stored>>, Failure> {
        self.site.catalogue.as_ref().map(|digest| self.open(digest)).transpose()
    }

    fn open(&self, digest: &Digest) -> Result<Catalogue<Stored>, Failure> {
        let blob = self.store.open_blob(digest).map_err(Failure::Store)?;
        Ok(Catalogue::open(Stored(blob))?)
    }
}

/// All that a catalogue says of a thing, where it is there.
fn row<R: ReadAt>(catalogue: &Catalogue<R>, kind: Kind, place: &str, name: &str) -> Result<Option<Row>, CatalogueError> {
    let key = Key { kind, place: place.to_owned(), name: name.to_owned() };
    catalogue.find(&key)?.map(|number| catalogue.row(number)).transpose()
}

/// Answers for a page, and what whoever runs the server should hear. May wait for a disk.
pub(crate) fn answer(route: &Route, site: &Site, store: &Store, head: &request::Parts, ends: Ends) -> (Answer, Option<String>) {
    if let Route::Asset(name) = route {
        return (asset_answer(head, name), None);
    }
    let Some(base) = answer::base(site, head, ends) else {
        return (answer::text(StatusCode::BAD_REQUEST, "the Host header is not a host"), None);
    };
    let view = View { site, store, base: &base, form: Form::parse(head.uri.query()) };
    let has_catalogue = site.catalogue.is_some();
    match render(route, &view) {
        Ok(Some(page)) => {
            let html = layout::page(page.place, &page.title, has_catalogue, page.content);
            (answer::web_page(head, html, page.per_host), None)
        }
        Ok(None) => (missing(head, has_catalogue), None),
        Err(failure) => {
            let why = match failure {
                Failure::Catalogue(error) => error.to_string(),
                Failure::Store(error) => format!("the catalogue: {error}"),
            };
            let content = Markup::of("h1", "This page cannot be made").then(Markup::of(
                "p",
                "What the pages are made from cannot be read. Packages, images and files are served as before.",
            ));
            let html = layout::page(Place::Elsewhere, "Not readable", has_catalogue, content);
            (with_status(answer::web_page(head, html, false), StatusCode::INTERNAL_SERVER_ERROR), Some(why))
        }
    }
}

fn render(route: &Route, view: &View<'_>) -> Made {
    match route {
        Route::Overview => overview::page(view),
        Route::Setup => setup::page(view),
        Route::Health => health::page(view),
        Route::Asset(_) => Ok(None),
        Route::Snapshots => snapshots::page(view),
        Route::Difference(two) => snapshots::difference(view, two),
        _ => {
            let Some(catalogue) = view.catalogue()? else { return Ok(None) };
            match route {
                Route::Search => search::page(view, &catalogue),
                Route::Packages(None) => lists::platforms(&catalogue),
                Route::Packages(Some(platform)) => lists::packages(view, &catalogue, platform),
                Route::Package { platform, name } => package::page(view, &catalogue, platform, name),
                Route::Images => lists::images(view, &catalogue),
                Route::Image(name) => image::page(view, &catalogue, name),
                Route::Modules => lists::modules(view, &catalogue),
                Route::Module(name) => module::page(&catalogue, name),
                Route::Browse(kind, name) if name.is_empty() => browse::list(view, &catalogue, *kind),
                Route::Browse(kind, name) => browse::page(view, &catalogue, *kind, name),
                _ => Ok(None),
            }
        }
    }
}

fn asset_answer(head: &request::Parts, name: &str) -> Answer {
    let Some((resource, media_type)) = asset::find(name) else {
        return answer::text(StatusCode::NOT_FOUND, "there is nothing here");
    };
    let mut answer = answer::file(head, name, resource);
    answer.set(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer.set(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer
}

fn missing(head: &request::Parts, has_catalogue: bool) -> Answer {
    let content = Markup::of("h1", "There is nothing here")
        .then(Markup::of("p", "This snapshot holds nothing of that name."))
        .then(Markup::element("p", Markup::fixed("<a href=\"/search\">Search</a> or go to the <a href=\"/\">overview</a>.")));
    let html = layout::page(Place::Elsewhere, "Nothing here", has_catalogue, content);
    with_status(answer::web_page(head, html, false), StatusCode::NOT_FOUND)
}

/// An error is the same answer for whoever has seen it before.
fn with_status(mut answer: Answer, status: StatusCode) -> Answer {
    if answer.status == StatusCode::NOT_MODIFIED {
        answer.content = Content::Bytes(bytes::Bytes::new());
    }
    answer.headers.retain(|(name, _)| *name != header::ETAG && *name != header::ACCEPT_RANGES);
    answer.status = status;
    answer
}
