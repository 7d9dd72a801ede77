//! Patterns with `*` and `?`.

/// Whether `text` fits `pattern` as a whole. Linear in practice: only the last star is retried.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// Whether there is anything to expand.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text) in [("2.6.*", "2.6.12-1"), ("*", ""), ("a?c", "abc"), ("*-dev", "x-y-dev"), ("a*b*c", "aXbXbXc")] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("2.6.*", "2.6"), ("a?c", "ac"), ("a*b", "abc"), ("", "a"), ("abc", "ab")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
