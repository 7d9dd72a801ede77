//! The body of an answer: nothing, bytes, or a blob read piece by piece.

use crate::{
    blob,
    budget::Budget,
    event::{Access, Event, Listener},
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
}

enum Content {
    Bytes(Bytes),
    Blob(Stream),
    Parts(Box<Sequence>),
}

impl Body {
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self { content: Content::Bytes(bytes.into()), report: None }
    }

    pub(crate) fn blob(stream: Stream) -> Self {
        Self { content: Content::Blob(stream), report: None }
    }

    pub(crate) fn parts(sequence: Sequence) -> Self {
        Self { content: Content::Parts(Box::new(sequence)), report: None }
    }

    /// Tells how it went, once it is over.
    pub(crate) fn reported(mut self, report: Option<Report>) -> Self {
        self.report = report;
        self
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
        let next = match &mut body.content {
            Content::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Content::Blob(stream) => ready!(stream.poll_next(context)),
            Content::Parts(sequence) => ready!(sequence.poll_next(context)),
        };
        Poll::Ready(match next {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => {
                if let Some(report) = &mut body.report {
                    report.access.bytes += bytes.len() as u64;
                }
                Some(Ok(Frame::data(bytes)))
            }
            Err(error) => {
                if let Some(report) = &body.report {
                    let path = report.access.path.clone();
                    (report.listener.0)(Event::Broken { path, why: error.to_string() });
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

impl Drop for Body {
    fn drop(&mut self) {
        let complete = self.left() == 0;
        if let Some(Report { listener, mut access, start }) = self.report.take() {
            access.complete = complete;
            access.elapsed = start.elapsed();
            (listener.0)(Event::Access(access));
        }
    }
}

/// Whom to tell of a request.
pub(crate) struct Report {
    pub(crate) listener: Listener,
    pub(crate) access: Access,
    pub(crate) start: Instant,
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
