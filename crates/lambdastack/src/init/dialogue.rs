//! Questions on a terminal. An empty answer takes what stands in brackets, or ends a list.

use super::{Placement, Wishes};
use crate::{
    module::Catalogue,
    schema::{is_name, not_a_name},
};
use lsrepo_bom::{ModuleName, embedded};
use std::{
    collections::BTreeSet,
    io::{self, BufRead, Write},
};

/// Asks for all that `wishes` does not say yet.
pub fn ask(mut wishes: Wishes, modules: &Catalogue, input: &mut dyn BufRead, talk: &mut dyn Write) -> io::Result<Wishes> {
    let mut dialogue = Dialogue { input, talk };
    let name = |text: &str| if is_name(text) { Ok(text.to_owned()) } else { Err(not_a_name(text)) };
    let any = |text: &str| Ok(text.to_owned());
    wishes.name = dialogue.ask("Name of the cluster", &wishes.name, name)?;
    wishes.admin_user = dialogue.ask("Who logs into the machines", "operations", any)?;
    wishes.key_path = dialogue.ask("Private key of that user", "~/.ssh/id_ed25519", any)?;
    loop {
        let machine =
            dialogue.ask("Name of a machine (nothing ends)", "", |text| if text.is_empty() { any(text) } else { name(text) })?;
        if machine.is_empty() {
            break;
        }
        let address = dialogue.ask("  Its address", "", |text| match text.is_empty() {
            true => Err("a machine has an address".to_owned()),
            false => any(text),
        })?;
        wishes.machines.insert(machine, address);
    }
    let bom = embedded::components().unwrap_or_default();
    let has = |name: &&ModuleName| modules.get(name).is_some();
    let from_bom = bom.0.iter().filter(|(_, names)| names.iter().any(|name| has(&name))).map(|(name, _)| name.clone());
    let known: BTreeSet<String> = from_bom.chain(modules.names().map(ToString::to_string)).collect();
    loop {
        let question =
            format!("A component, of {} (nothing ends)", known.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        let component = dialogue.ask(&question, "", |text| match text.is_empty() || known.contains(text) {
            true => any(text),
            false => Err(crate::source::unknown("component", text, known.iter().map(String::as_str))),
        })?;
        if component.is_empty() {
            break;
        }
        let placement: Placement = dialogue.ask("  Its machines, or how many", "1", str::parse)?;
        wishes.components.insert(component, placement);
    }
    Ok(wishes)
}

struct Dialogue<'a> {
    input: &'a mut dyn BufRead,
    talk: &'a mut dyn Write,
}

impl Dialogue<'_> {
    /// Asks until the answer fits.
    fn ask<T>(&mut self, question: &str, default: &str, fit: impl Fn(&str) -> Result<T, String>) -> io::Result<T> {
        loop {
            let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
            write!(self.talk, "{question}{shown}: ")?;
            self.talk.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answers ended before the questions"));
            }
            let answer = if line.trim().is_empty() { default } else { line.trim() };
            match fit(answer) {
                Ok(value) => return Ok(value),
                Err(why) => writeln!(self.talk, "{why}")?,
            }
        }
    }
}
