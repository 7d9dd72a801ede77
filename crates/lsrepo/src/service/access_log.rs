//! Requests, one a line: in the combined form of web servers, or as JSON. Written by a thread of its own, so that no request
//! waits for a disk or a terminal; where that cannot follow, lines are dropped and counted.

use super::config::{Form, Log};
use crate::context::now;
use anyhow::{Context as _, Result};
use lsrepo_serve::Access;
use lsrepo_types::Timestamp;
use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

/// Lines that may wait.
const WAITING: usize = 8192;

/// Where lines go. Cloning shares it.
#[derive(Clone)]
pub(crate) struct AccessLog {
    form: Form,
    lines: SyncSender<Work>,
    dropped: Arc<AtomicU64>,
}

/// Where lines are written.
pub(crate) type Out = Box<dyn Write + Send>;

enum Work {
    Line(String),
    /// the file was moved away, another is to be begun
    Reopen(Out),
}

impl AccessLog {
    /// Begins the log; none where it is off.
    pub(crate) fn begin(log: &Log) -> Result<Option<Self>> {
        if log.access == Form::Off {
            return Ok(None);
        }
        let out = open(log.file.as_deref())?;
        let (lines, work) = sync_channel(WAITING);
        std::thread::spawn(move || write(out, &work));
        Ok(Some(Self { form: log.access, lines, dropped: Arc::default() }))
    }

    /// Goes on in another file, which may have the same name.
    pub(crate) fn go_on_in(&self, out: Out) {
        _ = self.lines.send(Work::Reopen(out));
    }

    /// Writes a request down.
    pub(crate) fn add(&self, access: &Access) {
        let line = match self.form {
            Form::Off => return,
            Form::Plain => plain(access, now()),
            Form::Json => json(access, now()),
        };
        if let Err(TrySendError::Full(_)) = self.lines.try_send(Work::Line(line)) {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Lines that could not be written.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

/// Opens the file, to be added to; without one it is stdout.
pub(crate) fn open(file: Option<&Path>) -> Result<Out> {
    match file {
        None => Ok(Box::new(io::stdout())),
        Some(file) => {
            let opened = fs::OpenOptions::new().create(true).append(true).open(file);
            Ok(Box::new(opened.with_context(|| file.display().to_string())?))
        }
    }
}

/// Writes what waits in one go, until nobody is left who could log.
fn write(mut out: Out, work: &Receiver<Work>) {
    let mut text = Vec::new();
    while let Ok(first) = work.recv() {
        for one in std::iter::once(first).chain(work.try_iter()) {
            match one {
                Work::Line(line) => text.extend_from_slice(line.as_bytes()),
                Work::Reopen(other) => {
                    _ = out.write_all(&text).and_then(|()| out.flush());
                    text.clear();
                    out = other;
                }
            }
            if text.len() > 1 << 20 {
                break;
            }
        }
        // A full disk must not end the service.
        _ = out.write_all(&text).and_then(|()| out.flush());
        text.clear();
    }
}

fn plain(access: &Access, now: Timestamp) -> String {
    let peer = access.peer.map_or("-".to_owned(), |peer| peer.ip().to_string());
    let Access { method, path, status, bytes, version, .. } = access;
    let (path, agent) = (quoted(path), quoted(access.agent.as_deref().unwrap_or("-")));
    let cut = if access.complete { "" } else { " cut" };
    let seconds = access.elapsed.as_secs_f64();
    format!("{peer} - - [{}] \"{method} {path} {version}\" {status} {bytes} \"-\" \"{agent}\" {seconds:.3}{cut}\n", now.log())
}

fn json(access: &Access, now: Timestamp) -> String {
    let line = serde_json::json!({
        "time": now,
        "peer": access.peer.map(|peer| peer.ip().to_string()),
        "method": access.method,
        "path": access.path,
        "version": access.version,
        "status": access.status,
        "bytes": access.bytes,
        "complete": access.complete,
        "seconds": access.elapsed.as_secs_f64(),
        "agent": access.agent,
    });
    format!("{line}\n")
}

/// Nobody writes lines of his own into a log.
fn quoted(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c == '"' || c == '\\' || c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn access(path: &str, agent: &str) -> Access {
        Access {
            peer: Some("10.0.0.7:4711".parse().unwrap()),
            method: "GET".into(),
            path: path.into(),
            version: "HTTP/1.1",
            status: 200,
            bytes: 12,
            complete: true,
            elapsed: Duration::from_millis(15),
            agent: Some(agent.into()),
        }
    }

    #[test]
    fn a_line_is_what_log_readers_know() {
        let line = plain(&access("/apt/x", "curl/8"), Timestamp(1_746_868_877));
        assert_eq!(line, "10.0.0.7 - - [10/May/2025:09:21:17 +0000] \"GET /apt/x HTTP/1.1\" 200 12 \"-\" \"curl/8\" 0.015\n");
    }

    #[test]
    fn nobody_writes_lines_of_his_own() {
        let hostile = access("/\"x", "a\"\n10.0.0.1 - - [x]\u{1b}[2J\\");
        for line in [plain(&hostile, Timestamp(0)), json(&hostile, Timestamp(0))] {
            assert!(line.ends_with('\n') && line.matches('\n').count() == 1 && !line.contains('\u{1b}'), "{line}");
        }
        assert!(plain(&hostile, Timestamp(0)).contains("\"a\\\"\\n10.0.0.1 - - [x]\\u{1b}[2J\\\\\""));
        assert!(serde_json::from_str::<serde_json::Value>(&json(&hostile, Timestamp(0))).is_ok());
    }

    #[test]
    fn a_log_goes_on_in_another_file_when_its_own_was_moved_away() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log { access: Form::Plain, file: Some(dir.path().join("access.log")) };
        let writing = AccessLog::begin(&log).unwrap().unwrap();
        writing.add(&access("/first", "x"));
        let (file, moved) = (dir.path().join("access.log"), dir.path().join("access.log.1"));
        let has = |file: &Path, what: &str| {
            let begun = std::time::Instant::now();
            while !fs::read_to_string(file).is_ok_and(|text| text.contains(what)) {
                assert!(begun.elapsed() < Duration::from_secs(20), "{what} is not in {}", file.display());
                std::thread::yield_now();
            }
        };
        has(&file, "/first");
        fs::rename(&file, &moved).unwrap();
        writing.go_on_in(open(log.file.as_deref()).unwrap());
        writing.add(&access("/second", "x"));
        has(&file, "/second");
        assert!(!fs::read_to_string(&moved).unwrap().contains("/second") && writing.dropped() == 0);
    }
}
