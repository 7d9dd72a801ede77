//! What pages are made of: escaped text, encoded addresses, one style.

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

/// A whole page around its body.
pub(crate) fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n{body}</html>\n",
        escape(title)
    )
}

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--dim:#888;--link:#0b62c4}
@media(prefers-color-scheme:dark){:root{--link:#7ab8ff}}
body{font:16px/1.55 system-ui,sans-serif;max-width:56rem;margin:3rem auto;padding:0 1.25rem}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.5rem 0 .5rem}
p{margin:.5rem 0}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
.dim{color:var(--dim)}code,pre,td.name{font:14px/1.5 ui-monospace,monospace}
pre{background:var(--soft);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--dim)}.number{text-align:right;font-variant-numeric:tabular-nums;padding-right:0}
.key{overflow-wrap:anywhere}
";
