//! The body of a request, taken in no faster than it is wanted. A sender that stalls or dribbles is cut.

use bytes::{Buf, Bytes};
use hyper::body::Body;
use lsrepo_oci::api::{ApiError, ErrorCode};
use std::{
    fmt::Display,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// So many bytes must come in each stretch of time, or the rest of the body.
const LEAST: u64 = 1024;
/// How much of a refused body is still taken, so that the client hears why: one that is cut while it sends does not.
const DRAINED: u64 = 8 << 20;
const DRAINING: Duration = Duration::from_secs(10);

/// A body of any kind.
trait Frames: Send {
    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>>;
}

struct Framed<B>(Pin<Box<B>>);

impl<B> Frames for Framed<B>
where
    B: Body + Send,
    B::Data: Buf,
    B::Error: Display,
{
    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>> {
        loop {
            match self.0.as_mut().poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.to_string()))),
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers say nothing that we would hear.
                    if let Ok(mut data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
                    }
                }
            }
        }
    }
}

/// What a client sends.
pub(crate) struct Incoming {
    frames: Box<dyn Frames>,
    stall: Duration,
    deadline: Instant,
    since: u64,
}

impl Incoming {
    pub(crate) fn new<B>(body: B, stall: Duration) -> Self
    where
        B: Body + Send + 'static,
        B::Data: Buf,
        B::Error: Display,
    {
        Self { frames: Box::new(Framed(Box::pin(body))), stall, deadline: Instant::now() + stall, since: 0 }
    }

    /// Nobody was waited for so far.
    pub(crate) fn restart_clock(&mut self) {
        (self.deadline, self.since) = (Instant::now() + self.stall, 0);
    }

    /// The next bytes; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let frames = &mut self.frames;
        let next = poll_fn(|context| frames.poll_data(context));
        match timeout_at(self.deadline, next).await {
            Err(_) => Err(broken("the client sends too slowly")),
            Ok(None) => Ok(None),
            Ok(Some(Err(why))) => Err(broken(&format!("the body broke off: {why}"))),
            Ok(Some(Ok(bytes))) => {
                self.since += bytes.len() as u64;
                if self.since >= LEAST {
                    self.restart_clock();
                }
                Ok(Some(bytes))
            }
        }
    }

    /// A whole body of at most `most` bytes; none where it is longer.
    pub(crate) async fn whole(&mut self, most: u64) -> Result<Option<Vec<u8>>, ApiError> {
        let mut all = Vec::new();
        while let Some(bytes) = self.next().await? {
            if all.len() as u64 + bytes.len() as u64 > most {
                return Ok(None);
            }
            all.extend_from_slice(&bytes);
        }
        Ok(Some(all))
    }

    /// Takes what is still on its way, within limits, and forgets it.
    pub(crate) async fn drain(&mut self) {
        let draining = async {
            let mut taken = 0;
            while let Ok(Some(bytes)) = self.next().await {
                taken += bytes.len() as u64;
                if taken > DRAINED {
                    break;
                }
            }
        };
        _ = tokio::time::timeout(DRAINING, draining).await;
    }
}

fn broken(why: &str) -> ApiError {
    ApiError::new(ErrorCode::BlobUploadInvalid, why)
}
