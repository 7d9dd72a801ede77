//! What changed from release to release.

use crate::{
    package::{Header, PackageError, tag},
    text,
};
use std::borrow::Cow;

/// As many as createrepo_c takes.
const NEWEST: usize = 10;

/// One entry of a changelog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// `Jane Doe <jane@example.org> - 1.2-3`
    pub author: Cow<'a, str>,
    /// seconds since 1970
    pub date: u64,
    /// what changed
    pub text: Cow<'a, str>,
}

/// The newest, oldest of them first. Clients sort by date alone, so of entries with the same date each gets a
/// second of its own.
pub(super) fn read(header: &Header, title: impl Fn() -> String + Copy) -> Result<Vec<Change<'_>>, PackageError> {
    let texts = header.texts(tag::CHANGELOG_NAME).zip(header.texts(tag::CHANGELOG_TEXT));
    let mut changes: Vec<Change<'_>> = Vec::new();
    let mut last = 0;
    for (date, (author, words)) in header.numbers(tag::CHANGELOG_TIME).zip(texts).take(NEWEST) {
        let author = match text::checked(author, "changelog", title)? {
            Cow::Borrowed(author) => Cow::Borrowed(trimmed(author)),
            Cow::Owned(author) => Cow::Owned(trimmed(&author).to_owned()),
        };
        if date == last {
            let mut taken = date;
            for newer in changes.iter_mut().rev().take_while(|newer| std::mem::replace(&mut taken, newer.date + 1) == newer.date) {
                newer.date += 1;
            }
        }
        last = date;
        changes.push(Change { author, date, text: text::checked(words, "changelog", title)? });
    }
    changes.reverse();
    Ok(changes)
}

/// Without the spaces at its end; the first character stays whatever it is.
fn trimmed(author: &str) -> &str {
    let first = author.chars().next().map_or(0, char::len_utf8);
    let (head, tail) = author.split_at(first);
    &author[..head.len() + tail.trim_end_matches(' ').len()]
}
