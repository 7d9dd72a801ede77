//! The order of versions that belong to no packaging format: runs of digits count as numbers, all else as text.

use std::cmp::Ordering;

/// `1.9` before `1.10`, `14` equal to `014`, `1.2` before `1.2.1`.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.trim(), b.trim());
    loop {
        let ordering = match (a.is_empty(), b.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => {
                let ((left, rest_a), (right, rest_b)) = (run(a), run(b));
                (a, b) = (rest_a, rest_b);
                match (number(left), number(right)) {
                    (Some(left), Some(right)) => left.len().cmp(&right.len()).then_with(|| left.cmp(right)),
                    (None, None) => left.cmp(right),
                    // Digits stand before letters and punctuation.
                    (left, _) => {
                        if left.is_some() {
                            Ordering::Less
                        } else {
                            Ordering::Greater
                        }
                    }
                }
            }
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

/// The first characters that are all digits, or all not; and the rest.
fn run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

/// A run of digits without what leads it for nothing.
fn number(run: &str) -> Option<&str> {
    run.starts_with(|c: char| c.is_ascii_digit()).then(|| run.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::compare;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    #[test]
    fn numbers_count_as_numbers() {
        for (before, after) in [("1.9", "1.10"), ("1.2", "1.2.1"), ("9", "10.0"), ("1.18.6", "1.19.15"), ("2", "v2"), ("", "0")] {
            assert_eq!((compare(before, after), compare(after, before)), (Ordering::Less, Ordering::Greater), "{before} {after}");
        }
        assert_eq!(compare("014", " 14"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn it_is_an_order(a in "[0-9a.v-]{0,8}", b in "[0-9a.v-]{0,8}", c in "[0-9a.v-]{0,8}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
