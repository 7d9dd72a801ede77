//! stdout: data, as text for people or as JSON or YAML for programs. stderr: talk.

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use std::{
    borrow::Cow,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// for people
    #[default]
    Text,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// Prints `value` in the form asked for; `text` says how it looks to people.
pub(crate) fn print<T: Serialize>(format: Format, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
    let body = match format {
        Format::Text => plain(&text(value)).into_owned(),
        Format::Json => serde_json::to_string_pretty(value)? + "\n",
        Format::Yaml => serde_saphyr::to_string(value).context("rendering YAML")?,
    };
    write(body.as_bytes())
}

/// Writes to stdout. A reader that went away (`| head`) is not an error.
pub(crate) fn write(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("stdout"),
        _ => Ok(()),
    }
}

/// Writes a file that only its owner reads: what is wanted of a cluster is nobody else's business.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

/// The same for a file that is not there yet.
pub(crate) fn write_new_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

/// Writes a file anew: what is there is all of the one, or all of the other.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // what a link leads to is what is replaced
    let path = &fs::canonicalize(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&part)?;
        file.write_all(bytes)?;
        file.set_permissions(fs::metadata(path)?.permissions())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&part)))
}

/// A line on stderr. Where that is closed, nobody reads it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain(line));
}

/// What hosts said may be meant for the terminal: it gets nothing but text.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let is_order = |one: char| one.is_control() && one != '\n' && one != '\t';
    if !text.contains(is_order) {
        return text.into();
    }
    text.chars().flat_map(|one| if is_order(one) { one.escape_unicode().collect::<Vec<_>>() } else { vec![one] }).collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_terminal_gets_nothing_but_text() {
        assert_eq!(plain("is well\n\tas ever"), "is well\n\tas ever");
        assert_eq!(plain("\u{1b}]52;c;eA==\u{7} and \u{9b}2J"), "\\u{1b}]52;c;eA==\\u{7} and \\u{9b}2J");
    }
}
