//! The query of a request. Clients escape what need not be escaped (`%3A`, `%2F`), and send words that nobody knows.

/// Names and values, decoded, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what follows the `?`. Never fails: what cannot be decoded stays as it is, and is then no digest, tag or name.
    pub fn parse(raw: Option<&str>) -> Self {
        let pairs = raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let text = |raw: &str| decode(raw).unwrap_or_else(|| raw.to_owned());
        Self(
            pairs
                .map(|pair| match pair.split_once('=') {
                    Some((name, value)) => (text(name), text(value)),
                    None => (text(pair), String::new()),
                })
                .collect(),
        )
    }

    /// The first value of a name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Decodes once. A `+` stays a plus: media types have it, and nothing that is asked for has a space.
pub(super) fn decode(raw: &str) -> Option<String> {
    if !raw.contains('%') {
        return Some(raw.to_owned());
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).ok()
}

/// Escapes what is not plain in a query's value.
pub(super) fn encode(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once_and_plus_stays_plus() {
        let query = Query::parse(Some("digest=sha256%3Aab&from=a%2Fb&tag=1&tag=2&x&artifactType=a/b+json&bad=%zz&twice=%2541"));
        assert_eq!((query.first("digest"), query.first("from")), (Some("sha256:ab"), Some("a/b")));
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((query.first("x"), query.first("artifactType")), (Some(""), Some("a/b+json")));
        assert_eq!((query.first("bad"), query.first("twice"), query.first("none")), (Some("%zz"), Some("%41"), None));
        assert_eq!(Query::parse(None), Query::default());
    }

    #[test]
    fn what_is_escaped_is_read_back() {
        let text = "a b+c/ü&=%";
        assert_eq!(Query::parse(Some(&format!("last={}", encode(text)))).first("last"), Some(text));
    }
}
