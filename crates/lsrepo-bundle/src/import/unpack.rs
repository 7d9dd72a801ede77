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
    io::Read,
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
    let mut took = |taken: Taken| {
        let (new, present, bytes) = (taken.new.len() as u64, taken.present, taken.bytes);
        done.written += new;
        done.bytes += taken.new.iter().map(|one| one.size).sum::<u64>();
        done.present += present;
        store.commit(taken.new)?;
        on_event(Event::Bytes(bytes));
        Ok::<_, BundleError>(())
    };
    thread::scope(|scope| {
        let (give, given) = mpsc::sync_channel::<(&Pack, Option<Pending>)>(0);
        let (send, receive) = mpsc::channel();
        let given = Mutex::new(given);
        let (given, stopped) = (Arc::new(given), &stopped);
        for _ in 0..workers().min(packs.len()) {
            let (send, given) = (send.clone(), given.clone());
            scope.spawn(move || {
                loop {
                    let next = given.lock().map(|given| given.recv());
                    let Ok(Ok((pack, pending))) = next else { break };
                    let taken = unpack(store, pack, pending, stopped);
                    if send.send(taken).is_err() {
                        break;
                    }
                }
            });
        }
        drop((given, send));
        let mut read_all = || {
            for pack in packs {
                on_event(Event::Blob(&pack.descriptor()));
                let size = pack.blobs.iter().map(|blob| blob.size).sum();
                if is_there(store, pack) {
                    match moving {
                        true => reader.pass(&blob_name(&pack.digest), pack.size)?,
                        false => reader.blob(&pack.digest, pack.size, |_| Ok(()))?,
                    }
                    took(Taken { new: Vec::new(), present: pack.blobs.len() as u64, bytes: size })?;
                    continue;
                }
                let pending = blob(reader, store, &pack.descriptor(), moving, &|_| {})?;
                // Nobody takes it only where a worker has panicked.
                give.send((pack, pending)).map_err(|_| BundleError::Nothing)?;
                receive.try_iter().try_for_each(|taken| took(taken?))?;
            }
            Ok::<_, BundleError>(())
        };
        let read = read_all();
        drop(give);
        stopped.store(read.is_err(), Ordering::Relaxed);
        read?;
        receive.into_iter().try_for_each(|taken| took(taken?)).inspect_err(|_| stopped.store(true, Ordering::Relaxed))
    })
}

/// What came out of a pack.
struct Taken {
    new: Vec<Pending>,
    present: u64,
    bytes: u64,
}

/// Takes a pack apart; it is a blob of the store's own where nothing is pending.
fn unpack(store: &Store, pack: &Pack, pending: Option<Pending>, stopped: &AtomicBool) -> Result<Taken, BundleError> {
    let mut taken = Taken { new: Vec::new(), present: 0, bytes: 0 };
    let packed: Box<dyn Read> = match &pending {
        Some(pending) => Box::new(pending.open()?),
        None => Box::new(store.open_blob(&pack.digest)?),
    };
    each(pack, packed, |blob, plain| {
        if stopped.load(Ordering::Relaxed) {
            return Err(BundleError::Nothing);
        }
        taken.bytes += blob.size;
        if has(store, blob) {
            taken.present += 1;
            return Ok(());
        }
        let mut writer = store.writer()?;
        rebuild(blob, plain, &mut writer)?;
        let pending = writer.finish();
        match pending.digest == blob.digest {
            true => taken.new.push(pending),
            false => return Err(BundleError::Packed { blob: blob.digest, why: "it comes out as something else".to_owned() }),
        }
        Ok(())
    })?;
    if let Some(pending) = pending {
        pending.discard()?;
    }
    Ok(taken)
}
