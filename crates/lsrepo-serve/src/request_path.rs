//! The path of a request, decoded once and checked.
//!
//! RFC 3986 section 2.4: decoding twice would turn `%252e` into a dot. A `+` is a plus: it means a space
//! only in forms, and a third of all package files have one in their names.

/// A path inside the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestPath {
    /// parts joined by `/`, none at either end; `""` is the top
    pub(crate) inside: String,
    /// it was written with a `/` at its end
    pub(crate) is_directory: bool,
}

/// A path that cannot be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadPath(pub(crate) &'static str);

impl RequestPath {
    pub(crate) fn parse(raw: &str) -> Result<Self, BadPath> {
        // Flat repositories of apt are asked for as `packages/./InRelease`. A dot that was encoded is not meant so.
        let plain: Vec<&str> = raw.split('/').filter(|part| *part != ".").collect();
        let decoded = decode(&plain.join("/"))?;
        if decoded.chars().any(|c| c.is_control() || c == '\\') {
            return Err(BadPath("a control character or a backslash in the path"));
        }
        // Sources lists are written with and without a slash at the end: `//` is one `/`.
        let parts: Vec<&str> = decoded.split('/').filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| matches!(*part, "." | "..")) {
            return Err(BadPath("`.` or `..` in the path"));
        }
        Ok(Self { inside: parts.join("/"), is_directory: decoded.ends_with('/') || decoded.is_empty() || raw.ends_with("/.") })
    }
}

fn decode(raw: &str) -> Result<String, BadPath> {
    let wrong = BadPath("a `%` without two hexadecimal digits in the path");
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(wrong);
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).map_err(|_| BadPath("the path is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::RequestPath;

    fn parse(raw: &str) -> Option<(String, bool)> {
        RequestPath::parse(raw).map(|path| (path.inside, path.is_directory)).ok()
    }

    #[test]
    fn a_path_is_decoded_once_and_plus_stays_plus() {
        assert_eq!(parse("/pool/g++_1.2~rc1+b2.deb"), Some(("pool/g++_1.2~rc1+b2.deb".into(), false)));
        assert_eq!(parse("/a%2Bb%7e"), Some(("a+b~".into(), false)));
        assert_eq!(parse("/%252e%252e/x"), Some(("%2e%2e/x".into(), false)));
        assert_eq!(parse("//apt//debian-12/"), Some(("apt/debian-12".into(), true)));
        assert_eq!(parse("/"), Some(("".into(), true)));
    }

    #[test]
    fn a_plain_dot_stays_where_it_is() {
        assert_eq!(parse("/packages/./InRelease"), Some(("packages/InRelease".into(), false)));
        assert_eq!(parse("/packages/."), Some(("packages".into(), true)));
        assert_eq!(parse("/./"), Some(("".into(), true)));
        assert_eq!(parse("/./../x"), None);
    }

    #[test]
    fn what_would_climb_or_confuse_is_refused() {
        for raw in [
            "/..",
            "/a/../b",
            "/%2e%2e/etc/passwd",
            "/a/%2e/b",
            "/a%2f..%2fb",
            "/a\\b",
            "/a%5cb",
            "/%00",
            "/%0a",
            "/%zz",
            "/%2",
            "/%ff",
        ] {
            assert_eq!(parse(raw), None, "{raw}");
        }
    }
}
