//! `If-None-Match`, `If-Modified-Since`, `If-Range`. RFC 9110 section 13.

use http::{HeaderMap, header};
use lsrepo_types::Timestamp;

/// What a client can compare its copy with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validators<'a> {
    /// with its quotes; always strong, it is the digest of the bytes
    pub(crate) etag: &'a str,
    /// when it was published
    pub(crate) date: Option<Timestamp>,
}

impl Validators<'_> {
    /// The client's copy is good: 304.
    pub(crate) fn is_unchanged(&self, headers: &HeaderMap) -> bool {
        if let Some(known) = text(headers, header::IF_NONE_MATCH) {
            return known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == self.etag);
        }
        let since = text(headers, header::IF_MODIFIED_SINCE).and_then(|text| Timestamp::parse_rfc2822(text).ok());
        matches!((self.date, since), (Some(date), Some(since)) if date <= since)
    }

    /// The part that the client has is of this very file, so it may have the rest alone.
    pub(crate) fn range_applies(&self, headers: &HeaderMap) -> bool {
        let Some(known) = text(headers, header::IF_RANGE) else {
            return true;
        };
        match known.starts_with('"') {
            true => known == self.etag,
            // Equal, not "no newer": the client repeats what we said.
            false => Timestamp::parse_rfc2822(known).is_ok_and(|known| self.date == Some(known)),
        }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Validators<'static> = Validators { etag: "\"sha256:ab\"", date: Some(Timestamp(1_746_868_877)) };

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_known_digest_is_unchanged_and_outranks_the_date() {
        for (value, expected) in [
            ("\"sha256:ab\"", true),
            ("W/\"sha256:ab\"", true),
            ("\"x\", \"sha256:ab\"", true),
            ("*", true),
            ("\"sha256:cd\"", false),
            ("sha256:ab", false),
        ] {
            let mut headers = headers(header::IF_NONE_MATCH, value);
            headers.insert(header::IF_MODIFIED_SINCE, FILE.date.unwrap().http().parse().unwrap());
            assert_eq!(FILE.is_unchanged(&headers), expected, "{value}");
        }
    }

    #[test]
    fn a_date_is_compared_in_seconds() {
        let since = |offset: i64| headers(header::IF_MODIFIED_SINCE, &Timestamp(1_746_868_877 + offset).http());
        assert!(FILE.is_unchanged(&since(0)) && FILE.is_unchanged(&since(60)));
        assert!(!FILE.is_unchanged(&since(-1)));
        assert!(!FILE.is_unchanged(&headers(header::IF_MODIFIED_SINCE, "yesterday")));
    }

    #[test]
    fn the_rest_of_another_file_is_never_sent() {
        let applies = |value: &str| FILE.range_applies(&headers(header::IF_RANGE, value));
        assert!(applies("\"sha256:ab\"") && applies(&Timestamp(1_746_868_877).http()));
        assert!(!applies("W/\"sha256:ab\"") && !applies("\"sha256:cd\""));
        assert!(!applies(&Timestamp(1_746_868_878).http()) && !applies("nonsense"));
        assert!(FILE.range_applies(&HeaderMap::new()));
    }
}
