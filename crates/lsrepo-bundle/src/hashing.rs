//! SHA-256 on the way: in a thread of its own, as of all that an export does it takes longest, or of what passes a reader or a
//! writer.

use crate::error::{BundleError, io as failed};
use lsrepo_types::{Digest, Hasher};
use std::{
    io::{self, ErrorKind, Read, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

/// Bytes that are hashed together; less than that is hashed on the spot.
const BUFFER: usize = 1 << 20;
/// Buffers that may wait to be hashed.
const WAITING: usize = 3;

enum Job {
    Part(Vec<u8>),
    End,
}

/// Hashes one blob after the other.
pub(crate) struct Hashing {
    send: SyncSender<Job>,
    free: Receiver<Vec<u8>>,
    digests: Receiver<Digest>,
    buffer: Vec<u8>,
    /// whether the thread has a part of this blob
    begun: bool,
}

impl Hashing {
    /// Starts the thread, which ends with this value.
    pub(crate) fn new() -> Result<Self, BundleError> {
        let (send, jobs) = sync_channel(WAITING);
        let (give, free) = sync_channel::<Vec<u8>>(WAITING + 2);
        let (tell, digests) = sync_channel(1);
        let work = move || {
            let mut hasher = Hasher::new();
            for job in jobs {
                match job {
                    Job::Part(mut buffer) => {
                        hasher.update(&buffer);
                        buffer.clear();
                        let _ = give.try_send(buffer);
                    }
                    Job::End if tell.send(std::mem::take(&mut hasher).finish()).is_err() => return,
                    Job::End => {}
                }
            }
        };
        thread::Builder::new().name("hash".to_owned()).spawn(work).map_err(failed("starting a thread"))?;
        Ok(Self { send, free, digests, buffer: Vec::with_capacity(BUFFER), begun: false })
    }

    /// More of the blob.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at(bytes.len().min(BUFFER - self.buffer.len()));
            self.buffer.extend_from_slice(part);
            bytes = rest;
            if self.buffer.len() == BUFFER {
                self.pass();
            }
        }
    }

    fn pass(&mut self) {
        let next = self.free.try_recv().unwrap_or_else(|_| Vec::with_capacity(BUFFER));
        let full = std::mem::replace(&mut self.buffer, next);
        self.begun = true;
        // Where the thread is gone, the end of the blob says so.
        let _ = self.send.send(Job::Part(full));
    }

    /// The end of the blob; the next one begins.
    pub(crate) fn finish(&mut self) -> Result<Digest, BundleError> {
        if !self.begun {
            let digest = Digest::of(&self.buffer);
            self.buffer.clear();
            return Ok(digest);
        }
        self.pass();
        self.begun = false;
        let digest = self.send.send(Job::End).ok().and_then(|()| self.digests.recv().ok());
        digest.ok_or_else(|| failed("hashing")(ErrorKind::BrokenPipe.into()))
    }
}

/// A reader or a writer, and the digest of what passed it.
pub(crate) struct Hashed<T> {
    inner: T,
    hasher: Hasher,
}

impl<T> Hashed<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, hasher: Hasher::new() }
    }

    pub(crate) fn digest(self) -> Digest {
        self.hasher.finish()
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
