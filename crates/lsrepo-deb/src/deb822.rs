//! Paragraphs of `Field: value` lines. Spec: deb822(5).

use crate::error::{Error, start};

/// One paragraph, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paragraph<'a> {
    raw: &'a str,
    line: usize,
}

impl<'a> Paragraph<'a> {
    /// The value of a field whose name is compared without case. Continuation lines are in it as they are.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.fields().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.raw;
        std::iter::from_fn(move || {
            loop {
                let (field, after) = split_field(rest)?;
                rest = after;
                if let Some((name, value)) = field.split_once(':').filter(|_| !field.starts_with('#')) {
                    return Some((name.trim_end(), value.trim()));
                }
            }
        })
    }

    /// The text of the paragraph, without the blank line after it.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// The line where it begins, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

/// A field with its continuation lines, and what comes after.
fn split_field(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let continues = line.starts_with([' ', '\t']) || (line.starts_with('#') && !text.starts_with('#'));
        if end > 0 && !continues {
            break;
        }
        end += line.len();
    }
    Some(text.split_at(end))
}

/// The paragraphs of a text; blank lines stand between them, `#` begins a comment line.
pub fn paragraphs(text: &str) -> impl Iterator<Item = Result<Paragraph<'_>, Error>> {
    let (mut rest, mut line) = (text, 1);
    std::iter::from_fn(move || {
        while let Some(first) = rest.split_inclusive('\n').next().filter(|line| line.trim().is_empty()) {
            rest = &rest[first.len()..];
            line += 1;
        }
        if rest.is_empty() {
            return None;
        }
        let (mut end, begun) = (0, line);
        for next in rest.split_inclusive('\n') {
            if next.trim().is_empty() {
                break;
            }
            end += next.len();
            line += 1;
        }
        let (raw, after) = rest.split_at(end);
        rest = after;
        Some(check(raw.trim_end_matches(['\n', '\r']), begun))
    })
}

fn check(raw: &str, begun: usize) -> Result<Paragraph<'_>, Error> {
    let mut in_field = false;
    for (at, line) in raw.lines().enumerate() {
        let fits = match line.as_bytes().first() {
            Some(b'#') => true,
            Some(b' ' | b'\t') => in_field,
            _ => {
                in_field = line.split_once(':').is_some_and(|(name, _)| is_name(name.trim_end()));
                in_field
            }
        };
        if !fits {
            return Err(Error::Line { line: begun + at, text: start(line) });
        }
    }
    Ok(Paragraph { raw, line: begun })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_graphic()) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_fields_and_comments() {
        let text = "# head\n\nA: 1\nB:\n  two\n # not a comment\n  lines\n\n \nC : x\r\n";
        let all: Vec<_> = paragraphs(text).map(Result::unwrap).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[1].get("a"), Some("1"));
        assert_eq!(all[1].get("b"), Some("two\n # not a comment\n  lines"));
        assert_eq!(all[1].line(), 3);
        assert_eq!(all[2].get("C"), Some("x"));
    }

    #[test]
    fn a_line_that_is_no_field_is_named() {
        let error = paragraphs("A: 1\nnonsense\n").next().unwrap().unwrap_err();
        assert_eq!(error, Error::Line { line: 2, text: "nonsense".into() });
        assert!(paragraphs(" starts with a continuation\n").next().unwrap().is_err());
    }
}
