//! What the libraries tell of their work, as progress.

use super::{Progress, Task};
use std::{cell::OnceCell, sync::Arc};

/// Hears of downloads and pushes. Called from any thread.
pub(crate) type Listener = Arc<dyn Fn(lsrepo_fetch::Event<'_>) + Send + Sync>;

/// Shows downloads and pushes as one operation.
pub(crate) fn transfers(task: &Arc<Task>) -> Listener {
    use lsrepo_fetch::Event;
    let task = task.clone();
    Arc::new(move |event| match event {
        Event::Start { name, offset } => {
            task.item(name);
            task.advance(offset);
        }
        Event::Bytes(bytes) => task.advance(bytes),
        Event::Restart(bytes) => task.back(bytes),
        Event::Retry { name, why, after } => task.warn(&format!("{name}: {why}; again in {:.1} s", after.as_secs_f32())),
        Event::Warning(text) => task.warn(text),
        _ => {}
    })
}

/// Says what goes wrong while something small is asked for.
pub(crate) fn questions(progress: Progress) -> Listener {
    use lsrepo_fetch::Event;
    Arc::new(move |event| match event {
        Event::Retry { name, why, after } => {
            progress.warn(&format!("{name}: {why}; again in {:.1} s", after.as_secs_f32()));
        }
        Event::Unchanged { url } => progress.detail(&format!("{url}: unchanged")),
        Event::Warning(text) => progress.warn(text),
        _ => {}
    })
}

/// A bundle or an archive that is read or written: how large it is comes with the first word of it.
pub(crate) struct Carrying {
    progress: Progress,
    what: &'static str,
    task: OnceCell<Task>,
}

impl Carrying {
    pub(crate) fn new(progress: Progress, what: &'static str) -> Self {
        Self { progress, what, task: OnceCell::new() }
    }

    pub(crate) fn hear(&self, event: &lsrepo_bundle::Event<'_>) {
        use lsrepo_bundle::Event;
        match event {
            Event::Total { bytes, .. } => drop(self.task.set(self.progress.task(self.what, *bytes))),
            Event::Blob(_) => self.task.get().into_iter().for_each(|task| task.item("")),
            Event::Bytes(bytes) => self.task.get().into_iter().for_each(|task| task.advance(*bytes)),
        }
    }

    pub(crate) fn finish(&self) {
        self.task.get().into_iter().for_each(Task::finish);
    }
}
