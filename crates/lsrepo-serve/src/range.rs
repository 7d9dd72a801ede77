//! `Range`: which bytes a client wants. RFC 9110 section 14.

/// What to send of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// all of it: no range, or one that may be ignored
    Whole,
    /// `first..end`, never empty
    Part { first: u64, end: u64 },
    /// beyond the end: 416
    Nothing,
}

/// Understands a single range; several at once, other units and what is malformed mean the whole file, as
/// the RFC allows.
pub(crate) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(ranges) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = ranges.trim().split_once('-') else {
        return Wanted::Whole;
    };
    if ranges.contains(',') || size == 0 {
        return Wanted::Whole;
    }
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => Wanted::Whole,
        (Some(first), _) if first >= size && (last.is_empty() || number(last).is_some()) => Wanted::Nothing,
        (Some(first), Some(last)) => Wanted::Part { first, end: last.saturating_add(1).min(size) },
        (Some(first), None) if last.is_empty() => Wanted::Part { first, end: size },
        (None, Some(0)) if first.is_empty() => Wanted::Nothing,
        (None, Some(count)) if first.is_empty() => Wanted::Part { first: size.saturating_sub(count), end: size },
        _ => Wanted::Whole,
    }
}

/// The same, but for a range that ends before it begins: nothing is within it.
pub(crate) fn strictly(header: Option<&str>, size: u64) -> Wanted {
    let ends = header.and_then(|text| text.trim().strip_prefix("bytes=")).and_then(|range| range.trim().split_once('-'));
    match ends.map(|(first, last)| (number(first), number(last))) {
        Some((Some(first), Some(last))) if first > last => Wanted::Nothing,
        _ => wanted(header, size),
    }
}

/// Digits only: `str::parse` would take `+1`. A number too large for us is beyond the end of any file.
fn number(text: &str) -> Option<u64> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Some(text.parse().unwrap_or(u64::MAX)),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted::*, *};

    #[test]
    fn every_form_of_a_single_range_is_understood() {
        let cases = [
            ("bytes=0-0", Part { first: 0, end: 1 }),
            ("bytes=2-5", Part { first: 2, end: 6 }),
            ("bytes=2-", Part { first: 2, end: 10 }),
            ("bytes=9-99", Part { first: 9, end: 10 }),
            ("bytes=-3", Part { first: 7, end: 10 }),
            ("bytes=-99", Part { first: 0, end: 10 }),
            ("bytes=0-99999999999999999999999", Part { first: 0, end: 10 }),
            ("bytes=10-", Nothing),
            ("bytes=10-20", Nothing),
            ("bytes=99999999999999999999999-", Nothing),
            ("bytes=-0", Nothing),
            ("bytes=5-2", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=0-1,3-4", Whole),
            ("bytes=a-b", Whole),
            ("bytes=-", Whole),
            ("bytes=", Whole),
            ("lines=0-1", Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(wanted(Some(header), 10), expected, "{header}");
        }
        assert_eq!(wanted(None, 10), Whole);
        assert_eq!((strictly(Some("bytes=5-2"), 10), strictly(Some("bytes=2-99"), 10)), (Nothing, Part { first: 2, end: 10 }));
        assert_eq!((strictly(Some("bytes=0-1,3-4"), 10), strictly(None, 10)), (Whole, Whole));
        assert_eq!(wanted(Some("bytes=0-"), 0), Whole);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_sent_a_part_is_within_the_file(header in "(bytes=)?[-0-9, +a]{0,40}", size in 0u64..200) {
            for found in [wanted(Some(&header), size), strictly(Some(&header), size)] {
                if let Part { first, end } = found {
                    proptest::prop_assert!(first < end && end <= size, "{header}");
                }
            }
        }
    }
}
