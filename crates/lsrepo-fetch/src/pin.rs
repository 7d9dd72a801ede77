//! Files that an index names by another checksum than SHA-256: fetched to learn the digest that names them here.

use crate::{
    Client, FetchError,
    checksum::Sum,
    client::{Ask, shown},
};
use lsrepo_rpm::Checksum;
use lsrepo_store::Store;
use lsrepo_types::Digest;

/// The largest file of which no size is known.
const MOST: u64 = 16 << 30;

/// Fetches a file into the store from the first address that gives it; tells digest and size.
pub async fn pin(
    client: &Client,
    store: &Store,
    urls: &[String],
    checksum: &Checksum,
    size: Option<u64>,
) -> Result<(Digest, u64), FetchError> {
    let mut attempts = Vec::new();
    for url in urls {
        match one(client, store, url, checksum, size).await {
            Ok(pinned) => return Ok(pinned),
            Err(error @ FetchError::Store(_)) => return Err(error),
            Err(error) => attempts.push(error.to_string()),
        }
    }
    let name = urls.first().and_then(|url| url.rsplit('/').next()).unwrap_or_default().to_owned();
    Err(FetchError::All { name, attempts })
}

async fn one(
    client: &Client,
    store: &Store,
    url: &str,
    checksum: &Checksum,
    size: Option<u64>,
) -> Result<(Digest, u64), FetchError> {
    let content = |why: String| FetchError::Content { url: shown(url), why };
    let mut sum = Sum::new(checksum.kind())
        .ok_or_else(|| content(format!("its index has only a {} checksum of it", checksum.kind().word())))?;
    let mut answer = client.ask_again(url, &Ask::default()).await?;
    if answer.status != 200 {
        return Err(FetchError::Status { url: shown(url), status: answer.status });
    }
    let (mut writer, mut received) = (store.writer()?, 0);
    while let Some(chunk) = answer.chunk().await.map_err(|why| FetchError::Network { url: shown(url), why })? {
        received += chunk.len() as u64;
        if received > size.unwrap_or(MOST) {
            return Err(content("it is larger than it should be".to_owned()));
        }
        sum.update(&chunk);
        writer.add(&chunk)?;
    }
    if size.is_some_and(|size| size != received) || !sum.is(checksum) {
        return Err(content(format!("it is not what its index lists ({}:{})", checksum.kind().word(), checksum.hex())));
    }
    let pending = writer.finish();
    let pinned = (pending.digest, pending.size);
    store.commit(vec![pending])?;
    Ok(pinned)
}
