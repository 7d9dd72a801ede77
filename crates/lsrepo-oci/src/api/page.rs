//! Lists that are given in parts: `?n=` and `?last=`, and the `Link` to what follows.

use super::{
    error::{ApiError, ErrorCode},
    query::{Query, encode},
};

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// how many at most
    pub n: Option<usize>,
    /// only what comes behind this; it need not be there
    pub last: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// the part
    pub items: Vec<&'a str>,
    /// there is more behind it
    pub more: bool,
}

impl Page {
    /// Reads `n` and `last`. A number beyond all bounds only means "many"; what is no number is wrong.
    pub fn parse(query: &Query) -> Result<Self, ApiError> {
        let n = match query.first("n") {
            None => None,
            Some(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(text.parse().unwrap_or(usize::MAX))
            }
            Some(text) => {
                let message = "`n` is a number of entries, 0 or more";
                return Err(ApiError::new(ErrorCode::Unsupported, message).with_status(400).about("n", text));
            }
        };
        Ok(Self { n, last: query.first("last").map(str::to_owned).filter(|last| !last.is_empty()) })
    }

    /// Cuts a part of at most `most` entries out of a sorted list.
    pub fn cut<'a>(&self, sorted: impl Iterator<Item = &'a str>, most: usize) -> Cut<'a> {
        let n = self.n.unwrap_or(most).min(most);
        if n == 0 {
            return Cut { items: Vec::new(), more: false };
        }
        let mut rest = sorted.skip_while(|one| self.last.as_deref().is_some_and(|last| *one <= last));
        let items: Vec<&str> = rest.by_ref().take(n).collect();
        Cut { more: rest.next().is_some(), items }
    }

    /// What `Link` says: the same list from behind `last` on. `keep` is what else was asked.
    pub fn link(&self, path: &str, last: &str, keep: &[(&str, &str)]) -> String {
        let n = self.n.map(|n| ("n", n.to_string()));
        let others = keep.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let all: Vec<String> = n
            .into_iter()
            .chain([("last", last.to_owned())])
            .chain(others)
            .map(|(name, value)| format!("{name}={}", encode(&value)))
            .collect();
        format!("<{path}?{}>; rel=\"next\"", all.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Page {
        Page::parse(&Query::parse(Some(query))).unwrap()
    }

    #[test]
    fn a_part_begins_behind_the_last_and_has_n_entries() {
        let all = ["a", "b", "d", "e"];
        let cut = |query: &str| {
            let cut = page(query).cut(all.into_iter(), 3);
            (cut.items.concat(), cut.more)
        };
        for (query, items, more) in [
            ("", "abd", true),
            ("n=2", "ab", true),
            ("n=2&last=b", "de", false),
            ("last=c", "de", false),
            ("last=e", "", false),
            ("last=", "abd", true),
            ("n=0", "", false),
            ("n=0&last=a", "", false),
            ("n=99999999999999999999999999999", "abd", true),
            ("n=3&last=a", "bde", false),
        ] {
            assert_eq!(cut(query), (items.to_owned(), more), "{query}");
        }
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for query in ["n=-1", "n=x", "n=", "n=1.5", "n=+1", "n=0x10"] {
            assert_eq!(Page::parse(&Query::parse(Some(query))).unwrap_err().status, 400, "{query}");
        }
    }

    #[test]
    fn the_link_leads_to_what_follows() {
        assert_eq!(page("n=2").link("/v2/a/tags/list", "v1", &[]), "</v2/a/tags/list?n=2&last=v1>; rel=\"next\"");
        let kept = page("").link("/v2/_catalog", "a/b", &[("ns", "x y")]);
        assert_eq!(kept, "</v2/_catalog?last=a/b&ns=x%20y>; rel=\"next\"");
    }
}
