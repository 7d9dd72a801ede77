//! Versions and their order: `[epoch:]upstream[-revision]`, as dpkg compares them.
//! Spec: deb-version(7).

use crate::error::{Error, start};
use std::{cmp::Ordering, fmt, str::FromStr};

/// A checked version.
#[derive(Clone, Debug)]
pub struct Version(Box<str>);

impl Version {
    /// The version as text, epoch included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part that stands in file names.
    pub fn without_epoch(&self) -> &str {
        split_epoch(&self.0).1
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Version {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let (epoch, rest) = text.split_once(':').map_or(("0", text), |(epoch, rest)| (epoch, rest));
        let number = !epoch.is_empty() && epoch.len() <= 9 && epoch.bytes().all(|c| c.is_ascii_digit());
        let plain = |c: u8| c.is_ascii_alphanumeric() || b".+-~:".contains(&c);
        match number && !rest.is_empty() && text.len() <= 256 && rest.bytes().all(plain) {
            true => Ok(Self(text.into())),
            false => Err(Error::Version(start(text))),
        }
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

/// dpkg's order. Any text has a place in it, so that it is total.
///
/// ```
/// # use lsrepo_deb::version::compare;
/// assert!(compare("1.0~rc1", "1.0").is_lt() && compare("1:0", "9").is_gt() && compare("1.0", "1.0-0").is_eq());
/// ```
pub fn compare(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let ((epoch_a, a), (epoch_b, b)) = (split_epoch(a), split_epoch(b));
    let ((upstream_a, revision_a), (upstream_b, revision_b)) = (split_revision(a), split_revision(b));
    digits(epoch_a.as_bytes(), epoch_b.as_bytes())
        .then_with(|| part(upstream_a.as_bytes(), upstream_b.as_bytes()))
        .then_with(|| part(revision_a.as_bytes(), revision_b.as_bytes()))
}

fn split_epoch(text: &str) -> (&str, &str) {
    match text.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|c| c.is_ascii_digit()) => (epoch, rest),
        _ => ("", text),
    }
}

fn split_revision(text: &str) -> (&str, &str) {
    text.rsplit_once('-').unwrap_or((text, ""))
}

/// Alternating runs of non-digits and digits.
fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (word_a, rest_a) = a.split_at(a.iter().position(u8::is_ascii_digit).unwrap_or(a.len()));
        let (word_b, rest_b) = b.split_at(b.iter().position(u8::is_ascii_digit).unwrap_or(b.len()));
        for at in 0..word_a.len().max(word_b.len()) {
            match weight(word_a.get(at)).cmp(&weight(word_b.get(at))) {
                Ordering::Equal => {}
                other => return other,
            }
        }
        let ends = |rest: &[u8]| rest.iter().position(|c| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number_a, rest_a) = rest_a.split_at(ends(rest_a));
        let (number_b, rest_b) = rest_b.split_at(ends(rest_b));
        match digits(number_a, number_b) {
            Ordering::Equal => (a, b) = (rest_a, rest_b),
            other => return other,
        }
    }
    Ordering::Equal
}

/// `~` before the end, the end before letters, letters before everything else.
fn weight(c: Option<&u8>) -> i32 {
    match c {
        None => 0,
        Some(b'~') => -1,
        Some(c) if c.is_ascii_alphabetic() => i32::from(*c),
        Some(c) => i32::from(*c) + 256,
    }
}

/// Numbers of any length.
fn digits(a: &[u8], b: &[u8]) -> Ordering {
    let trim = |number: &[u8]| number.iter().position(|&c| c != b'0').unwrap_or(number.len());
    let (a, b) = (&a[trim(a)..], &b[trim(b)..]);
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_order_is_dpkgs() {
        let rising = ["0~~", "0~", "0", "0.1", "1~rc1-1", "1-1~bpo", "1-1", "1-1+b1", "1a", "1+", "1.1", "1.10", "2:0~1", "10:0"];
        for (at, low) in rising.iter().enumerate() {
            for high in &rising[at + 1..] {
                assert_eq!(compare(low, high), Ordering::Less, "{low} {high}");
                assert_eq!(compare(high, low), Ordering::Greater, "{low} {high}");
            }
        }
        for (a, b) in [("0:1", "1"), ("1.0", "1.0-0"), ("1.01", "1.1"), ("1-00", "1-0")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "a:1", ":1", "1:", "1 2", "1/2", "1_2", "1%3a"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert_eq!("1:2.3-4".parse::<Version>().unwrap().without_epoch(), "2.3-4");
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[0-9a~.+-]{0,6}", b in "[0-9a~.+-]{0,6}", c in "[0-9a~.+-]{0,6}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
