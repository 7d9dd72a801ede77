//! Names from outside, made harmless: they come from somebody who may want the reader to see something else.

use std::fmt::Write as _;

/// The text with every character seen that is not there to be seen: no escape sequence reaches a terminal, and nothing runs
/// backwards on a page.
pub fn visible(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) {
            true => write!(plain, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default(),
            false => plain.push(c),
        }
    }
    plain
}

/// Controls, what turns the direction of writing, and what has no width.
fn is_hidden(c: char) -> bool {
    let invisible =
        matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || invisible || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_seen() {
        assert_eq!(visible("g++ ü 中"), "g++ ü 中");
        assert_eq!(visible("a\x1b[2Jb\nc\u{202e}gpj.exe\u{200b}"), "a\\u{1b}[2Jb\\u{a}c\\u{202e}gpj.exe\\u{200b}");
    }
}
