use super::*;

const SIZE: usize = 12_000_000;
/// What may have to go twice.
const TWICE: u64 = 8 << 20;

fn answer(status: u16) -> Fault {
    Fault::Answer(status, Vec::new(), "")
}

fn later(status: u16, after: &str) -> Fault {
    Fault::Answer(status, vec![("retry-after", after.to_owned())], "")
}

/// Pushes a large blob while things go wrong, and says what was said about that.
fn survives(registry: &Registry, options: PushOptions) -> Vec<String> {
    let (notes, bytes) = (Notes::default(), noise(SIZE));
    let pusher = pusher_with(registry, None, options, notes.on_event());
    let done = run(pusher.blob(&repository("a"), &Digest::of(&bytes).into(), SIZE as u64, &Source::of_bytes(bytes.clone())));
    assert_eq!(done.unwrap(), Pushed::Sent);
    assert!(registry.state().content[&Digest::of(&bytes).into()] == bytes);
    notes.all()
}

#[test]
fn an_upload_that_is_cut_goes_on_where_it_was() {
    for chunk in [None, Some(5_000_000)] {
        let registry = Registry::new(Manner::default());
        registry.fault("PATCH", "/up/", Fault::Cut(3_000_000), 3);
        assert_eq!(survives(&registry, PushOptions { chunk }).len(), 3);
        assert_eq!(registry.received(), SIZE as u64, "nothing that arrived was sent again");
        let looked = registry.asked().iter().filter(|asked| asked.method == "GET").count();
        assert_eq!((looked, registry.log().iter().filter(|line| line.starts_with("POST")).count()), (3, 1));
    }
}

#[test]
fn an_upload_that_the_registry_forgot_is_begun_again() {
    let registry = Registry::new(Manner::default());
    registry.fault("PATCH", "/up/", Fault::Lost(3_000_000), 2);
    survives(&registry, PushOptions::default());
    assert!(registry.received() <= SIZE as u64 + TWICE);
    let registry = Registry::new(Manner::default());
    // The second piece meets a registry that knows nothing of the first.
    registry.fault("PATCH", "/up/", Fault::Cut(5_000_000), 1);
    registry.fault("GET", "/up/", answer(404), 1);
    survives(&registry, PushOptions::default());
    assert!(registry.received() <= SIZE as u64 + TWICE);
}

#[test]
fn a_registry_that_has_no_time_is_asked_again() {
    for (method, path) in [("HEAD", "/blobs/"), ("POST", "/uploads/"), ("PATCH", "/up/"), ("PUT", "/up/")] {
        for (fault, wait) in [
            (later(429, "1"), "1 s"),
            (answer(429), "0 s"),
            (later(503, "0"), "0 s"),
            (answer(500), "0 s"),
            (answer(502), "0 s"),
            (Fault::Cut(0), "0 s"),
        ] {
            let registry = Registry::new(Manner::default());
            registry.fault(method, path, fault.clone(), if wait == "1 s" { 1 } else { 2 });
            let notes = survives(&registry, PushOptions::default());
            assert!(
                !notes.is_empty() && notes.iter().all(|note| note.ends_with(&format!("({wait})"))),
                "{method} {fault:?}: {notes:?}"
            );
            assert!(registry.received() <= SIZE as u64 + TWICE, "{method} {fault:?}");
        }
    }
}

#[test]
fn a_date_to_come_back_is_seen_from_the_servers_clock() {
    let registry = Registry::new(Manner::default());
    let (date, after) = ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:01 GMT");
    registry.fault("PATCH", "/up/", Fault::Answer(429, vec![("date", date.into()), ("retry-after", after.into())], ""), 1);
    assert_eq!(survives(&registry, PushOptions::default()), ["the server answered 429 (1 s)"]);
}

#[test]
fn a_registry_that_took_less_gets_the_rest() {
    let registry = Registry::new(Manner::default());
    registry.fault("PATCH", "/up/", answer(416), 1);
    survives(&registry, PushOptions::default());
    // It says that it has less than it has: what follows is out of order, and then it is asked.
    let registry = Registry::new(Manner::default());
    registry.fault("PATCH", "/up/", Fault::Header("range", "0-9999999"), 1);
    survives(&registry, PushOptions::default());
    assert!(registry.received() <= SIZE as u64 + TWICE);
}

#[test]
fn an_answer_that_was_lost_does_not_matter() {
    for (method, path) in [("POST", "/uploads/"), ("PATCH", "/up/"), ("PUT", "/up/")] {
        let registry = Registry::new(Manner::default());
        registry.fault(method, path, Fault::Silent, 1);
        survives(&registry, PushOptions::default());
        assert_eq!(registry.received(), SIZE as u64, "{method}");
    }
}

#[test]
fn a_registry_that_stands_still_is_not_waited_for() {
    for (method, path) in [("HEAD", "/blobs/"), ("PATCH", "/up/")] {
        let (registry, notes, bytes) = (Registry::new(Manner::default()), Notes::default(), noise(SIZE));
        registry.fault(method, path, Fault::Stall, 1);
        let options = RegistryOptions { patience: Duration::from_millis(500), ..options(&registry, None) };
        let registries = Registries::new(options).unwrap();
        let pusher = Pusher::new(&registries, &registry.host.parse().unwrap(), PushOptions::default(), notes.on_event()).unwrap();
        let done = run(pusher.blob(&repository("a"), &Digest::of(&bytes).into(), SIZE as u64, &Source::of_bytes(bytes)));
        assert_eq!(done.unwrap(), Pushed::Sent);
        assert!(notes.all()[0].starts_with("nothing happened for "), "{:?}", notes.all());
    }
}

#[test]
fn tries_have_an_end_and_the_next_run_goes_on() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let plan = desk.plan(&registry, "a:1", &desk.index(), &[]);
    registry.fault("PUT", "/manifests/1", answer(500), 5);
    let said = desk.push(&registry, &plan).unwrap_err().to_string();
    let wanted =
        format!("{}: a:1: the server answered 500\nhint: run it once more; what is there already is not sent again", registry.host);
    assert_eq!(said, wanted);
    let before = registry.received();
    let report = desk.push(&registry, &plan).unwrap();
    assert_eq!((registry.received(), report.blobs_sent, report.bytes, report.manifests_sent), (before, 0, 0, 1));
}

#[test]
fn what_a_registry_refuses_is_said_in_its_words_and_tried_once() {
    let denied = r#"{"errors":[{"code":"DENIED","message":"quota of project a exceeded"}]}"#;
    for (method, path, status, body, wanted) in [
        ("POST", "/uploads/", 403, denied, "quota of project a exceeded (DENIED, 403)\nhint: may this account push"),
        ("PATCH", "/up/", 413, "<html><title>413 Too Large</title>", "413 Too Large (it answered 413)\nhint: a quota, or a proxy"),
        ("PUT", "/up/", 507, "", "it answered 507\nhint: the registry has no room"),
        ("POST", "/uploads/", 405, "", "it answered 405\nhint: the registry does not take anything: is it read-only?"),
        (
            "POST",
            "/uploads/",
            404,
            r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#,
            "NAME_UNKNOWN (it answered 404)\nhint: some registries want",
        ),
        ("POST", "/uploads/", 401, "", "it answered 401\nhint: log in first: `podman login 127.0.0.1:"),
    ] {
        let registry = Registry::new(Manner::default());
        registry.fault(method, path, Fault::Answer(status, Vec::new(), body), 9);
        let (digest, source) = (Digest::of(&noise(2_000_000)).into(), Source::of_bytes(noise(2_000_000)));
        let said = run(pusher(&registry).blob(&repository("a"), &digest, 2_000_000, &source)).unwrap_err().to_string();
        assert!(said.starts_with(&format!("{} refuses sha256:", registry.host)) && said.contains(wanted), "{said}");
        assert_eq!(registry.asked().iter().filter(|asked| asked.method == method && asked.path.contains(path)).count(), 1);
    }
}

#[test]
fn another_digest_than_ours_is_an_error() {
    let other = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    for (wrong, path) in [(other, "/up/"), ("sha256:x", "/up/"), (other, "/manifests/1")] {
        let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
        registry.fault("PUT", path, Fault::Header("docker-content-digest", wrong), 1);
        let said = desk.push(&registry, &desk.plan(&registry, "a:1", &desk.platform("amd64"), &[])).unwrap_err().to_string();
        assert!(said.ends_with(&format!("and the registry calls it {wrong}")), "{said}");
        assert!(!registry.state().manifests.contains_key(&("a".into(), "1".into())) || path != "/up/");
    }
}

#[test]
fn a_damaged_blob_is_told_from_one_that_was_damaged_on_its_way() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let plan = desk.plan(&registry, "a:1", &desk.platform("amd64"), &[]);
    registry.fault("PUT", "/up/", Fault::Answer(400, Vec::new(), r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#), 1);
    assert_eq!(desk.push(&registry, &plan).unwrap().blobs_sent, 3, "sent again, for its bytes are right");
    std::fs::write(desk.store.root().join("blobs/sha256").join(Digest::of(b"shared").hex()), b"shaped").unwrap();
    let plan = PushPlan { to: format!("{}/b:1", registry.host).parse().unwrap(), ..plan };
    let said = desk.push(&registry, &plan).unwrap_err().to_string();
    assert!(said.starts_with(&format!("blob {} of the store is damaged", Digest::of(b"shared"))), "{said}");
}
