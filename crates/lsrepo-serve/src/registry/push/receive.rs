//! From the connection to the disk: what arrives is collected into a share of the server's memory, and while that is
//! hashed and written the next share is collected. No upload takes more than two shares, however long it is.

use crate::{
    budget::{Budget, LARGEST},
    registry::{incoming::Incoming, pushed::disk, uploads::Busy},
};
use bytes::{Buf, Bytes};
use lsrepo_oci::api::{ApiError, ErrorCode};
use std::sync::Arc;
use tokio::task::{JoinHandle, spawn_blocking};

/// What is known of a body before it comes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    /// by `Content-Length`
    pub(super) length: Option<u64>,
    /// by `Content-Range`
    pub(super) range: Option<u64>,
}

/// Adds a body to an upload. What was announced and did not come is taken back; what arrived before a break stays.
pub(super) async fn receive(
    busy: &Arc<Busy>,
    incoming: &mut Incoming,
    budget: &Budget,
    announced: Announced,
) -> Result<(), ApiError> {
    if let (Some(length), Some(range)) = (announced.length, announced.range)
        && length != range
    {
        return Err(ApiError::new(ErrorCode::SizeInvalid, format!("`Content-Range` is of {range} bytes, the body has {length}")));
    }
    let Some(range) = announced.range else { return stream(busy, incoming, budget, announced.length, u64::MAX).await.map(drop) };
    let mark = busy.mark()?;
    let received = stream(busy, incoming, budget, Some(range), range).await?;
    match received == range {
        true => Ok(()),
        false => {
            let busy = busy.clone();
            spawn_blocking(move || busy.back_to(mark)).await.map_err(disk)??;
            let more = if received > range { "more" } else { "fewer" };
            Err(ApiError::new(ErrorCode::SizeInvalid, format!("`Content-Range` is of {range} bytes, and {more} came")))
        }
    }
}

/// Takes at least all of a body, or more than `most` of it; how many bytes came.
async fn stream(
    busy: &Arc<Busy>,
    incoming: &mut Incoming,
    budget: &Budget,
    length: Option<u64>,
    most: u64,
) -> Result<u64, ApiError> {
    let mut received: u64 = 0;
    let mut writing = Writing(None);
    let mut rest = Bytes::new();
    loop {
        let hint = length.map_or(LARGEST as u64, |length| length.saturating_sub(received)).clamp(1, LARGEST as u64);
        if rest.is_empty() {
            incoming.restart_clock();
            // Memory is only taken once there is something to put there.
            match incoming.next().await {
                Ok(Some(bytes)) => rest = bytes,
                Ok(None) => break,
                Err(error) => return writing.end().await.and(Err(error)),
            }
            continue;
        }
        let mut chunk = budget.take(hint).await.map_err(disk)?;
        let (mut filled, mut end) = (0, None);
        loop {
            let count = rest.len().min(chunk.len() - filled);
            chunk.room()[filled..filled + count].copy_from_slice(&rest[..count]);
            rest.advance(count);
            filled += count;
            if filled == chunk.len() || end.is_some() {
                break;
            }
            match incoming.next().await {
                Ok(Some(bytes)) => rest = bytes,
                Ok(None) => end = Some(Ok(())),
                Err(error) => end = Some(Err(error)),
            }
        }
        chunk.truncate(filled);
        received += filled as u64;
        writing.end().await?;
        if received > most {
            return Ok(received);
        }
        let busy = busy.clone();
        writing = Writing(Some(spawn_blocking(move || busy.add(chunk.as_ref()))));
        match end {
            Some(Ok(())) => break,
            Some(Err(error)) => return writing.end().await.and(Err(error)),
            None => {}
        }
    }
    writing.end().await?;
    Ok(received)
}

/// A share that is being written. It holds the upload, so that nobody else adds to it before.
struct Writing(Option<JoinHandle<Result<(), ApiError>>>);

impl Writing {
    async fn end(&mut self) -> Result<(), ApiError> {
        match self.0.take() {
            Some(writing) => writing.await.map_err(disk)?,
            None => Ok(()),
        }
    }
}
