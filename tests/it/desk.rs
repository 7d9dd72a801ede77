//! Somebody who types commands, on the near side of the gap and on the far one.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
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

    pub(crate) fn run(&self, home: &str, words: &[&str]) -> Said {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_lsrepo"))
            .args(words)
            .current_dir(self.folder.path())
            .env("LSREPO_HOME", self.path(home))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }

    pub(crate) fn near(&self, words: &[&str]) -> Said {
        self.run("near", words)
    }

    pub(crate) fn far(&self, words: &[&str]) -> Said {
        self.run("far", words)
    }

    /// Files under the digests of a home.
    pub(crate) fn blobs(&self, home: &str) -> usize {
        fs::read_dir(self.path(home).join("blobs/sha256")).map_or(0, Iterator::count)
    }
}

impl Said {
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
