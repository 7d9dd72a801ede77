use super::*;

fn blob(bytes: &[u8]) -> (AnyDigest, u64, Source) {
    (Digest::of(bytes).into(), bytes.len() as u64, Source::of_bytes(bytes.to_vec()))
}

fn send(pusher: &Pusher, name: &str, bytes: &[u8]) -> Result<Pushed, FetchError> {
    let (digest, size, source) = blob(bytes);
    run(pusher.blob(&repository(name), &digest, size, &source))
}

#[test]
fn a_large_blob_is_streamed_and_a_small_one_goes_with_its_name() {
    let registry = Registry::new(Manner::default());
    let (pusher, large) = (pusher(&registry), noise(3_000_000));
    assert_eq!(send(&pusher, "a/b", &large).unwrap(), Pushed::Sent);
    assert_eq!(registry.log(), ["HEAD /v2/a/b/blobs/<digest>", "POST /v2/a/b/blobs/uploads/", "PATCH /up/a/b:1", "PUT /up/a/b:1"]);
    let patch = registry.asked()[2].clone();
    assert_eq!((patch.header("content-length"), patch.header("content-range")), (Some("3000000"), None));
    assert_eq!(registry.asked()[1].header("content-length"), Some("0"));
    assert_eq!(registry.state().content[&Digest::of(&large).into()], large);
    assert_eq!(send(&pusher, "a/b", b"small").unwrap(), Pushed::Sent);
    assert_eq!(registry.log()[4..], ["HEAD /v2/a/b/blobs/<digest>", "POST /v2/a/b/blobs/uploads/", "PUT /up/a/b:2"]);
    assert_eq!(send(&pusher, "a/b", b"").unwrap(), Pushed::Sent);
    assert_eq!((pusher.bytes_sent(), registry.received()), (3_000_005, 3_000_005));
}

#[test]
fn pieces_are_as_large_as_the_registry_wants_them() {
    for (least, pieces) in [(None, 8), (Some(1_500_000), 2)] {
        let registry = Registry::new(Manner { least, ..Manner::default() });
        let options = PushOptions { chunk: Some(400_000) };
        let (pusher, large) = (pusher_with(&registry, None, options, silent()), noise(3_000_000));
        send(&pusher, "a", &large).unwrap();
        let ranges: Vec<_> = registry.asked().iter().filter_map(|asked| asked.header("content-range").map(str::to_owned)).collect();
        assert_eq!((ranges.len(), registry.received()), (pieces, 3_000_000));
        assert_eq!(ranges.last().unwrap().split('-').next_back(), Some("2999999"));
    }
}

#[test]
fn what_is_there_is_not_read() {
    let registry = Registry::new(Manner::default());
    send(&pusher(&registry), "a", b"bytes").unwrap();
    let unreadable = Source::new(|_| Err(std::io::Error::other("it was read")));
    let pusher = pusher(&registry);
    let again = run(pusher.blob(&repository("a"), &Digest::of(b"bytes").into(), 5, &unreadable));
    assert_eq!(again.unwrap(), Pushed::Present);
    let elsewhere = run(pusher.blob(&repository("b"), &Digest::of(b"bytes").into(), 5, &unreadable));
    assert_eq!(elsewhere.unwrap(), Pushed::Mounted);
    let post = registry.asked().into_iter().rfind(|asked| asked.method == "POST").unwrap();
    assert_eq!(post.path, format!("/v2/b/blobs/uploads/?mount=sha256%3A{}&from=a", Digest::of(b"bytes").hex()));
}

#[test]
fn a_mount_that_comes_to_nothing_is_an_upload() {
    let registry = Registry::new(Manner { mounts_nothing: true, ..Manner::default() });
    let pusher = pusher(&registry);
    send(&pusher, "a", b"bytes").unwrap();
    assert_eq!(send(&pusher, "b", b"bytes").unwrap(), Pushed::Sent);
    assert_eq!(registry.log()[3..], ["HEAD /v2/b/blobs/<digest>", "POST /v2/b/blobs/uploads/", "PUT /up/b:2"]);
    // Forbidden to mount is not forbidden to push.
    registry.fault("POST", "/c/blobs/uploads/?mount", Fault::Answer(403, Vec::new(), ""), 1);
    assert_eq!(send(&pusher, "c", b"bytes").unwrap(), Pushed::Sent);
}

#[test]
fn two_that_want_the_same_send_it_once() {
    let registry = Registry::new(Manner::default());
    let (pusher, large) = (pusher(&registry), noise(2_000_000));
    let (digest, size, source) = blob(&large);
    let place = repository("a");
    let (one, other) =
        run(async { tokio::join!(pusher.blob(&place, &digest, size, &source), pusher.blob(&place, &digest, size, &source)) });
    assert_eq!((one.unwrap(), other.unwrap()), (Pushed::Sent, Pushed::Present));
    assert_eq!((registry.received(), send(&pusher, "a", &large).unwrap()), (2_000_000, Pushed::Present));
}

#[test]
fn an_upload_goes_where_the_registry_says() {
    for location in ["/up/{id}?_state=a%2Fb", "http://{host}/up/{id}?_state=a%2Fb", "//{host}/up/{id}?_state=a%2Fb&x"] {
        let registry = Registry::new(Manner { location: Some(location), ..Manner::default() });
        send(&pusher(&registry), "a/b", &noise(2_000_000)).unwrap();
        assert_eq!(registry.state().blobs.len(), 1, "{location}");
    }
    let registry = Registry::new(Manner { location: Some("ftp://x/"), ..Manner::default() });
    let said = send(&pusher(&registry), "a", b"x").unwrap_err().to_string();
    assert!(said.ends_with("it says no place to send it to"), "{said}");
}

#[test]
fn a_blob_may_have_a_sha512() {
    let registry = Registry::new(Manner::default());
    let digest = AnyDigest::Sha512(lsrepo_types::Sha512::of(b"bytes"));
    // Old registries answer with another kind of digest, which says nothing about this one.
    registry.fault(
        "PUT",
        "/up/",
        Fault::Header("docker-content-digest", "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        1,
    );
    let done = run(pusher(&registry).blob(&repository("a"), &digest, 5, &Source::of_bytes("bytes")));
    assert_eq!(done.unwrap(), Pushed::Sent);
    assert!(registry.state().content.contains_key(&digest));
}
