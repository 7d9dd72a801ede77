//! What somebody asks a page for: its path, and a form's fields. Both come from outside, so both are short.

use crate::html;
use lsrepo_publish::catalogue::Kind;

/// So much of a query is looked at.
const MOST_QUERY: usize = 2048;
/// So many fields.
const MOST_FIELDS: usize = 16;
/// So many characters of one.
const MOST_VALUE: usize = 200;

/// The fields of a form, as a query has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a query; what is too long is cut, what is no UTF-8 is seen as such.
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default();
        let end = (0..=query.len().min(MOST_QUERY)).rev().find(|end| query.is_char_boundary(*end));
        let query = &query[..end.unwrap_or_default()];
        let field = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value).trim().chars().take(MOST_VALUE).collect())
        };
        Self(query.split('&').filter(|pair| !pair.is_empty()).take(MOST_FIELDS).map(field).collect())
    }

    /// A field; empty where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A field that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).parse().ok().filter(|number| *number <= u64::from(u32::MAX))
    }

    /// The kind of thing that is asked for.
    pub(crate) fn kind(&self) -> Option<Kind> {
        Kind::from_word(self.get("kind"))
    }
}

/// `%41` is `A` and `+` is a space, as forms have it.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let pair = || {
            let mut ahead = rest.clone();
            let mut digit = || ahead.next().and_then(|digit| char::from(digit).to_digit(16));
            let byte = digit()? * 16 + digit()?;
            Some((byte as u8, ahead))
        };
        match (byte, pair()) {
            (b'%', Some((decoded, ahead))) => {
                bytes.push(decoded);
                rest = ahead;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An address of this site: parts of a path, and fields of a query that are not empty.
pub(crate) fn address(parts: &[&str], fields: &[(&str, &str)]) -> String {
    let mut address = parts.iter().map(|part| format!("/{}", html::encode(part))).collect::<String>();
    let mut mark = '?';
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.push_str(&format!("{mark}{name}={}", html::encode(value).replace('/', "%2F")));
        mark = '&';
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form = Form::parse(Some("q=g%2B%2B+12&kind=image&page=3&q=second&x"));
        assert_eq!((form.get("q"), form.kind(), form.number("page"), form.get("gone")), ("g++ 12", Some(Kind::Image), Some(3), ""));
        assert_eq!(address(&["search", ""], &[("q", "g++ a/b"), ("kind", "")]), "/search/?q=g%2B%2B%20a%2Fb");
    }

    #[test]
    fn what_is_too_long_or_wrong_is_cut_or_seen() {
        let form = Form::parse(Some(&format!("q={}&page=99999999999&x=%ff%zz%", "ü".repeat(4000))));
        assert_eq!((form.get("q").chars().count(), form.number("page")), (MOST_VALUE, None));
        assert_eq!(Form::parse(Some("x=%ff%zz%")).get("x"), "\u{fffd}%zz%");
        assert!(Form::parse(Some(&"a=b&".repeat(900))).0.len() <= MOST_FIELDS);
        assert_eq!(Form::parse(None), Form::default());
    }
}
