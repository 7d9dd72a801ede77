//! When a publication says that it was made.

use lsrepo_types::Timestamp;

/// The date of a publication: that of its newest input, and later than the publication before.
///
/// Not the time of day. A host behind an air gap often has a clock that is behind, and apt refuses a
/// `Release` that is more than ten seconds ahead of it; the newest input is as old as the visit
/// online. Never the same date twice either, and never an earlier one, not even when an old snapshot
/// is shown again: apt takes a `Release` that is no newer than its copy for "not modified", and yum 3
/// refuses an older `repomd.xml`.
///
/// ```
/// # use lsrepo_publish::date_after;
/// # use lsrepo_types::Timestamp;
/// assert_eq!(date_after(Timestamp(500), None), Timestamp(500));
/// assert_eq!(date_after(Timestamp(500), Some(Timestamp(500))), Timestamp(501));
/// assert_eq!(date_after(Timestamp(400), Some(Timestamp(500))), Timestamp(501));
/// ```
pub fn date_after(newest_input: Timestamp, previous: Option<Timestamp>) -> Timestamp {
    match previous {
        Some(previous) => newest_input.max(Timestamp(previous.0.saturating_add(1))),
        None => newest_input,
    }
}
