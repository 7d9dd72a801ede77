//! `WWW-Authenticate`: how a registry wants to know who asks.
//! Format: RFC 9110, section 11.6.1; `Bearer` as in distribution's token specification.

/// One way of the several that a registry may offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// user and password with every request
    Basic,
    /// a token, to be had somewhere else
    Bearer {
        /// where
        realm: String,
        /// for whom
        service: Option<String>,
    },
}

impl Challenge {
    /// Reads the values of all such headers; a token is preferred. What is not understood is passed over.
    pub fn read<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let all: Vec<Self> = values.take(8).flat_map(|value| Self::all(value.get(..4096).unwrap_or(value))).collect();
        let bearer = all.iter().find(|one| matches!(one, Self::Bearer { .. }));
        bearer.or(all.first()).cloned()
    }

    fn all(value: &str) -> Vec<Self> {
        let mut found = Vec::new();
        // A scheme stands alone before its first parameter; parameters are separated by commas, as are schemes.
        let (mut scheme, mut realm, mut service) = (String::new(), None, None);
        let mut done = |scheme: &str, realm: Option<String>, service: Option<String>| match (scheme, realm) {
            ("basic", _) => found.push(Self::Basic),
            ("bearer", Some(realm)) => found.push(Self::Bearer { realm, service }),
            _ => {}
        };
        for part in commas(value) {
            let (head, text) = part.split_once('=').map_or((part.as_str(), None), |(name, text)| (name, Some(text)));
            let name = match head.trim().split_once(char::is_whitespace) {
                Some((next, name)) if text.is_some() => {
                    done(&scheme, realm.take(), service.take());
                    scheme = next.to_ascii_lowercase();
                    name.trim()
                }
                _ if text.is_none() => {
                    done(&scheme, realm.take(), service.take());
                    scheme = head.trim().to_ascii_lowercase();
                    continue;
                }
                _ => head.trim(),
            };
            let text = text.map(unquoted);
            match name.to_ascii_lowercase().as_str() {
                "realm" => realm = text,
                "service" => service = text,
                _ => {}
            }
        }
        done(&scheme, realm, service);
        found
    }
}

/// Parts between commas that are not within quotes.
fn commas(value: &str) -> Vec<String> {
    let (mut parts, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in value.chars() {
        match c {
            ',' if !quoted => parts.push(String::new()),
            '"' if !escaped => {
                quoted = !quoted;
                parts.last_mut().into_iter().for_each(|part| part.push(c));
            }
            _ => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
        escaped = c == '\\' && !escaped;
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) })
    }

    #[test]
    fn a_registry_says_where_its_tokens_are() {
        let read = |value: &str| Challenge::read([value].into_iter());
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#;
        assert_eq!(read(hub), bearer("https://auth.docker.io/token", Some("registry.docker.io")));
        assert_eq!(read(r#"bearer service=x , realm=http://a/t"#), bearer("http://a/t", Some("x")));
        assert_eq!(read(r#"Bearer realm="https://a/t?a=1,2",scope="repository:a:pull,push""#), bearer("https://a/t?a=1,2", None));
        assert_eq!(read(r#"Basic realm="Registry \"one\", two""#), Some(Challenge::Basic));
        assert_eq!(read("Basic"), Some(Challenge::Basic));
        assert_eq!(read(r#"Basic realm="x", Bearer realm="https://a/t""#), bearer("https://a/t", None));
        let two = [r#"Basic realm="x""#, r#"Bearer realm="https://a/t""#];
        assert_eq!(Challenge::read(two.into_iter()), bearer("https://a/t", None));
        for nothing in ["", ",,,", "Negotiate", "Bearer", "Bearer scope=\"x\"", "\"\\\"", "=", "Bearer realm"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
