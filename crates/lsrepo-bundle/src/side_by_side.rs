//! The same work on several things at once.

use crate::{BundleError, Event, error::io as failed};
use std::{
    io,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// Takes bytes that are done; an error says that nobody wants to hear of it any more.
pub(crate) type Tell<'a> = dyn Fn(u64) -> Result<(), BundleError> + 'a;

/// Works at several things at once; the answers are in order. The first error ends it.
pub(crate) fn side_by_side<T: Sync, A: Send>(
    all: &[T],
    workers: usize,
    on_event: &dyn Fn(Event<'_>),
    work: impl Fn(&T, &Tell<'_>) -> Result<A, BundleError> + Sync,
) -> Result<Vec<A>, BundleError> {
    enum Told<A> {
        Bytes(u64),
        Done(usize, Result<A, BundleError>),
    }
    let (next, mut answers) = (AtomicUsize::new(0), Vec::new());
    answers.resize_with(all.len(), || None);
    thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(64);
        for _ in 0..workers.min(all.len()) {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(thing) = all.get(at) else { break };
                    let tell =
                        |bytes| send.send(Told::Bytes(bytes)).map_err(|_| failed("working")(io::ErrorKind::Interrupted.into()));
                    if send.send(Told::Done(at, work(thing, &tell))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for told in receive {
            match told {
                Told::Bytes(bytes) => on_event(Event::Bytes(bytes)),
                Told::Done(at, answer) => {
                    // The others end with what they are at.
                    let answer = answer.inspect_err(|_| next.store(all.len(), Ordering::Relaxed))?;
                    answers[at] = Some(answer);
                }
            }
        }
        Ok(answers.into_iter().flatten().collect())
    })
}
