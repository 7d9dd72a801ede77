//! What pages are made of: escaped text and encoded addresses.

use std::fmt::Write;

/// Text as it may stand in a page or an attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

/// A path as it may stand in an address. A `+` is written out: some clients take it for a space.
pub(crate) fn encode(path: &str) -> String {
    let mut safe = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => safe.push(char::from(byte)),
            // writing to a String cannot fail
            _ => _ = write!(safe, "%{byte:02X}"),
        }
    }
    safe
}

/// A name as it may stand alone in an address, as web servers of old write it: a `+` stays.
pub(crate) fn encode_name(name: &str) -> String {
    encode(name).replace("%2B", "+")
}
