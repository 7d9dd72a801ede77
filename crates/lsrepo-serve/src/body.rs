//! The body of an answer: nothing, bytes, or a blob read piece by piece.

use crate::{
    blob,
    budget::Budget,
    event::{Access, Event, Listener},
    handed::{Handed, Open},
    metrics::{Kind, Metrics},
    parts::Sequence,
};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use lsrepo_store::Blob;
use std::{
    future::Future,
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

/// What [`App::respond`](crate::App::respond) sends. It ends with an error, and with it the connection,
/// where the bytes that were announced cannot be had.
pub struct Body {
    content: Content,
    report: Option<Report>,
    /// with whom it is counted, where that is so
    watched: Option<(Handed, Open)>,
}

enum Content {
    Bytes(Bytes),
    Blob(Stream),
    Parts(Box<Sequence>),
}

impl Body {
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self { content: Content::Bytes(bytes.into()), report: None, watched: None }
    }

    pub(crate) fn blob(stream: Stream) -> Self {
        Self { content: Content::Blob(stream), report: None, watched: None }
    }

    pub(crate) fn parts(sequence: Sequence) -> Self {
        Self { content: Content::Parts(Box::new(sequence)), report: None, watched: None }
    }

    /// Tells how it went, once it is over.
    pub(crate) fn reported(mut self, mut report: Report) -> Self {
        report.expected = self.left();
        self.report = Some(report);
        self
    }

    /// Counted with a connection: what is open, and what was handed to it.
    pub(crate) fn watched(mut self, handed: Handed, open: Open) -> Self {
        // These were taken before, and wait for the connection already.
        if let Content::Bytes(bytes) = &mut self.content {
            *bytes = handed.give(std::mem::take(bytes));
        }
        self.watched = Some((handed, open));
        self
    }

    /// What is to be sent, for who sends it himself.
    pub(crate) fn into_sending(self) -> (Sending, Option<Report>) {
        // A head alone goes out at once, whatever would follow it.
        if self.left() == 0 {
            return (Sending::Bytes(Bytes::new()), self.report);
        }
        let sending = match self.content {
            Content::Bytes(bytes) => Sending::Bytes(bytes),
            Content::Blob(Stream { file, at, end, .. }) if file.file().is_some() => Sending::File(file, at..end),
            Content::Blob(stream) => Sending::Stream(Rest::Blob(stream)),
            Content::Parts(sequence) => Sending::Stream(Rest::Parts(sequence)),
        };
        (sending, self.report)
    }

    fn left(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Blob(stream) => stream.end - stream.at,
            Content::Parts(sequence) => sequence.left(),
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let body = self.get_mut();
        let handed = body.watched.as_ref().map(|(handed, _)| handed);
        let counted = |bytes: io::Result<Bytes>| match (bytes, handed) {
            (Ok(bytes), Some(handed)) if !bytes.is_empty() => Ok(handed.give(bytes)),
            (bytes, _) => bytes,
        };
        let next = match &mut body.content {
            Content::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Content::Blob(stream) => counted(ready!(stream.poll_next(context))),
            Content::Parts(sequence) => counted(ready!(sequence.poll_next(context))),
        };
        Poll::Ready(match next {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => {
                if let Some(report) = &mut body.report {
                    report.sent(bytes.len());
                }
                Some(Ok(Frame::data(bytes)))
            }
            Err(error) => {
                if let Some(report) = &body.report {
                    report.broken(&error);
                }
                Some(Err(error))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

/// A body as its bytes lie: those of a file need not pass through us.
pub(crate) enum Sending {
    Bytes(Bytes),
    File(Arc<Blob>, Range<u64>),
    Stream(Rest),
}

/// Bytes that come one after the other.
pub(crate) enum Rest {
    Blob(Stream),
    Parts(Box<Sequence>),
}

impl Rest {
    /// The next bytes; empty ones are the end.
    pub(crate) async fn next(&mut self) -> io::Result<Bytes> {
        std::future::poll_fn(|context| match self {
            Rest::Blob(stream) => stream.poll_next(context),
            Rest::Parts(sequence) => sequence.poll_next(context),
        })
        .await
    }
}

/// What is to be told of a request, once it is over.
pub(crate) struct Report {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) kind: Kind,
    pub(crate) status: u16,
    pub(crate) start: Instant,
    /// who hears of it, and what is known so far
    pub(crate) access: Option<(Listener, Access)>,
    bytes: u64,
    expected: u64,
}

impl Report {
    pub(crate) fn new(metrics: Arc<Metrics>, kind: Kind, status: u16, start: Instant, access: Option<(Listener, Access)>) -> Self {
        Self { metrics, kind, status, start, access, bytes: 0, expected: 0 }
    }

    /// So many bytes were handed to the connection.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// The rest cannot be had.
    pub(crate) fn broken(&self, error: &io::Error) {
        if let Some((listener, access)) = &self.access {
            (listener.0)(Event::Broken { path: access.path.clone(), why: error.to_string() });
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let (complete, elapsed) = (self.bytes >= self.expected, self.start.elapsed());
        self.metrics.answered(self.kind, self.status, self.bytes, complete, elapsed);
        if let Some((listener, access)) = self.access.take() {
            (listener.0)(Event::Access(Access { bytes: self.bytes, complete, elapsed, ..access }));
        }
    }
}

type Reading = Pin<Box<dyn Future<Output = io::Result<Bytes>> + Send>>;

/// A part of a blob, read as it is sent.
pub(crate) struct Stream {
    file: Arc<Blob>,
    budget: Budget,
    at: u64,
    end: u64,
    reading: Option<Reading>,
}

impl Stream {
    pub(crate) fn new(file: Arc<Blob>, budget: Budget, part: Range<u64>) -> Self {
        Self { file, budget, at: part.start, end: part.end, reading: None }
    }

    /// Empty bytes are the end.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if self.at >= self.end {
            return Poll::Ready(Ok(Bytes::new()));
        }
        let (at, wanted) = (self.at, self.end - self.at);
        let reading = self.reading.get_or_insert_with(|| {
            let (file, budget) = (self.file.clone(), self.budget.clone());
            Box::pin(async move { blob::read(file, at, budget.take(wanted).await?).await })
        });
        let bytes = ready!(reading.as_mut().poll(context));
        self.reading = None;
        if let Ok(bytes) = &bytes {
            self.at += bytes.len() as u64;
        }
        Poll::Ready(bytes)
    }
}
