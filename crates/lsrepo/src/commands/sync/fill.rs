//! From this store into object storage: what is shown and how it is published, for servers that have nothing else.

use crate::{
    cli::SyncArgs,
    commands::{gc, runtime},
    context::Context,
    failure::unsatisfied,
    head::{Head, Piece, Publication, Signed},
    output, prepared,
    progress::Task,
    shelves,
    site::{self, kept},
    snapshots::{self, Snapshot},
    storage,
};
use anyhow::{Context as _, Result};
use lsrepo_depot::{Depot, DepotError, Event, Found, Listener, Place, Version};
use lsrepo_sign::SecretKey;
use lsrepo_store::{Guard, Store};
use lsrepo_types::{Bytes, Count, Digest};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Everything that is to be there.
struct Wanted {
    head: Head,
    blobs: BTreeMap<Digest, u64>,
    /// what is published, which is no blob of the store
    document: Vec<u8>,
}

pub(super) fn run(context: &Context, args: &SyncArgs, to: &Place) -> Result<()> {
    let depot = storage::depot(to, &args.s3, &Default::default())?;
    let store = context.store()?;
    let (snapshot, _guard) = published(context, &store)?;
    let wanted = Wanted::of(context, &store, &snapshot)?;
    let (key, runtime) = (context.key()?, runtime()?);
    runtime.block_on(async {
        // In this order: whoever removes something does it after his own head is there.
        let (version, there) = match depot.head(&Version::default()).await? {
            Found::Head(bytes, version) => (version, Some(replaced(context, &depot, &wanted, args, &bytes)?)),
            Found::Same | Found::Nothing => (Version::default(), None),
        };
        let sizes = depot.sizes().await?;
        let damaged = match args.verify {
            true => check(context, &depot, &wanted, &sizes).await?,
            false => Vec::new(),
        };
        let is_there = |digest: &Digest, size: &u64| sizes.get(digest) == Some(size) && !damaged.contains(digest);
        let absent: Vec<(Digest, u64)> =
            wanted.blobs.iter().filter(|(digest, size)| !is_there(digest, size)).map(|(digest, size)| (*digest, *size)).collect();
        let bytes: u64 = absent.iter().map(|(_, size)| size).sum();
        let extra = match args.delete {
            true => extra(context, &store, &wanted, there.as_ref(), sizes.keys())?,
            false => Vec::new(),
        };
        if args.dry_run {
            let text = format!(
                "to send: {} blobs, {}; to remove: {} blobs\n",
                Count(absent.len() as u64),
                Bytes(bytes),
                Count(extra.len() as u64)
            );
            return output::write(text.as_bytes());
        }
        let task = Arc::new(context.progress.task("sync", bytes));
        let on_event = transfers(&task);
        let stop = AtomicBool::new(false);
        let mut sending = pin!(send(&depot, &store, (&wanted, &key), &absent, &version, (&on_event, &stop)));
        let sent = tokio::select! {
            done = &mut sending => done,
            _ = tokio::signal::ctrl_c() => {
                stop.store(true, Relaxed);
                sending.await
            }
        };
        match sent {
            Err(error) if matches!(error.downcast_ref(), Some(DepotError::Stopped)) => anyhow::bail!(
                "interrupted; what is shown there is as it was\nhint: run the same command again; what was sent is not sent again"
            ),
            other => other?,
        }
        task.finish();
        depot.remove(&extra).await?;
        let removed = if extra.is_empty() { String::new() } else { format!("; {} removed", Count(extra.len() as u64)) };
        context.progress.note(&format!(
            "{to}: snapshot {}, {} blobs new ({}), {} were there{removed}",
            snapshot.number,
            Count(absent.len() as u64),
            Bytes(bytes),
            Count((wanted.blobs.len() - absent.len()) as u64)
        ));
        Ok(())
    })
}

/// Blobs that are there and are not what they should be.
async fn check(context: &Context, depot: &Depot, wanted: &Wanted, sizes: &BTreeMap<Digest, u64>) -> Result<Vec<Digest>> {
    let there: Vec<Digest> = wanted.blobs.keys().filter(|digest| sizes.contains_key(digest)).copied().collect();
    let task = Arc::new(context.progress.task("verify", there.iter().filter_map(|digest| sizes.get(digest)).sum()));
    let damaged = depot.check(&there, &transfers(&task)).await?;
    task.finish();
    for digest in &damaged {
        context.progress.warn(&format!("{}: blob {digest} is damaged there; it is sent again", depot.name()));
    }
    Ok(damaged)
}

fn transfers(task: &Arc<Task>) -> impl Fn(Event<'_>) + Send + Sync {
    let task = task.clone();
    move |event| match event {
        Event::Blob(digest) => task.item(&digest.hex()[..12]),
        Event::Bytes(bytes) => task.advance(bytes),
        _ => {}
    }
}

/// The blobs first, then the head that names them.
async fn send(
    depot: &Depot,
    store: &Store,
    (wanted, key): (&Wanted, &SecretKey),
    absent: &[(Digest, u64)],
    instead_of: &Version,
    (on_event, stop): (&Listener<'_>, &AtomicBool),
) -> Result<()> {
    depot.send(store, absent, on_event, stop).await?;
    depot.put(wanted.document.clone()).await?;
    let sizes = depot.sizes().await?;
    if let Some(digest) = wanted.blobs.iter().find(|(digest, size)| sizes.get(digest) != Some(size)).map(|(digest, _)| digest) {
        return Err(unsatisfied(format!(
            "{}: blob {digest} is not there any more; what is shown there is as it was\nhint: does another machine write there too? run it again",
            depot.name()
        )));
    }
    if stop.load(Relaxed) {
        return Err(DepotError::Stopped.into());
    }
    depot.put_head(wanted.head.sign(key)?, instead_of).await?;
    Ok(())
}

/// What is shown, published; from now on nobody changes the store.
fn published(context: &Context, store: &Store) -> Result<(Snapshot, Guard)> {
    let shown = || -> Result<Snapshot> {
        let snapshot = snapshots::shown(store)?;
        match snapshot.date {
            Some(_) => Ok(snapshot),
            None => Err(unsatisfied(
                "the store shows nothing yet\nhint: `lsrepo import BUNDLE`, or `lsrepo prepare` and `lsrepo serve`",
            )),
        }
    };
    if !shelves::are_all_there(store)? {
        return Err(unsatisfied(
            "a bundle that is used where it lies cannot be read\nhint: bring the media back, or `lsrepo bundle forget`",
        ));
    }
    loop {
        let snapshot = shown()?;
        let guard = context.alone(store)?;
        site::show(context, store, &snapshot, None)?;
        drop(guard);
        let guard = context.undisturbed(store)?;
        if shown()? == snapshot {
            return Ok((snapshot, guard));
        }
    }
}

impl Wanted {
    fn of(context: &Context, store: &Store, snapshot: &Snapshot) -> Result<Self> {
        let document = store.read_document(&kept::path(snapshot)?)?.context("what is published cannot be kept in this store")?;
        let date = snapshot.date.context("a snapshot that is shown has a date")?;
        let (mut sets, mut blobs) = (BTreeMap::new(), BTreeMap::new());
        for (name, digest) in &snapshot.roots {
            let (set, pieces) = prepared::pieces_of(store, name, digest)?;
            blobs.extend(pieces.iter().chain([&set]).map(|piece| (piece.digest, piece.size)));
            sets.insert(name.clone(), set);
        }
        for digest in kept::blobs_in(store, &document)? {
            let size = store.size_of(&digest)?.with_context(|| format!("the store lacks blob {digest}"))?;
            blobs.insert(digest, size);
        }
        let piece = Piece { digest: Digest::of(&document), size: document.len() as u64 };
        let mut head = Head::new(snapshot.number, date, sets);
        head.publication = Some(Publication { document: piece, ca: crate::authority::certificate(context)? });
        Ok(Self { head, blobs, document })
    }
}

/// The head that is there, which ours may replace: it is older, and of the same signer or of one that is trusted.
fn replaced(context: &Context, depot: &Depot, wanted: &Wanted, args: &SyncArgs, bytes: &[u8]) -> Result<Head> {
    let there = Signed::parse(bytes, depot.name(), &context.trusted()?, context.now)?;
    if args.older {
        return Ok(there.head);
    }
    if !there.trusted {
        return Err(unsatisfied(format!(
            "{}: what is shown there was signed by {}, who is not trusted here\nhint: is this the right place? --older replaces it",
            depot.name(),
            there.signer
        )));
    }
    if there.head.date > wanted.head.date {
        return Err(unsatisfied(format!(
            "{}: what is shown there is of {}, and ours of {}: servers would refuse it\nhint: --older puts it there all the same",
            depot.name(),
            there.head.date,
            wanted.head.date
        )));
    }
    Ok(there.head)
}

/// What lies there and no snapshot of this store needs; nothing where it is not known what servers still show.
fn extra<'a>(
    context: &Context,
    store: &Store,
    wanted: &Wanted,
    replaced: Option<&Head>,
    there: impl Iterator<Item = &'a Digest>,
) -> Result<Vec<Digest>> {
    let live: BTreeSet<Digest> = gc::live(store, Duration::MAX)?;
    let documents: BTreeSet<Digest> = kept::documents(store)?;
    let shown = replaced.and_then(|head| head.publication.as_ref()).map(|publication| publication.document.digest);
    if shown.is_some_and(|shown| !documents.contains(&shown)) {
        context
            .progress
            .warn("what servers show until they see the new head is not known here: nothing is removed now\nhint: run it again");
        return Ok(Vec::new());
    }
    let is_needed = |digest: &&Digest| live.contains(*digest) || documents.contains(*digest) || wanted.blobs.contains_key(*digest);
    Ok(there.filter(|digest| !is_needed(digest)).copied().collect())
}
