//! A directory as a page: names and sizes, nothing else.

use crate::{
    html,
    pages::{
        layout::{self, Place},
        markup::{Markup, table},
    },
};
use lsrepo_types::Bytes;

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) is_directory: bool,
    pub(crate) size: Option<u64>,
}

/// The page of a directory at `path`.
pub(crate) fn render(path: &str, rows: &[Row], has_catalogue: bool) -> String {
    let row = |row: &Row| {
        let slash = if row.is_directory { "/" } else { "" };
        let size = row.size.map(|size| Bytes(size).to_string()).unwrap_or_default();
        // `./` before a name: `a:b` would be an address with a scheme
        let address = format!("./{}{slash}", html::encode(&row.name));
        vec![Markup::link(&address, Markup::text(format!("{}{slash}", row.name))), Markup::text(size)]
    };
    let list = table("Files and folders", &["Name", "Size"], rows.iter().map(row));
    let content = Markup::element("h1 class=\"path\"", breadcrumbs(path)).then(list);
    layout::page(Place::Elsewhere, &format!("/{path}/"), has_catalogue, content)
}

fn breadcrumbs(path: &str) -> Markup {
    let mut crumbs = Markup::fixed("<a href=\"/\">/</a>");
    let mut address = "/".to_owned();
    for part in path.split('/') {
        address.push_str(&html::encode(part));
        address.push('/');
        crumbs = crumbs.then(Markup::fixed(" ")).then(Markup::link(&address, Markup::text(part))).then(Markup::fixed(" /"));
    }
    crumbs
}
