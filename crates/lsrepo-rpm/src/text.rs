//! Texts of a header as XML: their encoding, and what has to be escaped.

use crate::package::PackageError;
use std::borrow::Cow;

/// UTF-8 as it is. Anything else counts as Latin-1, of which the codes 128 to 191 are left out: they are
/// rather the typographic signs of a Windows code page, and createrepo_c leaves them out too.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().filter(|byte| !(128..192).contains(*byte)).map(|byte| char::from(*byte)).collect()),
    }
}

/// The first character that XML has no way to write, if there is one.
pub(crate) fn forbidden(text: &str) -> Option<char> {
    // almost every text is plain: look at the bytes first
    let odd = |byte: &u8| (*byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0xef;
    match text.as_bytes().iter().any(odd) {
        true => text.chars().find(|c| (*c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')),
        false => None,
    }
}

/// Appends what an element holds.
pub(crate) fn push_text(out: &mut String, text: &str) {
    push(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

/// Appends what stands between the quotes of an attribute.
pub(crate) fn push_attribute(out: &mut String, text: &str) {
    push(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

/// All that is escaped is ASCII, so the pieces between are whole characters.
fn push(out: &mut String, text: &str, escaped: impl Fn(u8) -> Option<&'static str>) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(entity) = escaped(byte) {
            out.push_str(&text[done..at]);
            out.push_str(entity);
            done = at + 1;
        }
    }
    out.push_str(&text[done..]);
}

/// Decoded, or refused where an index cannot hold it.
pub(crate) fn checked<'a>(bytes: &'a [u8], what: &'static str, package: impl Fn() -> String) -> Result<Cow<'a, str>, PackageError> {
    let text = decode(bytes);
    // in Latin-1 the control characters are as forbidden as in UTF-8
    match forbidden(&text) {
        None => Ok(text),
        Some(character) => Err(PackageError::Control { package: package(), what, character: character.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> String {
        let mut out = String::new();
        push_text(&mut out, text);
        out
    }

    #[test]
    fn what_is_not_utf8_is_latin_1() {
        assert_eq!(decode("Köln".as_bytes()), "Köln");
        assert_eq!(decode(b"K\xf6ln \x93x\x94"), "Köln x");
        assert_eq!(forbidden("a\u{fffe}b"), Some('\u{fffe}'));
        assert_eq!(forbidden("a\x1bb"), Some('\x1b'));
        assert_eq!(forbidden("tab\t, \u{feff}"), None);
    }

    #[test]
    fn an_attribute_keeps_its_line_ends() {
        let mut out = String::new();
        push_attribute(&mut out, "a\"\n\t<&>\r'");
        assert_eq!(out, "a&quot;&#10;&#9;&lt;&amp;&gt;&#13;'");
        assert_eq!(text("a\"\n\t<&>\r'é"), "a\"\n\t&lt;&amp;&gt;&#13;'é");
    }

    proptest! {
        #[test]
        fn an_xml_reader_gets_back_what_was_written(wanted in "[ -~\t\n\ré\u{1F600}]{0,40}") {
            let plain = |text: &str| [("&lt;", "<"), ("&gt;", ">"), ("&#13;", "\r"), ("&amp;", "&")].iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
            let written = text(&wanted);
            prop_assert!(!written.contains(['<', '>', '\r']));
            prop_assert_eq!(plain(&written), wanted);
        }
    }
}
