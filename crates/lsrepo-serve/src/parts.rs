//! A file that is put together while it is sent: its parts follow each other, each opened when its turn comes.

use crate::{
    blob::{self, Files},
    body::Stream,
    budget::Budget,
};
use bytes::Bytes;
use lsrepo_publish::{Part, Parts};
use lsrepo_store::{Blob, Store};
use lsrepo_types::Digest;
use std::{
    collections::VecDeque,
    future::Future,
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// Where parts come from.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) store: Arc<Store>,
    pub(crate) files: Arc<Files>,
    pub(crate) budget: Budget,
    pub(crate) generation: u64,
}

type Opening = Pin<Box<dyn Future<Output = io::Result<Arc<Blob>>> + Send>>;

/// A range of such a file.
pub(crate) struct Sequence {
    source: Source,
    parts: Arc<Parts>,
    /// what was not begun yet
    next: VecDeque<(usize, Range<u64>)>,
    left: u64,
    opening: Option<(Opening, Range<u64>)>,
    stream: Option<Stream>,
}

impl Sequence {
    /// Looks first whether every blob of the range is there as it should be: what is announced is to be sent.
    pub(crate) async fn begin(source: Source, parts: Arc<Parts>, range: Range<u64>) -> io::Result<Self> {
        let next: VecDeque<_> = parts.pieces(range.clone()).into();
        let (store, all) = (source.store.clone(), parts.clone());
        let look = move || all.parts().iter().try_for_each(|part| measure(&store, part));
        tokio::task::spawn_blocking(look).await.map_err(io::Error::other)??;
        Ok(Self { source, parts, next, left: range.end - range.start, opening: None, stream: None })
    }

    /// Bytes that are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// Empty bytes are the end.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let bytes = ready!(self.poll_any(context));
        if let Ok(bytes) = &bytes {
            self.left -= bytes.len() as u64;
        }
        Poll::Ready(bytes)
    }

    fn poll_any(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        loop {
            if let Some(stream) = &mut self.stream {
                match ready!(stream.poll_next(context)) {
                    Ok(bytes) if bytes.is_empty() => self.stream = None,
                    other => return Poll::Ready(other),
                }
            }
            if let Some((opening, range)) = &mut self.opening {
                let (file, range) = (ready!(opening.as_mut().poll(context)), range.clone());
                self.opening = None;
                self.stream = match file {
                    Ok(file) => Some(Stream::new(file, self.source.budget.clone(), range)),
                    Err(error) => return Poll::Ready(Err(error)),
                };
                continue;
            }
            let Some((number, range)) = self.next.pop_front() else { return Poll::Ready(Ok(Bytes::new())) };
            match &self.parts.parts()[number] {
                Part::Bytes(bytes) => {
                    let all = Bytes::from_owner(bytes.clone());
                    return Poll::Ready(Ok(all.slice(range.start as usize..range.end as usize)));
                }
                Part::Blob { digest, size } => {
                    self.opening = Some((Box::pin(open(self.source.clone(), *digest, *size)), range));
                }
            }
        }
    }
}

/// A blob that is open already, or is opened by a thread that may wait.
async fn open(source: Source, digest: Digest, size: u64) -> io::Result<Arc<Blob>> {
    let Source { store, files, generation, .. } = source;
    if let Some(file) = files.get(generation, &digest, size)? {
        return Ok(file);
    }
    let file = tokio::task::spawn_blocking(move || blob::open(&store, &digest, size)).await.map_err(io::Error::other)??;
    files.keep(generation, digest, file.clone());
    Ok(file)
}

fn measure(store: &Store, part: &Part) -> io::Result<()> {
    let Part::Blob { digest, size } = part else { return Ok(()) };
    blob::measure(store, digest, *size)
}
