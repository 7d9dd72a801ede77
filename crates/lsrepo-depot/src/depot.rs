//! The depot itself: its head, and its blobs.

use crate::{Access, DepotError, Event, Listener, Place, access::whole, upload};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use lsrepo_store::Store;
use lsrepo_types::{Digest, Hasher};
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion, path::Path, signer::Signer,
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// No head is larger, in bytes.
const MOST_HEAD: u64 = 16 << 20;
/// Blobs that are sent, or removed, at once.
const AT_ONCE: usize = 6;
/// How long a signed address is good: a large stack over a slow line takes long.
const GOOD_FOR: Duration = Duration::from_secs(12 * 3600);

/// A store in object storage. Cloning shares it.
#[derive(Clone)]
pub struct Depot {
    pub(crate) objects: Arc<dyn ObjectStore>,
    signer: Option<Arc<dyn Signer>>,
    place: String,
    prefix: Path,
}

/// Which head was found; another one may be written only in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version(Option<(Option<String>, Option<String>)>);

/// What a question for the head brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// the one that is known already
    Same,
    /// there is none: nothing was ever put there
    Nothing,
    /// another one
    Head(Bytes, Version),
}

impl Depot {
    /// The depot at a place. Nothing is asked yet.
    pub fn open(place: &Place, access: &Access) -> Result<Self, DepotError> {
        let client = Arc::new(access.client(place)?);
        let mut depot = Self::of(client.clone(), place)?;
        depot.signer = Some(client);
        Ok(depot)
    }

    /// A depot in any storage.
    pub(crate) fn of(objects: Arc<dyn ObjectStore>, place: &Place) -> Result<Self, DepotError> {
        let prefix = Path::parse(&place.prefix).map_err(|error| DepotError::Access(error.to_string()))?;
        Ok(Self { objects, signer: None, place: place.to_string(), prefix })
    }

    /// `s3://bucket/prefix`
    pub fn name(&self) -> &str {
        &self.place
    }

    fn head_path(&self) -> Path {
        self.prefix.clone().join("head")
    }

    fn blobs(&self) -> Path {
        self.prefix.clone().join("blobs").join("sha256")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> Path {
        self.blobs().join(digest.hex())
    }

    pub(crate) fn said(&self, path: &Path, error: &object_store::Error) -> DepotError {
        let place = self.place.strip_suffix(self.prefix.as_ref()).unwrap_or(&self.place).trim_end_matches('/');
        DepotError::Storage { place: format!("{place}/{path}"), why: whole(error) }
    }

    /// Reads the head, where it is not the one that is known.
    pub async fn head(&self, known: &Version) -> Result<Found, DepotError> {
        let path = self.head_path();
        let if_none_match = known.0.as_ref().and_then(|(tag, _)| tag.clone());
        let options = GetOptions { if_none_match, ..GetOptions::default() };
        let answer = match self.objects.get_opts(&path, options).await {
            Err(object_store::Error::NotModified { .. }) => return Ok(Found::Same),
            Err(object_store::Error::NotFound { .. }) => return Ok(Found::Nothing),
            other => other.map_err(|error| self.said(&path, &error))?,
        };
        if answer.meta.size > MOST_HEAD {
            let why = format!("it has {} bytes: this is no head", answer.meta.size);
            return Err(DepotError::Storage { place: format!("{}/head", self.place), why });
        }
        let version = Version(Some((answer.meta.e_tag.clone(), answer.meta.version.clone())));
        // Some servers send it again though we have it.
        if version == *known && answer.meta.e_tag.is_some() {
            return Ok(Found::Same);
        }
        let bytes = answer.bytes().await.map_err(|error| self.said(&path, &error))?;
        Ok(Found::Head(bytes, version))
    }

    /// Writes the head in the place of the one that was found. What it names must be there already.
    pub async fn put_head(&self, bytes: Vec<u8>, instead_of: &Version) -> Result<(), DepotError> {
        let path = self.head_path();
        let mode = match &instead_of.0 {
            None => PutMode::Create,
            Some((e_tag, version)) => PutMode::Update(UpdateVersion { e_tag: e_tag.clone(), version: version.clone() }),
        };
        let (options, payload) = (PutOptions { mode, ..PutOptions::default() }, PutPayload::from(bytes));
        match self.objects.put_opts(&path, payload.clone(), options).await {
            Ok(_) => Ok(()),
            // Some servers know no conditions. There two who write at the same time are not told.
            Err(error) if whole(&error).contains("NotImplemented") => {
                self.objects.put(&path, payload).await.map(|_| ()).map_err(|error| self.said(&path, &error))
            }
            Err(object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. }) => {
                Err(DepotError::Overtaken(self.place.clone()))
            }
            Err(error) => Err(self.said(&path, &error)),
        }
    }

    /// The blobs that are there and how long they are. What else lies there is none of ours.
    pub async fn sizes(&self) -> Result<BTreeMap<Digest, u64>, DepotError> {
        let mut sizes = BTreeMap::new();
        let blobs = self.blobs();
        let mut all = self.objects.list(Some(&blobs));
        while let Some(one) = all.try_next().await.map_err(|error| self.said(&blobs, &error))? {
            if let Some(digest) = one.location.filename().and_then(|name| Digest::from_hex(name).ok()) {
                sizes.insert(digest, one.size);
            }
        }
        Ok(sizes)
    }

    /// Sends blobs of a store. Each is hashed on its way; one that is damaged never gets its name. Where `stop` becomes true, or
    /// one fails, what was begun is given up in order: the server keeps parts of what nobody gave up.
    pub async fn send(
        &self,
        store: &Store,
        blobs: &[(Digest, u64)],
        on_event: &Listener<'_>,
        stop: &AtomicBool,
    ) -> Result<(), DepotError> {
        let sent = blobs.iter().map(|(digest, size)| async move {
            let done = upload::send(self, store, (*digest, *size), on_event, stop).await;
            if done.is_err() {
                stop.store(true, Relaxed);
            }
            done
        });
        let all: Vec<Result<(), DepotError>> = stream::iter(sent).buffer_unordered(AT_ONCE).collect().await;
        // The first that failed says why; the others only stopped.
        let mut failed: Vec<DepotError> = all.into_iter().filter_map(Result::err).collect();
        failed.sort_by_key(|error| matches!(error, DepotError::Stopped));
        failed.into_iter().next().map_or(Ok(()), Err)
    }

    /// Sends a small blob.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Digest, DepotError> {
        let digest = Digest::of(&bytes);
        let path = self.blob(&digest);
        self.objects.put(&path, PutPayload::from(bytes)).await.map_err(|error| self.said(&path, &error))?;
        Ok(digest)
    }

    /// Reads blobs, and names those that are not what they should be.
    pub async fn check(&self, blobs: &[Digest], on_event: &Listener<'_>) -> Result<Vec<Digest>, DepotError> {
        let checked = blobs.iter().map(|digest| async move {
            on_event(Event::Blob(digest));
            let path = self.blob(digest);
            let said = |error| self.said(&path, &error);
            let mut stream = self.objects.get(&path).await.map_err(said)?.into_stream();
            let mut hasher = Hasher::new();
            while let Some(bytes) = stream.try_next().await.map_err(said)? {
                hasher.update(&bytes);
                on_event(Event::Bytes(bytes.len() as u64));
            }
            Ok::<_, DepotError>((hasher.finish() != *digest).then_some(*digest))
        });
        let bad: Vec<Option<Digest>> = stream::iter(checked).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(bad.into_iter().flatten().collect())
    }

    /// Removes blobs.
    pub async fn remove(&self, blobs: &[Digest]) -> Result<(), DepotError> {
        let removed = blobs.iter().map(|digest| async move {
            let path = self.blob(digest);
            match self.objects.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.said(&path, &error)),
            }
        });
        stream::iter(removed).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    /// How long a blob is; none where there is none.
    pub async fn size_of(&self, digest: &Digest) -> Result<Option<u64>, DepotError> {
        let path = self.blob(digest);
        match self.objects.head(&path).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.said(&path, &error)),
        }
    }

    /// An address from which anybody can fetch a blob for some hours.
    pub async fn address_of(&self, digest: &Digest) -> Result<String, DepotError> {
        let path = self.blob(digest);
        let Some(signer) = &self.signer else { return Err(DepotError::Access("it signs no addresses".to_owned())) };
        let url = signer.signed_url(Method::GET, &path, GOOD_FOR).await;
        url.map(|url| url.to_string()).map_err(|error| self.said(&path, &error))
    }
}

impl fmt::Debug for Depot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Depot").field(&self.place).finish()
    }
}
