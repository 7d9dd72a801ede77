//! What the server counts, as Prometheus reads it. Format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
//!
//! Counting costs a few atomic additions a request. What only the program knows (the store, the snapshot, certificates) it
//! hands in as [`Gauge`]s.

use std::{
    fmt::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/apt/`
    Apt,
    /// `/yum/`
    Yum,
    /// `/files/`
    Files,
    /// `/v2/`
    Registry,
    /// `/lsrepo/`, `/epirepo/`
    Lambdastack,
    /// `/sync/`
    Sync,
    /// everything else: pages, keys, scripts
    Page,
}

impl Kind {
    const ALL: [Kind; 7] = [Kind::Apt, Kind::Yum, Kind::Files, Kind::Registry, Kind::Lambdastack, Kind::Sync, Kind::Page];

    /// Of a request's path, as it was written.
    pub(crate) fn of(path: &str) -> Self {
        match path.trim_start_matches('/').split('/').next() {
            Some("apt") => Kind::Apt,
            Some("yum") => Kind::Yum,
            Some("files") => Kind::Files,
            Some("v2") => Kind::Registry,
            Some("lsrepo" | "epirepo") => Kind::Lambdastack,
            Some("sync") => Kind::Sync,
            _ => Kind::Page,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Kind::Apt => "apt",
            Kind::Yum => "yum",
            Kind::Files => "files",
            Kind::Registry => "registry",
            Kind::Lambdastack => "lambdastack",
            Kind::Sync => "sync",
            Kind::Page => "page",
        }
    }
}

/// A figure that the program knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// `store_bytes`, without the `lsrepo_` before it
    pub name: &'static str,
    /// one line for people
    pub help: &'static str,
    /// `os="debian-12"`, or nothing
    pub labels: String,
    /// the figure
    pub value: f64,
}

/// Upper ends of the classes of durations, in milliseconds.
const CLASSES: [u64; 8] = [1, 5, 20, 100, 500, 2000, 10_000, 60_000];

#[derive(Default)]
struct OfKind {
    /// answers by the first digit of their status
    answers: [AtomicU64; 6],
    bytes: AtomicU64,
    /// of answers that were given up before their end
    cut: AtomicU64,
    classes: [AtomicU64; CLASSES.len()],
    microseconds: AtomicU64,
}

/// The counters of a server.
pub struct Metrics {
    began: Instant,
    kinds: [OfKind; Kind::ALL.len()],
    connections: AtomicI64,
    connections_ever: AtomicU64,
    refused: AtomicU64,
    gauges: Mutex<Vec<Gauge>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            kinds: Default::default(),
            connections: AtomicI64::new(0),
            connections_ever: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            gauges: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Shows these figures besides the counters, instead of those before.
    pub fn set_gauges(&self, gauges: Vec<Gauge>) {
        *self.gauges.lock().unwrap_or_else(PoisonError::into_inner) = gauges;
    }

    /// The figures that were handed in.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn answered(&self, kind: Kind, status: u16, bytes: u64, complete: bool, elapsed: Duration) {
        let of = &self.kinds[kind as usize];
        of.answers[usize::from(status / 100).min(5)].fetch_add(1, Relaxed);
        of.bytes.fetch_add(bytes, Relaxed);
        if !complete {
            of.cut.fetch_add(1, Relaxed);
        }
        of.microseconds.fetch_add(elapsed.as_micros() as u64, Relaxed);
        if let Some(class) = CLASSES.iter().position(|end| elapsed <= Duration::from_millis(*end)) {
            of.classes[class].fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
        self.connections_ever.fetch_add(1, Relaxed);
    }

    pub(crate) fn disconnected(&self) {
        self.connections.fetch_sub(1, Relaxed);
    }

    /// Turned away: too many connections or requests of one client.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// All of it as text.
    pub(crate) fn render(&self) -> String {
        let mut text = String::with_capacity(8192);
        let of = |kind: Kind| &self.kinds[kind as usize];
        head(
            &mut text,
            "requests_total",
            "counter",
            "Requests that were answered, by what they were for and the class of the status.",
        );
        for kind in Kind::ALL {
            for (class, count) in of(kind).answers.iter().enumerate().skip(1) {
                _ = writeln!(
                    text,
                    "lsrepo_requests_total{{kind=\"{}\",status=\"{class}xx\"}} {}",
                    kind.as_str(),
                    count.load(Relaxed)
                );
            }
        }
        head(&mut text, "response_bytes_total", "counter", "Bytes of bodies that were handed to connections.");
        for kind in Kind::ALL {
            _ = writeln!(text, "lsrepo_response_bytes_total{{kind=\"{}\"}} {}", kind.as_str(), of(kind).bytes.load(Relaxed));
        }
        head(&mut text, "responses_cut_total", "counter", "Answers that were given up before their end.");
        for kind in Kind::ALL {
            _ = writeln!(text, "lsrepo_responses_cut_total{{kind=\"{}\"}} {}", kind.as_str(), of(kind).cut.load(Relaxed));
        }
        head(&mut text, "request_duration_seconds", "histogram", "From a request's head to the end of its answer.");
        for kind in Kind::ALL {
            self.histogram(&mut text, kind);
        }
        for (name, how, help, value) in [
            ("connections", "gauge", "Connections that are open.", self.connections.load(Relaxed).max(0) as f64),
            ("connections_total", "counter", "Connections that were accepted.", self.connections_ever.load(Relaxed) as f64),
            (
                "refused_total",
                "counter",
                "Connections and requests beyond what one client may have.",
                self.refused.load(Relaxed) as f64,
            ),
            ("uptime_seconds", "gauge", "Since the server began.", self.uptime().as_secs_f64().floor()),
        ] {
            head(&mut text, name, how, help);
            _ = writeln!(text, "lsrepo_{name} {value}");
        }
        let mut last = "";
        for gauge in self.gauges() {
            if gauge.name != last {
                head(&mut text, gauge.name, "gauge", gauge.help);
            }
            last = gauge.name;
            let labels = if gauge.labels.is_empty() { String::new() } else { format!("{{{}}}", gauge.labels) };
            _ = writeln!(text, "lsrepo_{}{labels} {}", gauge.name, gauge.value);
        }
        text
    }

    fn histogram(&self, text: &mut String, kind: Kind) {
        let (of, name) = (&self.kinds[kind as usize], kind.as_str());
        let all: u64 = of.answers.iter().map(|count| count.load(Relaxed)).sum();
        let mut below = 0;
        for (end, count) in CLASSES.iter().zip(&of.classes) {
            below += count.load(Relaxed);
            let end = *end as f64 / 1000.0;
            _ = writeln!(text, "lsrepo_request_duration_seconds_bucket{{kind=\"{name}\",le=\"{end}\"}} {below}");
        }
        _ = writeln!(text, "lsrepo_request_duration_seconds_bucket{{kind=\"{name}\",le=\"+Inf\"}} {}", all.max(below));
        let seconds = of.microseconds.load(Relaxed) as f64 / 1e6;
        _ = writeln!(text, "lsrepo_request_duration_seconds_sum{{kind=\"{name}\"}} {seconds}");
        _ = writeln!(text, "lsrepo_request_duration_seconds_count{{kind=\"{name}\"}} {}", all.max(below));
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    _ = writeln!(text, "# HELP lsrepo_{name} {help}\n# TYPE lsrepo_{name} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_is_counted_by_kind_status_and_time() {
        let metrics = Metrics::default();
        metrics.answered(Kind::of("/apt/debian-12/x"), 200, 10, true, Duration::from_millis(3));
        metrics.answered(Kind::of("/apt/debian-12/y"), 404, 5, true, Duration::from_millis(700));
        metrics.answered(Kind::of("/v2/"), 200, 2, false, Duration::from_secs(100));
        metrics.set_gauges(vec![Gauge { name: "snapshot", help: "Shown.", labels: String::new(), value: 3.0 }]);
        let text = metrics.render();
        for line in [
            "lsrepo_requests_total{kind=\"apt\",status=\"2xx\"} 1",
            "lsrepo_requests_total{kind=\"apt\",status=\"4xx\"} 1",
            "lsrepo_response_bytes_total{kind=\"apt\"} 15",
            "lsrepo_responses_cut_total{kind=\"registry\"} 1",
            "lsrepo_request_duration_seconds_bucket{kind=\"apt\",le=\"0.005\"} 1",
            "lsrepo_request_duration_seconds_bucket{kind=\"apt\",le=\"2\"} 2",
            "lsrepo_request_duration_seconds_bucket{kind=\"registry\",le=\"60\"} 0",
            "lsrepo_request_duration_seconds_bucket{kind=\"registry\",le=\"+Inf\"} 1",
            "lsrepo_snapshot 3",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }

    #[test]
    fn every_line_is_a_comment_or_a_name_and_a_number() {
        let name = |c: char| {
            c.is_ascii_lowercase() || matches!(c, '_' | '{' | '}' | '=' | '"' | ',' | '.' | '+') || c.is_ascii_alphanumeric()
        };
        for line in Metrics::default().render().lines().filter(|line| !line.starts_with("# ")) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(series.starts_with("lsrepo_") && series.chars().all(name) && value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
