//! Blobs out of packs.
//!
//! A pack is written into the store and checked like any blob, and gone on with where a run was killed; only then it is taken
//! apart, several at once, and goes.

use super::{Imported, blob};
use crate::{
    error::BundleError,
    export::Event,
    head::blob_name,
    pack::{Pack, Packed, each, rebuild, workers},
    reader::{Input, Reader},
};
use lsrepo_store::{Pending, Store};
use std::{
    io::{self, Read},
    ops::{ControlFlow, Range},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

/// What the packs take of the disk besides what comes out of them.
pub(super) fn room(store: &Store, packs: &[Pack]) -> u64 {
    let mut sizes: Vec<u64> = packs.iter().filter(|pack| !is_there(store, pack)).map(|pack| pack.size).collect();
    sizes.sort_unstable();
    sizes.iter().rev().take(workers() + 1).sum()
}

fn is_there(store: &Store, pack: &Pack) -> bool {
    pack.blobs.iter().all(|blob| has(store, blob))
}

fn has(store: &Store, blob: &Packed) -> bool {
    store.own_size_of(&blob.digest).is_ok_and(|size| size == Some(blob.size))
}

/// Takes all that is in the packs, which come next.
pub(super) fn all<R: Input>(
    reader: &mut Reader<R>,
    store: &Store,
    packs: &[Pack],
    moving: bool,
    done: &mut Imported,
    on_event: &dyn Fn(Event<'_>),
) -> Result<(), BundleError> {
    let stopped = AtomicBool::new(false);
    let mut taking = Taking { reader, store, moving, done, on_event };
    thread::scope(|scope| {
        let (give, given) = mpsc::sync_channel::<Given>(0);
        let (send, receive) = mpsc::channel();
        let (given, stopped) = (Arc::new(Mutex::new(given)), &stopped);
        for _ in 0..workers().min(packs.len()) {
            let (send, given) = (send.clone(), given.clone());
            scope.spawn(move || {
                loop {
                    let next = given.lock().map(|given| given.recv());
                    let Ok(Ok(given)) = next else { break };
                    if send.send(unpack(store, given, stopped)).is_err() {
                        break;
                    }
                }
            });
        }
        drop((given, send));
        let mut read_all = || {
            for pack in packs {
                if let Some(given) = taking.read(pack)? {
                    // Nobody takes it only where a worker has panicked.
                    give.send(given).map_err(|_| BundleError::Nothing)?;
                }
                receive.try_iter().try_for_each(|taken| taking.took(taken?))?;
            }
            Ok::<_, BundleError>(())
        };
        let mut ended = read_all();
        drop(give);
        // What came out of other packs is kept all the same.
        stopped.store(ended.is_err(), Ordering::Relaxed);
        for taken in receive {
            let took = taken.and_then(|taken| taking.took(taken));
            stopped.fetch_or(took.is_err(), Ordering::Relaxed);
            ended = ended.and(took);
        }
        ended
    })
}

/// A pack that was read, and which bytes of the bundle it was; nothing is pending where the store has it.
struct Given<'a> {
    pack: &'a Pack,
    pending: Option<Pending>,
    bytes: Range<u64>,
}

/// What came out of a pack.
struct Taken<'a> {
    from: Given<'a>,
    new: Vec<Pending>,
}

struct Taking<'a, R> {
    reader: &'a mut Reader<R>,
    store: &'a Store,
    moving: bool,
    done: &'a mut Imported,
    on_event: &'a dyn Fn(Event<'_>),
}

impl<R: Input> Taking<'_, R> {
    /// Reads the next pack; none where all is there that comes out of it.
    fn read<'p>(&mut self, pack: &'p Pack) -> Result<Option<Given<'p>>, BundleError> {
        (self.on_event)(Event::Blob(&pack.descriptor()));
        let start = self.reader.offset();
        if is_there(self.store, pack) {
            match self.moving {
                true => self.reader.pass(&blob_name(&pack.digest), pack.size)?,
                false => self.reader.blob(&pack.digest, pack.size, |_| Ok(()))?,
            }
            let from = Given { pack, pending: None, bytes: start..self.reader.offset() };
            return self.took(Taken { from, new: Vec::new() }).map(|()| None);
        }
        let pending = blob(self.reader, self.store, &pack.descriptor(), self.moving, &|_| {})?;
        Ok(Some(Given { pack, pending, bytes: start..self.reader.offset() }))
    }

    /// Gives names to what came out. Only then may the pack go, and the media.
    fn took(&mut self, Taken { from, new }: Taken<'_>) -> Result<(), BundleError> {
        let blobs = &from.pack.blobs;
        self.done.written += new.len() as u64;
        self.done.present += (blobs.len() - new.len()) as u64;
        self.done.bytes += new.iter().map(|one| one.size).sum::<u64>();
        self.store.commit(new)?;
        if self.moving {
            self.reader.input().free(from.bytes.start, from.bytes.end);
        }
        if let Some(pending) = from.pending {
            pending.discard()?;
        }
        (self.on_event)(Event::Bytes(blobs.iter().map(|blob| blob.size).sum()));
        Ok(())
    }
}

/// Takes a pack apart.
fn unpack<'a>(store: &Store, from: Given<'a>, stopped: &AtomicBool) -> Result<Taken<'a>, BundleError> {
    let mut new = Vec::new();
    let packed: Box<dyn Read> = match &from.pending {
        Some(pending) => Box::new(pending.open()?),
        None => Box::new(store.open_blob(&from.pack.digest)?),
    };
    each(from.pack, packed, |blob, plain| {
        if has(store, blob) {
            return Ok(ControlFlow::Continue(()));
        }
        let mut writer = store.writer()?;
        rebuild(blob, &mut Stoppable { plain, stopped }, &mut writer)?;
        let pending = writer.finish();
        if pending.digest != blob.digest {
            return Err(BundleError::Packed { blob: blob.digest, why: "it comes out as something else".to_owned() });
        }
        new.push(pending);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Taken { from, new })
}

/// Ends where something else went wrong.
struct Stoppable<'a> {
    plain: &'a mut dyn Read,
    stopped: &'a AtomicBool,
}

impl Read for Stoppable<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.stopped.load(Ordering::Relaxed) {
            true => Err(io::Error::other("stopped")),
            false => self.plain.read(buffer),
        }
    }
}
