//! Somebody who types commands, on the near side of the gap and on the far one.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
};

/// A folder to work in, with a home for the near side and one for the far side.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// What a run said, and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command, to be started.
    pub(crate) fn command(&self, home: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lsrepo"));
        command.args(words).current_dir(self.folder.path()).env("LSREPO_HOME", self.path(home));
        command
    }

    pub(crate) fn run(&self, home: &str, words: &[&str]) -> Said {
        Said::of(self.command(home, words).output().unwrap())
    }

    pub(crate) fn near(&self, words: &[&str]) -> Said {
        self.run("near", words)
    }

    pub(crate) fn far(&self, words: &[&str]) -> Said {
        self.run("far", words)
    }

    /// Files under the digests of a home that the near side has too: what was carried, and not what was published from it.
    pub(crate) fn blobs(&self, home: &str) -> usize {
        let names = |home: &str| -> BTreeSet<std::ffi::OsString> {
            let entries = fs::read_dir(self.path(home).join("blobs/sha256")).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        names(home).intersection(&names("near")).count()
    }
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    /// It ended with `code` and one error that has all these words.
    #[track_caller]
    pub(crate) fn badly(self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert_eq!(self.err.matches("error: ").count(), 1, "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in:\n{}", self.err);
        }
    }
}

/// `lsrepo serve` on the loopback, ended when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
    /// what it said since it listened
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) fn start(desk: &Desk, home: &str) -> Self {
        Self::start_with(desk, home, &[])
    }

    /// [`Server::start`], with more words.
    pub(crate) fn start_with(desk: &Desk, home: &str, words: &[&str]) -> Self {
        let child = desk.command(home, &["serve", "--listen", "127.0.0.1:0"]).args(words).stderr(Stdio::piped()).spawn();
        let mut server = Self { child: child.unwrap(), address: String::new(), said: Arc::default() };
        let mut lines = BufReader::new(server.child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut said = Vec::new();
        while let Some(line) = lines.next() {
            if let Some(address) = line.strip_prefix("listening on http://") {
                server.address = address.trim_end_matches('/').to_owned();
                let heard = server.said.clone();
                std::thread::spawn(move || lines.for_each(|line| *heard.lock().unwrap() += &(line + "\n")));
                return server;
            }
            said.push(line);
        }
        panic!("it does not listen: {said:?}");
    }

    /// What it said since it listened.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Where it speaks TLS, once it said so.
    pub(crate) fn secure_address(&self) -> Option<String> {
        let said = self.said();
        said.lines().find_map(|line| Some(line.strip_prefix("listening on https://")?.trim_end_matches('/').to_owned()))
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// The body of a path that is there.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        let (head, body) = self.ask("GET", path, "");
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        body
    }

    /// The head and the body of an answer; `more` are further header lines.
    pub(crate) fn ask(&self, method: &str, path: &str, more: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{more}\r\n", self.address).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        (String::from_utf8_lossy(&answer[..end]).into_owned(), answer.split_off(end + 4))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
