//! A file that another thread writes, and yet another one brings to the disk, so that hashing, writing and the disk work at
//! the same time.

use std::{
    fs::File,
    io::{self, Write as _},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

/// Buffers that may wait to be written.
const WAITING: usize = 16;
/// So many bytes are brought to the disk together.
const SYNCED: usize = 64 << 20;

type Working = JoinHandle<io::Result<()>>;

/// Writes a file from where it stands, in its own thread.
pub(crate) struct Behind {
    send: Option<SyncSender<Vec<u8>>>,
    /// buffers that were written, to be filled again
    free: Receiver<Vec<u8>>,
    /// the one that writes, and the one that syncs
    threads: Option<[Working; 2]>,
}

impl Behind {
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        let mut file = file.try_clone()?;
        let (send, receive) = sync_channel::<Vec<u8>>(WAITING);
        let (give, free) = sync_channel::<Vec<u8>>(WAITING + 2);
        let (tick, ticks) = sync_channel::<()>(1);
        let synced = file.try_clone()?;
        // The system tells an error once: what is heard here must not be lost.
        let sync = move || ticks.into_iter().try_for_each(|()| synced.sync_data());
        let syncing = thread::Builder::new().name("sync".to_owned()).spawn(sync)?;
        let writing = thread::Builder::new().name("write".to_owned()).spawn(move || {
            let mut written = 0;
            for mut buffer in receive {
                file.write_all(&buffer)?;
                written += buffer.len();
                if written >= SYNCED && !matches!(tick.try_send(()), Err(TrySendError::Full(()))) {
                    written = 0;
                }
                buffer.clear();
                let _ = give.try_send(buffer);
            }
            Ok(())
        })?;
        Ok(Self { send: Some(send), free, threads: Some([writing, syncing]) })
    }

    /// Hands a buffer over, and gives an empty one.
    pub(crate) fn write(&mut self, buffer: Vec<u8>) -> io::Result<Vec<u8>> {
        let capacity = buffer.capacity();
        if self.send.as_ref().is_none_or(|send| send.send(buffer).is_err()) {
            return Err(self.finish().err().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()));
        }
        Ok(self.free.try_recv().unwrap_or_else(|_| Vec::with_capacity(capacity)))
    }

    /// Everything is in the file.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.send = None;
        let Some([writing, syncing]) = self.threads.take() else { return Ok(()) };
        let ended = |_| io::Error::other("a thread that writes ended early");
        let (written, synced) = (writing.join().map_err(ended)?, syncing.join().map_err(ended)?);
        written.and(synced)
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}
