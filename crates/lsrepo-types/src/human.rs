//! Figures for people: `1.2 GB`, `1,032`.

use std::{fmt, str::FromStr};

/// A size in bytes, shown in powers of 1000: `939 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// Text that is no size.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a size: expected a number, maybe with a unit: 500M, 20G, 1.5T, 64KiB")]
pub struct BytesError(String);

impl FromStr for Bytes {
    type Err = BytesError;

    /// `500M` and `500 MB` are powers of 1000, `500MiB` of 1024.
    fn from_str(text: &str) -> Result<Self, BytesError> {
        let wrong = || BytesError(text.chars().take(40).collect());
        let plain = text.trim();
        let end = plain.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(plain.len());
        let (number, unit) = plain.split_at(end);
        let unit = unit.trim().to_ascii_lowercase();
        let (base, letter) = match unit.strip_suffix("ib") {
            Some(letter) => (1024_u64, letter),
            None => (1000, unit.strip_suffix('b').unwrap_or(&unit)),
        };
        let power = match letter {
            "" if base == 1000 => 0,
            "k" => 1,
            "m" => 2,
            "g" => 3,
            "t" => 4,
            _ => return Err(wrong()),
        };
        let factor = base.pow(power);
        match number.parse::<u64>() {
            Ok(whole) => whole.checked_mul(factor).map(Bytes).ok_or_else(wrong),
            Err(_) => {
                let bytes = number.parse::<f64>().map_err(|_| wrong())? * factor as f64;
                if bytes < 1e18 { Ok(Bytes(bytes as u64)) } else { Err(wrong()) }
            }
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        let mut unit = "B";
        for next in ["kB", "MB", "GB", "TB"] {
            if value < 999.5 {
                break;
            }
            value /= 1000.0;
            unit = next;
        }
        let text = match unit {
            "B" => format!("{value} B"),
            _ if value < 9.95 => format!("{value:.1} {unit}"),
            _ => format!("{value:.0} {unit}"),
        };
        f.pad(&text)
    }
}

/// A count with separated thousands: `63,440`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        let shown: Vec<String> = [0, 999, 1000, 9_949_999, 939_000_000, 1_157_000_000].map(|n| Bytes(n).to_string()).into();
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "9.9 MB", "939 MB", "1.2 GB"]);
        let read = |text: &str| text.parse::<Bytes>().map(|bytes| bytes.0).ok();
        let sizes = ["512", "500M", "1.5 GB", "64KiB", "2TiB"].map(read);
        assert_eq!(sizes, [Some(512), Some(500_000_000), Some(1_500_000_000), Some(65_536), Some(2_199_023_255_552)]);
        for wrong in ["", "G", "-1", "1X", "1iB", "99999999999T", "1..5G", "inf"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
        assert_eq!(Count(63_440).to_string(), "63,440");
        assert_eq!(Count(7).to_string(), "7");
    }
}
