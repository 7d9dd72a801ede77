//! What a round found, as Prometheus reads it.
//! Format: <https://prometheus.io/docs/instrumenting/exposition_formats/>

use super::{Checked, Report, Targets};
use std::fmt::Write as _;

/// The media type of the text.
pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A metric of each check: its name, what it is, and its value.
type Metric = (&'static str, &'static str, fn(&Checked) -> f64);

const METRICS: [Metric; 3] = [
    ("up", "Whether the answer was a good one.", |checked| f64::from(u8::from(checked.finding.is_up()))),
    ("duration_seconds", "How long the answer took.", |checked| checked.finding.duration.as_secs_f64()),
    ("last_check_timestamp_seconds", "When it was asked.", |checked| checked.finding.timestamp()),
];

/// All metrics; before the first round it is only known how many targets there are.
pub(super) fn text(targets: &Targets, report: Option<&Report>) -> String {
    let mut text = String::new();
    let head = |text: &mut String, name: &str, help: &str| {
        let _ = writeln!(text, "# HELP lambdastack_health_{name} {help}\n# TYPE lambdastack_health_{name} gauge");
    };
    head(&mut text, "targets", "How many targets are asked.");
    let _ = writeln!(text, "lambdastack_health_targets{} {}", labels(&[("cluster", &targets.cluster)]), targets.iter().count());
    for (name, help, value) in METRICS {
        let Some(report) = report.filter(|report| !report.checks.is_empty()) else { continue };
        head(&mut text, name, help);
        for checked in &report.checks {
            let Checked { module, machine, check, .. } = checked;
            let labels = labels(&[("cluster", &report.cluster), ("module", module), ("machine", machine), ("check", check)]);
            let _ = writeln!(text, "lambdastack_health_{name}{labels} {}", value(checked));
        }
    }
    text
}

/// `{cluster="demo"}`
fn labels(labels: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| format!("{name}=\"{}\"", escaped(value));
    format!("{{{}}}", labels.iter().map(one).collect::<Vec<_>>().join(","))
}

/// A label's value may hold anything, as long as `\`, `"` and the end of a line are escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader makes of `{name="…"}`, of which there is nothing but one line.
    fn read(text: &str) -> Option<String> {
        let mut inner = text.strip_prefix("{name=\"")?.strip_suffix("\"}")?.chars();
        let mut value = String::new();
        while let Some(c) = inner.next() {
            value.push(match c {
                '\\' => match inner.next()? {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    _ => return None,
                },
                '"' | '\n' => return None,
                c => c,
            });
        }
        Some(value)
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_label_is_read_back(value in "(?s)(.|[\\\\\"\n])*") {
            prop_assert_eq!(read(&labels(&[("name", &value)])), Some(value));
        }
    }
}
