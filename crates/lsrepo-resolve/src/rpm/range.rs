//! Whether two ranges of versions have one in common.

use lsrepo_rpm::{Operator, evr};
use std::cmp::Ordering;

/// A range of versions: an operator and an EVR as text. None: every version.
pub(super) type Range<'a> = Option<(Operator, &'a str)>;

/// Whether what is provided meets what is wanted.
pub(super) fn overlap(provided: Range<'_>, wanted: Range<'_>) -> bool {
    let (Some((left, a)), Some((right, b))) = (provided, wanted) else { return true };
    let (below, above) = (|o: Operator| o.admits(Ordering::Less), |o: Operator| o.admits(Ordering::Greater));
    let exact = |o: Operator| o.admits(Ordering::Equal);
    if below(left) && below(right) || above(left) && above(right) {
        return true;
    }
    match loosely(a, b) {
        Ordering::Equal => exact(left) && exact(right),
        Ordering::Less => above(left) || below(right),
        Ordering::Greater => below(left) || above(right),
    }
}

/// The order of two EVRs; where one has no release, any will do.
pub(super) fn loosely(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let ((epoch_a, version_a, release_a), (epoch_b, version_b, release_b)) = (evr::split(a), evr::split(b));
    let releases = || match (release_a, release_b) {
        (Some(a), Some(b)) => evr::compare(a, b),
        _ => Ordering::Equal,
    };
    epoch_a.cmp(&epoch_b).then_with(|| evr::compare(version_a, version_b)).then_with(releases)
}

/// The order of the EVRs of two packages.
pub(super) fn strictly(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let ((epoch_a, version_a, release_a), (epoch_b, version_b, release_b)) = (evr::split(a), evr::split(b));
    let releases = || evr::compare(release_a.unwrap_or_default(), release_b.unwrap_or_default());
    epoch_a.cmp(&epoch_b).then_with(|| evr::compare(version_a, version_b)).then_with(releases)
}

#[cfg(test)]
mod tests {
    use super::{Range, overlap};
    use lsrepo_rpm::Operator;

    fn range(text: &str) -> Range<'_> {
        let (sign, evr) = text.split_once(' ')?;
        Operator::from_sign(sign).map(|operator| (operator, evr))
    }

    #[test]
    fn ranges_overlap_where_a_version_is_in_both() {
        for (provided, wanted, meets) in [
            ("", ">= 2", true),
            ("= 1", "", true),
            ("= 2.36-9", "> 2.36", false),
            ("= 2.36-9", ">= 2.36", true),
            ("= 2.36-9", "<= 2.36", true),
            ("= 1:1", "> 5", true),
            ("= 1", ">= 1-7", true),
            (">= 3", "< 3", false),
            (">= 3", "<= 3", true),
            ("< 3", "> 1", true),
            ("> 1", "< 1", false),
            ("= 1~rc1", ">= 1", false),
            ("= 1^git", "> 1", true),
        ] {
            assert_eq!(overlap(range(provided), range(wanted)), meets, "{provided} meets {wanted}");
        }
    }
}
