//! A stream's document without the parts that only its builders read, which are more than half of most texts.

/// Keys of `data` whose blocks can be left out.
const UNREAD: [&str; 4] = ["xmd", "components", "api", "references"];

/// The document without those blocks; none where it is not written in the plain way that tools write it.
///
/// A block ends where a line is indented as little as its key. An anchor in it may be needed elsewhere, and an order
/// of building has to be looked at, so a document with either is read as a whole.
pub(super) fn lean(text: &str) -> Option<String> {
    let mut kept = String::with_capacity(text.len() / 2);
    let (mut in_data, mut skipping) = (false, false);
    for line in text.lines() {
        if has_anchor(line) || line.contains("buildafter") || line.contains('\t') {
            return None;
        }
        let plain = line.trim_start_matches(' ');
        let depth = line.len() - plain.len();
        // A list may stand at the depth of its key.
        let inside = plain.is_empty() || depth > 2 || (depth == 2 && plain.starts_with("- "));
        if skipping && inside {
            continue;
        }
        skipping = in_data && depth == 2 && plain.trim_end().strip_suffix(':').is_some_and(|key| UNREAD.contains(&key));
        if depth == 0 && !plain.is_empty() {
            in_data = plain.trim_end() == "data:";
        }
        if !skipping {
            kept.extend([line, "\n"]);
        }
    }
    Some(kept)
}

fn has_anchor(line: &str) -> bool {
    let marks = |sign: char| line.match_indices(sign).any(|(at, _)| line[..at].ends_with([' ', '[', '{', ',']));
    line.contains("<<") || marks('&') || marks('*')
}

#[cfg(test)]
mod tests {
    use super::lean;

    #[test]
    fn only_the_blocks_that_are_not_read_are_left_out() {
        let text = "document: modulemd\ndata:\n  name: a\n  xmd:\n    mbs: {x: y}\n\n    more: |\n      data:\n  api:\n  - x\n  \
                    stream: b\n  description: >-\n    words\n    xmd:\n  components:\n    rpms:\n      a: {ref: 7e1}\nversion: 2\n";
        let expected = "document: modulemd\ndata:\n  name: a\n  stream: b\n  description: >-\n    words\n    xmd:\nversion: 2\n";
        assert_eq!(lean(text).as_deref(), Some(expected));
    }

    #[test]
    fn what_may_be_needed_elsewhere_is_not_left_out() {
        for line in ["    a: &here x", "    a: *here", "    <<: x", "  - {a: [*here]}", "      buildafter: [a]", "\tx"] {
            assert_eq!(lean(&format!("data:\n  xmd:\n{line}\n")), None, "{line}");
        }
        assert!(lean("data:\n  summary: this & that\n").is_none());
        assert!(lean("data:\n  summary: this&that, 2*3\n").is_some());
    }
}
