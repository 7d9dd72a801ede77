//! Where the bytes of a blob are read from, as often as they are sent.

use bytes::Bytes;
use futures_util::stream;
use lsrepo_oci::AnyDigest;
use lsrepo_store::Store;
use lsrepo_types::{Digest, Hasher, Sha512Hasher};
use std::{
    io::{self, Cursor, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::task::spawn_blocking;

/// Bytes that are read at once.
const PIECE: u64 = 256 << 10;

type Open = dyn Fn(u64) -> io::Result<Box<dyn Read + Send>> + Send + Sync;

/// Bytes that can be read again from any place on.
#[derive(Clone)]
pub struct Source(Arc<Open>);

impl Source {
    /// What this opens at an offset.
    pub fn new(open: impl Fn(u64) -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    /// A blob of a store.
    pub fn of_store(store: &Store, digest: Digest) -> Self {
        let store = store.clone();
        Self::new(move |offset| {
            let mut file = store.open_blob(&digest).map_err(io::Error::other)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(Box::new(file))
        })
    }

    /// Bytes in memory.
    pub fn of_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(move |offset| {
            let mut bytes = Cursor::new(bytes.clone());
            bytes.set_position(offset);
            Ok(Box::new(bytes))
        })
    }

    /// A body of the bytes from `from` up to `to`, read piece by piece while it is sent.
    pub(super) fn body(&self, from: u64, to: u64, sent: Arc<AtomicU64>, seen: Arc<dyn Fn(u64) + Send + Sync>) -> reqwest::Body {
        let open = self.0.clone();
        let next = move |(reader, left): (Option<Box<dyn Read + Send>>, u64)| {
            let (open, sent, seen) = (open.clone(), sent.clone(), seen.clone());
            async move {
                if left == 0 {
                    return Ok::<_, io::Error>(None);
                }
                let read = move || {
                    let mut reader = reader.map_or_else(|| open(from), Ok)?;
                    let mut piece = vec![0; left.min(PIECE) as usize];
                    reader.read_exact(&mut piece)?;
                    Ok::<_, io::Error>((piece, reader))
                };
                let (piece, reader) = spawn_blocking(read).await.map_err(io::Error::other)??;
                let length = piece.len() as u64;
                sent.fetch_add(length, Ordering::Relaxed);
                seen(length);
                Ok(Some((Bytes::from(piece), (Some(reader), left - length))))
            }
        };
        reqwest::Body::wrap_stream(stream::try_unfold((None, to - from), next))
    }

    /// Whether the bytes have that digest and size.
    pub(super) async fn is(&self, digest: AnyDigest, size: u64) -> io::Result<bool> {
        let open = self.0.clone();
        let check = move || {
            let (mut reader, mut buffer, mut length) = (open(0)?, vec![0; PIECE as usize], 0);
            let (mut sha256, mut sha512) = (Hasher::new(), Sha512Hasher::new());
            loop {
                let read = reader.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                length += read as u64;
                match digest {
                    AnyDigest::Sha256(_) => sha256.update(&buffer[..read]),
                    AnyDigest::Sha512(_) => sha512.update(&buffer[..read]),
                }
            }
            let same = match digest {
                AnyDigest::Sha256(wanted) => sha256.finish() == wanted,
                AnyDigest::Sha512(wanted) => sha512.finish() == wanted,
            };
            Ok(same && length == size)
        };
        spawn_blocking(check).await.map_err(io::Error::other)?
    }
}
