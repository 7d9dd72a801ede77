//! A directory as a page: names and sizes, nothing else.

use crate::{
    html,
    pages::{
        layout::{self, Place},
        markup::{Markup, table},
    },
    site::is_for_lambdastack,
};
use lsrepo_types::Bytes;
use std::fmt::Write;

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) is_directory: bool,
    pub(crate) size: Option<u64>,
}

/// The page of a directory at `path`.
pub(crate) fn render(path: &str, rows: &[Row], has_catalogue: bool) -> String {
    match is_for_lambdastack(path) {
        true => plain(path, rows),
        false => page(path, rows, has_catalogue),
    }
}

/// As Apache writes it without "fancy indexing" (`?F=0`): LambdaStack's roles take a line apart with
/// `.*<li><a href="([^"]+)".*`, drop that with `Parent Directory`, and expect plain names.
fn plain(path: &str, rows: &[Row]) -> String {
    let above = path.rsplit_once('/').map_or(String::new(), |(above, _)| format!("{}/", html::encode(above)));
    let title = html::escape(path);
    let mut page = format!(
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<html>\n<head><title>Index of /{title}</title></head>\n\
         <body>\n<h1>Index of /{title}</h1>\n<ul><li><a href=\"/{above}\"> Parent Directory</a></li>\n"
    );
    for row in rows {
        let slash = if row.is_directory { "/" } else { "" };
        let (address, name) = (html::encode_name(&row.name), html::escape(&row.name));
        _ = writeln!(page, "<li><a href=\"{address}{slash}\"> {name}{slash}</a></li>");
    }
    page.push_str("</ul>\n</body></html>\n");
    page
}

fn page(path: &str, rows: &[Row], has_catalogue: bool) -> String {
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
