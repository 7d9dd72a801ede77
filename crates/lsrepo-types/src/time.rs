//! A point in time, passed in by whoever has a clock.

use jiff::fmt::rfc2822;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Seconds since 1970-01-01 00:00 UTC. Shown as `2026-11-24T10:05:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// As a Debian `Release` writes it: `Sat, 10 May 2025 09:21:17 UTC`.
    pub fn deb(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S UTC")
    }

    /// As HTTP writes it: `Sat, 10 May 2025 09:21:17 GMT`.
    pub fn http(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// As the logs of web servers write it: `10/May/2025:09:21:17 +0000`.
    pub fn log(self) -> String {
        self.format("%d/%b/%Y:%H:%M:%S +0000")
    }

    /// From the date of a mail, an HTTP header or a `Release` file (RFC 2822; `UTC`, `GMT`, `Z` or an offset).
    pub fn parse_rfc2822(text: &str) -> Result<Self, TimestampError> {
        let text = text.trim();
        let body = ["UTC", "GMT", "Z"].iter().find_map(|zone| text.strip_suffix(zone));
        let normal = body.map_or(text.to_owned(), |body| format!("{} +0000", body.trim_end()));
        rfc2822::DateTimeParser::new()
            .relaxed_weekday(true)
            .parse_timestamp(&normal)
            .map(|time| Self(time.as_second()))
            .map_err(|_| TimestampError { text: text.chars().take(80).collect() })
    }

    fn format(self, form: &str) -> String {
        let bounded = self.0.clamp(0, 253_402_207_200);
        let time = jiff::Timestamp::from_second(bounded).unwrap_or_default();
        time.strftime(form).to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// Text that is not a time.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a date")]
pub struct TimestampError {
    text: String,
}

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        text.parse::<jiff::Timestamp>()
            .map(|time| Self(time.as_second()))
            .map_err(|_| TimestampError { text: text.chars().take(80).collect() })
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;
    fn try_from(text: String) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn one_moment_has_three_spellings() {
        let time = Timestamp(1_746_868_877);
        assert_eq!(time.deb(), "Sat, 10 May 2025 09:21:17 UTC");
        assert_eq!(time.to_string(), "2025-05-10T09:21:17Z");
        for text in [time.deb(), time.http(), "Sat, 10 May 2025 11:21:17 +0200".into()] {
            assert_eq!(Timestamp::parse_rfc2822(&text).unwrap(), time, "{text}");
        }
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        assert!(Timestamp::parse_rfc2822("yesterday").is_err());
    }
}
