use super::*;
use lsrepo_store::{Origin as _, Store, StoreError};
use lsrepo_types::Digest;
use object_store::{ObjectStoreExt, PutPayload, memory::InMemory};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};
use tokio::runtime::Runtime;

fn place() -> Place {
    "s3://stack/site/one".parse().unwrap()
}

fn depot() -> Depot {
    Depot::of(Arc::new(InMemory::new()), &place()).unwrap()
}

fn run<T>(asked: impl Future<Output = T>) -> T {
    Runtime::new().unwrap().block_on(asked)
}

#[test]
fn addresses_name_a_bucket_and_what_lies_in_it() {
    for (text, bucket, prefix) in [("s3://a", "a", ""), ("s3://a/", "a", ""), ("s3://a.b-c/d/e_1/", "a.b-c", "d/e_1")] {
        let place: Place = text.parse().unwrap();
        assert_eq!((&*place.bucket, &*place.prefix), (bucket, prefix), "{text}");
        assert_eq!(place.to_string(), text.trim_end_matches('/'));
    }
    for wrong in
        ["s3:/a", "https://a/b", "s3://", "s3:///b", "s3://a//b", "s3://a/../b", "s3://a/./b", "s3://a/b?c", "s3://a b", "s3://a@b"]
    {
        assert!(wrong.parse::<Place>().is_err(), "{wrong}");
    }
}

#[test]
fn a_head_is_read_once_and_replaced_by_whoever_saw_the_last() {
    let depot = depot();
    run(async {
        assert_eq!(depot.head(&Version::default()).await.unwrap(), Found::Nothing);
        depot.put_head(b"one".to_vec(), &Version::default()).await.unwrap();
        let Found::Head(bytes, first) = depot.head(&Version::default()).await.unwrap() else { panic!("there is one") };
        assert_eq!(bytes, "one".as_bytes());
        assert_eq!(depot.head(&first).await.unwrap(), Found::Same);
        let twice = depot.put_head(b"other".to_vec(), &Version::default()).await;
        assert!(matches!(twice, Err(DepotError::Overtaken(_))), "somebody was there before");
        depot.put_head(b"two".to_vec(), &first).await.unwrap();
        assert!(matches!(depot.put_head(b"three".to_vec(), &first).await, Err(DepotError::Overtaken(_))));
        let Found::Head(bytes, _) = depot.head(&first).await.unwrap() else { panic!("there is another") };
        assert_eq!(bytes, "two".as_bytes());
    });
}

#[test]
fn what_was_sent_is_fetched_as_it_was() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(from.path()).unwrap();
    let large: Vec<u8> = (0..20_000_001u32).map(|n| (n >> 3) as u8).collect();
    let blobs: Vec<(Digest, u64)> =
        [&b""[..], b"small", &large].iter().map(|bytes| (store.put(bytes).unwrap(), bytes.len() as u64)).collect();
    let depot = depot();
    let sent = AtomicU64::new(0);
    let on_event = |event: Event<'_>| {
        if let Event::Bytes(bytes) = event {
            sent.fetch_add(bytes, SeqCst);
        }
    };
    run(depot.send(&store, &blobs, &on_event, &AtomicBool::new(false))).unwrap();
    assert_eq!(sent.load(SeqCst), 20_000_006);
    assert_eq!(run(depot.sizes()).unwrap(), blobs.iter().copied().collect());
    let origin = Arc::new(DepotOrigin::new(depot.clone()).unwrap());
    let cache = Store::open_cache(to.path(), origin, Some(1 << 30)).unwrap();
    for (digest, size) in &blobs {
        assert_eq!(cache.size_of(digest).unwrap(), Some(*size));
        assert_eq!(Digest::of(&cache.read(digest, *size).unwrap()), *digest);
    }
    let gone = blobs[1].0;
    run(depot.remove(&[gone, Digest::of(b"was never there")])).unwrap();
    assert_eq!(run(depot.size_of(&gone)).unwrap(), None);
}

#[test]
fn what_is_damaged_in_the_store_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for size in [10, 20_000_000] {
        let digest = store.put(&vec![1; size]).unwrap();
        fs::write(dir.path().join("blobs/sha256").join(digest.hex()), vec![2; size]).unwrap();
        let depot = depot();
        let sent = run(depot.send(&store, &[(digest, size as u64)], &|_| {}, &AtomicBool::new(false)));
        assert!(matches!(sent, Err(DepotError::Store(StoreError::Corrupt { .. }))), "{sent:?}");
        assert!(run(depot.sizes()).unwrap().is_empty());
    }
}

#[test]
fn who_is_told_to_stop_sends_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let digest = store.put(b"small").unwrap();
    let depot = depot();
    let sent = run(depot.send(&store, &[(digest, 5)], &|_| {}, &AtomicBool::new(true)));
    assert!(matches!(sent, Err(DepotError::Stopped)), "{sent:?}");
    assert!(run(depot.sizes()).unwrap().is_empty());
}

#[test]
fn what_is_damaged_in_storage_reaches_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let depot = depot();
    let digest = Digest::of(b"right");
    run(depot.objects.put(&depot.blob(&digest), PutPayload::from_static(b"wrong"))).unwrap();
    let good = run(depot.put(b"good".to_vec())).unwrap();
    assert_eq!(run(depot.check(&[good, digest], &|_| {})).unwrap(), [digest]);
    let cache = Store::open_cache(dir.path(), Arc::new(DepotOrigin::new(depot).unwrap()), Some(1 << 30)).unwrap();
    assert!(cache.read(&digest, 100).unwrap_err().to_string().contains(&digest.to_string()));
    assert_eq!(cache.own_size_of(&digest).unwrap(), None);
}

#[test]
fn a_part_is_read_without_the_rest() {
    let depot = depot();
    let digest = run(depot.put(b"0123456789".to_vec())).unwrap();
    let origin = DepotOrigin::new(depot).unwrap();
    let mut part = [0; 4];
    assert_eq!(origin.read_at(&digest, &mut part, 3).unwrap(), 4);
    assert_eq!(&part, b"3456");
    assert_eq!(origin.read_at(&digest, &mut part, 8).unwrap(), 2);
    assert!(origin.read_at(&Digest::of(b"other"), &mut part, 0).is_err());
}

#[test]
fn what_leads_nowhere_is_refused_before_anything_is_asked() {
    let access = Access { endpoint: Some("storage:9000".into()), ..Access::default() };
    assert!(Depot::open(&place(), &access).unwrap_err().to_string().contains("no endpoint"));
    let access = Access { ca: Some(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_vec()), ..Access::default() };
    assert!(Depot::open(&place(), &access).is_err());
}

#[test]
fn signed_addresses_name_the_object_and_no_secret() {
    let access = Access {
        endpoint: Some("http://127.0.0.1:9000".into()),
        key_id: "us".into(),
        secret: "only we know".into(),
        ..Access::default()
    };
    let depot = Depot::open(&place(), &access).unwrap();
    let digest = Digest::of(b"x");
    let address = run(depot.address_of(&digest)).unwrap();
    assert!(address.starts_with(&format!("http://127.0.0.1:9000/stack/site/one/blobs/sha256/{}?", digest.hex())), "{address}");
    assert!(address.contains("X-Amz-Signature=") && !address.contains("only"), "{address}");
}
