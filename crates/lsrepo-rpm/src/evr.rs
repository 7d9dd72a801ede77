//! Epoch, version and release of a package, in RPM's order.
//! Rules: <https://rpm-software-management.github.io/rpm/man/rpm-version.7>

use std::{cmp::Ordering, fmt, str::FromStr};

/// `[epoch:]version[-release]`. A missing release counts as an empty one. Ordered as `rpmvercmp` orders; an epoch of 0 may be left out.
///
/// Equal in order is not equal as text: `1.0` and `1_0` are the same version in two spellings,
/// so two values are compared by [`Evr::compare`], and `==` looks at the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evr {
    /// 0 where none is written
    pub epoch: u32,
    /// `1.18.6`
    pub version: Box<str>,
    /// `0.el7`; empty where a requirement names none
    pub release: Box<str>,
}

impl Evr {
    /// RPM's order: epoch, then version, then release.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare(&self.version, &other.version))
            .then_with(|| compare(&self.release, &other.release))
    }
}

/// Epoch, version and release of `[epoch:]version[-release]`, borrowed; none where no release is written.
pub fn split(text: &str) -> (u32, &str, Option<&str>) {
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
            (epoch.parse().unwrap_or(u32::MAX), rest)
        }
        _ => (0, text),
    };
    match rest.rsplit_once('-') {
        Some((version, release)) => (epoch, version, Some(release)),
        None => (epoch, rest, None),
    }
}

/// The order of two version or release texts: `rpmvercmp`.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        (a, b) = (separators_skipped(a), separators_skipped(b));
        match (a.first(), b.first()) {
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => (a, b) = (&a[1..], &b[1..]),
            // a tilde sorts before everything, even the end
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            // a caret sorts behind the end, and before everything else
            (Some(b'^'), None) => return Ordering::Greater,
            (None, Some(b'^')) => return Ordering::Less,
            (Some(b'^'), _) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let (digits, also) = (x.is_ascii_digit(), y.is_ascii_digit());
                if digits != also {
                    return digits.cmp(&also);
                }
                let (left, right) = (segment(a, digits), segment(b, digits));
                let order = match digits {
                    true => compare_numbers(left, right),
                    false => left.cmp(right),
                };
                if order.is_ne() {
                    return order;
                }
                (a, b) = (&a[left.len()..], &b[right.len()..]);
            }
        }
    }
}

/// Whatever is neither a letter, a digit, `~` nor `^` only separates.
fn separators_skipped(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^'));
    &text[end.unwrap_or(text.len())..]
}

fn segment(text: &[u8], digits: bool) -> &[u8] {
    let same = |byte: &u8| if digits { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
    let end = text.iter().position(|byte| !same(byte));
    &text[..end.unwrap_or(text.len())]
}

/// Numbers of any length: without leading zeros, the longer is the larger.
fn compare_numbers(a: &[u8], b: &[u8]) -> Ordering {
    let trimmed = |text: &[u8]| text.iter().position(|digit| *digit != b'0').unwrap_or(text.len());
    let (a, b) = (&a[trimmed(a)..], &b[trimmed(b)..]);
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Text that is not an EVR.
#[derive(Debug, PartialEq, Eq)]
pub struct EvrError(String);

impl fmt::Display for EvrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a version: expected `[EPOCH:]VERSION[-RELEASE]`", self.0)
    }
}

impl std::error::Error for EvrError {}

impl FromStr for Evr {
    type Err = EvrError;

    fn from_str(text: &str) -> Result<Self, EvrError> {
        let refuse = || EvrError(text.chars().take(80).collect());
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch.parse().map_err(|_| refuse())?, rest),
            // as in rpm: what is not a number is no epoch
            _ => (0, text),
        };
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        let odd = |c: char| c.is_whitespace() || c.is_control();
        match !version.is_empty() && !version.contains('-') && !rest.contains(odd) {
            true => Ok(Self { epoch, version: version.into(), release: release.into() }),
            false => Err(refuse()),
        }
    }
}

impl fmt::Display for Evr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch > 0 || self.version.contains(':') {
            write!(f, "{}:", self.epoch)?;
        }
        f.write_str(&self.version)?;
        match self.release.is_empty() {
            true => Ok(()),
            false => write!(f, "-{}", self.release),
        }
    }
}

#[cfg(test)]
mod tests;
