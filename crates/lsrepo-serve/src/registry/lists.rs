//! Lists of repositories and of tags, sorted by their bytes, in parts.

use super::{answer::json, ask::Ask};
use crate::answer::{Answer, value};
use http::{StatusCode, header};
use lsrepo_oci::{
    RepositoryName,
    api::{ApiError, Page},
};
use serde_json::json;
use std::collections::BTreeSet;

/// In one answer, whatever `n` says.
const MOST_REPOSITORIES: usize = 1000;
const MOST_TAGS: usize = 10_000;

pub(super) fn catalog(ask: &Ask<'_>) -> Result<Answer, ApiError> {
    let page = Page::parse(&ask.query)?;
    let pushed = ask.registry.pushed.names();
    let imported = ask.site.images.whole_names().filter(|name| ask.may_see(name)).map(|name| ask.site.images.name_here(name));
    let names: BTreeSet<&str> = pushed.iter().map(String::as_str).filter(|name| ask.may_see(name)).chain(imported).collect();
    let cut = page.cut(names.into_iter(), MOST_REPOSITORIES);
    let body = json!({ "repositories": cut.items });
    Ok(part(ask, &page, body, cut.items.last().filter(|_| cut.more).copied()))
}

pub(super) fn tags(ask: &Ask<'_>, name: &RepositoryName) -> Result<Answer, ApiError> {
    let page = Page::parse(&ask.query)?;
    let view = ask.view(name)?;
    let cut = page.cut(view.tags()?.into_iter(), MOST_TAGS);
    let body = json!({"name": name, "tags": cut.items});
    Ok(part(ask, &page, body, cut.items.last().filter(|_| cut.more).copied()))
}

fn part(ask: &Ask<'_>, page: &Page, body: serde_json::Value, last: Option<&str>) -> Answer {
    let mut answer = json(StatusCode::OK, body.to_string());
    if let Some(last) = last {
        let keep: Vec<(&str, &str)> = ask.ns.iter().map(|ns| ("ns", ns.as_str())).collect();
        answer.set(header::LINK, value(&page.link(ask.head.uri.path(), last, &keep)));
    }
    answer
}
