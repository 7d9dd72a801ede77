//! stderr: bars on a terminal, plain lines elsewhere, JSON for programs.

pub(crate) mod listen;

use crate::cli::{Cli, ProgressMode};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lsrepo_types::{Bytes, Count};
use std::{
    io::{IsTerminal, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

/// How often plain lines say how far a long operation is.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Bars,
    Plain,
    Json,
    None,
}

/// Where talk goes, and in which form.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    mode: Mode,
    quiet: bool,
    verbose: bool,
}

impl Progress {
    pub(crate) fn new(cli: &Cli) -> Self {
        let mode = match cli.progress {
            _ if cli.no_progress || cli.quiet => Mode::None,
            ProgressMode::None => Mode::None,
            ProgressMode::Json => Mode::Json,
            ProgressMode::Plain => Mode::Plain,
            ProgressMode::Auto if std::io::stderr().is_terminal() => Mode::Bars,
            ProgressMode::Auto => Mode::Plain,
        };
        Self { mode, quiet: cli.quiet, verbose: cli.verbose }
    }

    /// Something worth knowing, said once.
    pub(crate) fn note(&self, text: &str) {
        match self.mode {
            _ if self.quiet => {}
            Mode::Json => say(&serde_json::json!({"event": "note", "text": text}).to_string()),
            _ => say(text),
        }
    }

    /// Something for those who asked for more.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.note(text);
        }
    }

    /// Something that may be wrong; said even with `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        match self.mode {
            Mode::Json => say(&serde_json::json!({"event": "warning", "text": text}).to_string()),
            _ => say(&format!("warning: {text}")),
        }
    }

    /// Begins a long operation over `total` bytes (0: not known yet).
    pub(crate) fn task(&self, what: &str, total: u64) -> Task {
        let bar = (self.mode == Mode::Bars).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let form = "{prefix:>9} [{bar:28}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta} {wide_msg}";
            bar.set_style(
                ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "),
            );
            bar.set_prefix(what.to_owned());
            bar
        });
        let begun = Instant::now();
        let state = Mutex::new(State { done: 0, items: 0, said: begun });
        Task { mode: self.mode, what: what.to_owned(), total, begun, bar, state }
    }
}

struct State {
    done: u64,
    items: u64,
    said: Instant,
}

/// A long operation that is under way.
pub(crate) struct Task {
    mode: Mode,
    what: String,
    total: u64,
    begun: Instant,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

impl Task {
    /// So many more bytes are done.
    pub(crate) fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
        let Ok(mut state) = self.state.lock() else { return };
        state.done += bytes;
        if matches!(self.mode, Mode::Plain | Mode::Json) && state.said.elapsed() >= PLAIN_INTERVAL {
            state.said = Instant::now();
            self.report(&state, "progress");
        }
    }

    /// So many bytes were for nothing and come again.
    pub(crate) fn back(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bar.position().saturating_sub(bytes));
        }
        if let Ok(mut state) = self.state.lock() {
            state.done = state.done.saturating_sub(bytes);
        }
    }

    /// What is being worked on right now.
    pub(crate) fn item(&self, name: &str) {
        if let Ok(mut state) = self.state.lock() {
            state.items += 1;
        }
        if let Some(bar) = &self.bar {
            bar.set_message(name.to_owned());
        }
    }

    /// A line that does not disturb the bar.
    pub(crate) fn warn(&self, text: &str) {
        match (&self.bar, self.mode) {
            (Some(bar), _) => bar.suspend(|| say(&format!("warning: {text}"))),
            (None, Mode::Json) => say(&serde_json::json!({"event": "warning", "text": text}).to_string()),
            (None, _) => say(&format!("warning: {text}")),
        }
    }

    /// The end: one line that says what was done.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let Ok(state) = self.state.lock() else { return };
        if self.mode != Mode::None && (state.done > 0 || self.total > 0) {
            self.report(&state, "done");
        }
    }

    fn report(&self, state: &State, event: &str) {
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        let rate = (state.done as f64 / seconds) as u64;
        if self.mode == Mode::Json {
            let value = serde_json::json!({
                "event": event, "task": self.what, "bytes": state.done, "total": self.total,
                "items": state.items, "bytes_per_second": rate, "seconds": seconds,
            });
            return say(&value.to_string());
        }
        let (what, done) = (&self.what, Bytes(state.done));
        if event == "done" {
            return say(&format!("{what}: {done} in {seconds:.1} s ({}/s), {} items", Bytes(rate), Count(state.items)));
        }
        let left = self.total.saturating_sub(state.done).checked_div(rate).unwrap_or(0);
        say(&format!("{what}: {done} of {} ({}/s, {left} s left)", Bytes(self.total), Bytes(rate)));
    }
}

/// One line to stderr. Nobody listening is not an error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
