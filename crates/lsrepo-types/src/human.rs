//! Figures for people: `1.2 GB`, `1,032`.

use std::fmt;

/// A size in bytes, shown in powers of 1000: `939 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

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
        assert_eq!(Count(63_440).to_string(), "63,440");
        assert_eq!(Count(7).to_string(), "7");
    }
}
