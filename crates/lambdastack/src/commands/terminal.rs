//! A line from the terminal that is not shown while it is typed.

use anyhow::{Context as _, Result, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal as _, Read as _, Write as _};

/// Whether somebody can be asked.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for something that nobody else is to see.
pub(super) fn ask_unseen(question: &str) -> Result<String> {
    let _unseen = Unseen::begin().context("the terminal")?;
    write!(io::stderr(), "{question}: ")?;
    let typed = read_line(&mut io::stdin().lock());
    // the end of the line was not shown either
    writeln!(io::stderr())?;
    typed
}

/// Asks twice, so that nothing is mistyped.
pub(super) fn ask_twice(question: &str) -> Result<String> {
    let first = ask_unseen(question)?;
    if first != ask_unseen("The same again")? {
        bail!("what was typed is not twice the same");
    }
    Ok(first)
}

/// As long as this lives the terminal shows nothing, and hands over what is typed key by key, also an interrupt: so the
/// terminal is as it was in any case.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> Result<Self> {
        let before = tcgetattr(rustix::stdio::stdin())?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &modes)?;
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &self.0);
    }
}

fn read_line(from: &mut impl io::BufRead) -> Result<String> {
    let mut line = Vec::new();
    for byte in from.bytes() {
        match byte? {
            b'\n' | b'\r' => return String::from_utf8(line).context("what was typed is not text in UTF-8"),
            3 | 4 => break,
            // all of it
            21 => line.clear(),
            // one letter, which may be several bytes
            8 | 127 => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            byte => line.push(byte),
        }
    }
    bail!("nothing was typed to its end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_can_be_taken_back() {
        let read = |mut keys: &[u8]| read_line(&mut keys).ok();
        assert_eq!(read("teé\u{7f}\u{8}ax\n".as_bytes()).as_deref(), Some("tax"));
        assert_eq!(read(b"wrong\x15right\r").as_deref(), Some("right"));
        assert_eq!(read(b"half\x03\n"), None);
        assert_eq!(read(b"half"), None);
    }
}
