//! A directory as a page: names and sizes, nothing else.

use crate::{html, site::is_for_lambdastack};
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
pub(crate) fn render(path: &str, rows: &[Row]) -> String {
    match is_for_lambdastack(path) {
        true => plain(path, rows),
        false => table(path, rows),
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

fn table(path: &str, rows: &[Row]) -> String {
    let mut body = format!("<h1>{}</h1>\n<table>\n", breadcrumbs(path));
    for row in rows {
        let slash = if row.is_directory { "/" } else { "" };
        let size = row.size.map(|size| Bytes(size).to_string()).unwrap_or_default();
        // `./` before a name: `a:b` would be an address with a scheme
        _ = writeln!(
            body,
            "<tr><td class=\"name\"><a href=\"./{}{slash}\">{}{slash}</a><td class=\"number\">{size}",
            html::encode(&row.name),
            html::escape(&row.name)
        );
    }
    body.push_str("</table>\n");
    html::page(&format!("/{path}/"), &body)
}

fn breadcrumbs(path: &str) -> String {
    let mut crumbs = "<a href=\"/\">/</a>".to_owned();
    let mut address = "/".to_owned();
    for part in path.split('/') {
        _ = write!(address, "{}/", html::encode(part));
        _ = write!(crumbs, " <a href=\"{address}\">{}</a> /", html::escape(part));
    }
    crumbs
}
