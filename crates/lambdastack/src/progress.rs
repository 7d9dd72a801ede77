//! How far Ansible is: on a terminal one line for each machine, which is drawn again as it goes; elsewhere a line for each task.

use crate::{ansible::Event, output};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{cell::RefCell, collections::BTreeMap, io::IsTerminal as _, time::Duration};

/// Where it is told how far a run is.
#[derive(Default)]
pub(crate) struct Progress {
    quiet: bool,
    /// whether lines can be drawn again
    live: bool,
    shown: RefCell<Option<(ProgressBar, Board)>>,
}

impl Progress {
    /// On stderr; only errors where it is to be quiet.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, live: !quiet && std::io::stderr().is_terminal(), shown: RefCell::default() }
    }

    /// A line that stays, above those that do not.
    pub(crate) fn note(&self, line: &str) {
        match &*self.shown.borrow() {
            _ if self.quiet => {}
            Some((bar, _)) => bar.suspend(|| output::say(line)),
            None => output::say(line),
        }
    }

    /// Something happened in the run of a module.
    pub(crate) fn hear(&self, module: &str, event: &Event) {
        match event {
            Event::Task { name } if !self.live => self.note(&format!("{module}: {name}")),
            Event::Failed(failure) | Event::Unreachable(failure) => {
                self.note(&format!("{module}: {}: {}: {}", failure.machine, failure.task, failure.message));
            }
            _ => {}
        }
        if self.live {
            self.draw(module, event);
        }
    }

    fn draw(&self, module: &str, event: &Event) {
        let mut shown = self.shown.borrow_mut();
        if shown.as_ref().is_some_and(|(_, board)| board.module != module)
            && let Some((bar, _)) = shown.take()
        {
            bar.finish_and_clear();
        }
        if matches!(event, Event::End { .. }) {
            if let Some((bar, _)) = shown.take() {
                bar.finish_and_clear();
            }
            return;
        }
        let (bar, board) = shown.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
            // what is drawn too often is left out, and comes with the next tick
            bar.enable_steady_tick(Duration::from_millis(250));
            (bar, Board { module: module.to_owned(), ..Board::default() })
        });
        board.take(event);
        let (columns, rows) = size();
        bar.set_message(board.lines(columns, rows).join("\n"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((bar, _)) = self.shown.get_mut().take() {
            bar.finish_and_clear();
        }
    }
}

/// Of the terminal.
fn size() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    size.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
}

/// What is known of a run.
#[derive(Default)]
struct Board {
    module: String,
    task: String,
    machines: BTreeMap<String, Machine>,
}

/// What is known of a machine.
#[derive(Default)]
struct Machine {
    task: Option<String>,
    done: usize,
    changed: usize,
    failed: usize,
}

impl Board {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Play { name } | Event::Task { name } => self.task.clone_from(name),
            Event::Start { machine: name, task } => self.machine(name).task = Some(task.clone()),
            Event::Skipped { machine: name, .. } => self.machine(name).task = None,
            Event::Ok { machine: name, changed, .. } => {
                let machine = self.machine(name);
                (machine.task, machine.done) = (None, machine.done + 1);
                machine.changed += usize::from(*changed);
            }
            Event::Failed(failure) | Event::Unreachable(failure) => {
                let machine = self.machine(&failure.machine);
                (machine.task, machine.failed) = (None, machine.failed + 1);
            }
            Event::Nobody | Event::End { .. } => {}
        }
    }

    fn machine(&mut self, name: &str) -> &mut Machine {
        self.machines.entry(name.to_owned()).or_default()
    }

    /// The module and its task, and each machine, on a terminal of that size.
    fn lines(&self, columns: usize, rows: usize) -> Vec<String> {
        let width = self.machines.keys().map(|name| name.chars().count()).max().unwrap_or(0);
        let mut lines = vec![format!("{}: {}", self.module, self.task)];
        let room = rows.saturating_sub(3).max(1);
        for (name, machine) in self.machines.iter().take(room) {
            let Machine { task, done, changed, failed } = machine;
            let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
            let task = task.as_deref().unwrap_or("");
            lines.push(format!("  {name:<width$}  {done} done, {changed} changed{failed}  {task}").trim_end().to_owned());
        }
        if let Some(more) = self.machines.len().checked_sub(room + 1) {
            lines.push(format!("  and {} more", more + 1));
        }
        let fits = |line: String| line.chars().filter(|c| !c.is_control()).take(columns.saturating_sub(1)).collect();
        lines.into_iter().map(fits).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ansible::Failure;

    fn start(machine: &str, task: &str) -> Event {
        Event::Start { machine: machine.to_owned(), task: task.to_owned() }
    }

    fn ok(machine: &str, changed: bool) -> Event {
        Event::Ok { machine: machine.to_owned(), task: String::new(), changed }
    }

    #[test]
    fn every_machine_has_a_line_with_what_it_does_now() {
        let mut board = Board { module: "haproxy".to_owned(), ..Board::default() };
        let failure = Failure { machine: "web-10".to_owned(), task: "It answers".to_owned(), message: "no".to_owned() };
        let events = [
            Event::Task { name: "It answers".to_owned() },
            start("web-1", "It is installed"),
            ok("web-1", true),
            start("web-1", "It\x1b answers"),
            start("web-10", "It answers"),
            Event::Failed(failure),
        ];
        events.iter().for_each(|event| board.take(event));
        let lines = ["haproxy: It answers", "  web-1   1 done, 1 changed  It answers", "  web-10  0 done, 0 changed, 1 failed"];
        assert_eq!(board.lines(80, 24), lines);
        assert_eq!(board.lines(10, 4), ["haproxy: ", "  web-1  ", "  and 1 m"]);
    }
}
