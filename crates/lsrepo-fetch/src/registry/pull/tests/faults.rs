use super::*;

const SIZE: usize = 12_000_000;
/// What may have to come twice.
const TWICE: u64 = 8 << 20;

/// A registry with one image of a large layer.
fn large(manner: Manner) -> (Registry, Value) {
    let registry = Registry::new(manner);
    let config = blob(&registry, media_type::IMAGE_CONFIG, br#"{"os":"linux","architecture":"amd64"}"#);
    let layer = blob(&registry, LAYER, &noise(SIZE));
    manifest(&registry, media_type::MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": [layer]}), "1");
    (registry, layer)
}

/// Pulls while things go wrong: everything arrives, and little comes twice.
fn survives(registry: &Registry, layer: &Value, desk: &Desk) {
    let pulled = desk.pull(&name(registry, ":1")).unwrap();
    desk.fetch(&pulled).unwrap();
    assert!(desk.has(layer));
    let given = registry.state().given;
    assert!(given <= SIZE as u64 + TWICE, "{given} bytes");
}

fn answer(status: u16) -> Fault {
    Fault::Answer(status, Vec::new(), "")
}

fn later(status: u16, after: &str) -> Fault {
    Fault::Answer(status, vec![("retry-after", after.to_owned())], "")
}

#[test]
fn a_blob_that_is_cut_goes_on_where_it_was() {
    let (registry, layer) = large(Manner::default());
    let digest = layer["digest"].as_str().unwrap();
    registry.fault("GET", "/blobs/", Fault::Short(3_000_000), 4);
    survives(&registry, &layer, &Desk::new(&registry));
    let ranges: Vec<String> = registry
        .asked()
        .iter()
        .filter(|asked| asked.path.ends_with(digest))
        .filter_map(|asked| asked.header("range").map(str::to_owned))
        .collect();
    assert!(ranges.contains(&"bytes=3000000-".to_owned()), "{ranges:?}");
}

#[test]
fn a_registry_that_knows_no_ranges_is_read_again() {
    let (registry, layer) = large(Manner::default());
    registry.fault("GET", "/blobs/", Fault::Short(3_000_000), 2);
    registry.fault("GET", "/blobs/", Fault::Whole, 9);
    survives(&registry, &layer, &Desk::new(&registry));
}

#[test]
fn a_registry_that_has_no_time_or_loses_answers_is_asked_again() {
    for path in ["/manifests/", "/blobs/"] {
        let lost = [Fault::Silent, Fault::Short(10), Fault::Corrupt];
        let busy = [later(429, "0"), answer(429), later(503, "0"), answer(503), answer(500), answer(502)];
        // A large blob that was spoilt is told apart from its whole: that has its own story.
        let spoilt = |fault: &Fault| path == "/blobs/" && matches!(fault, Fault::Corrupt);
        for fault in lost.into_iter().chain(busy).filter(|fault| !spoilt(fault)) {
            let (registry, layer) = large(Manner::default());
            registry.fault("GET", path, fault.clone(), 2);
            let desk = Desk::new(&registry);
            survives(&registry, &layer, &desk);
            assert!(!desk.notes.all().is_empty(), "{path} {fault:?}");
        }
    }
}

#[test]
fn corrupt_bytes_are_thrown_away_and_fetched_again() {
    let (registry, layer) = large(Manner::default());
    registry.fault("GET", "/blobs/", Fault::Corrupt, 1);
    let desk = Desk::new(&registry);
    let pulled = desk.pull(&name(&registry, ":1")).unwrap();
    desk.fetch(&pulled).unwrap();
    assert!(desk.has(&layer));
    // Where the registry itself is damaged, it is said after the second time.
    let (registry, _) = large(Manner::default());
    registry.fault("GET", "/blobs/", Fault::Corrupt, 99);
    let desk = Desk::new(&registry);
    let pulled = desk.pull(&name(&registry, ":1")).unwrap();
    let error = desk.fetch(&pulled).unwrap_err();
    assert!(error.is_answer() && error.to_string().contains("expected sha256:"), "{error}");
    assert!(registry.log().iter().filter(|line| line.contains("/blobs/")).count() <= 4, "each twice");
}

#[test]
fn a_token_that_ends_in_the_middle_is_renewed() {
    let (registry, layer) = large(Manner { login: Some(("me:secret", true)), ..Manner::default() });
    let mut desk = Desk::new(&registry);
    desk.options.logins.insert(registry.host.parse().unwrap(), Login::Password { user: "me".into(), password: "secret".into() });
    let registries = desk.registries();
    let pulled = run(pull(&registries, &desk.store, &Desk::request(&name(&registry, ":1")), desk.notes.on_event())).unwrap();
    registry.fault("GET", "/blobs/", Fault::Short(3_000_000), 2);
    registry.expire();
    let client = Client::new(ClientOptions { first_wait: Duration::from_millis(1), ..ClientOptions::default() }).unwrap();
    let plan = image_downloads(&registries, &pulled).unwrap();
    run(download(&client.with_registries(registries), &plan, &desk.store, Timestamp(1_700_000_000), desk.notes.on_event()))
        .unwrap();
    assert!(desk.has(&layer));
    let tokens = registry.log().iter().filter(|line| line.starts_with("GET /token")).count();
    assert!(tokens >= 2, "{tokens}");
}

#[test]
fn a_registry_that_stands_still_is_not_waited_for() {
    for path in ["/manifests/", "/blobs/"] {
        let (registry, layer) = large(Manner::default());
        registry.fault("GET", path, Fault::Stall, 1);
        let mut desk = Desk::new(&registry);
        desk.options.patience = Duration::from_millis(500);
        survives(&registry, &layer, &desk);
        assert!(desk.notes.all()[0].starts_with("nothing happened for "), "{:?}", desk.notes.all());
    }
}

#[test]
fn the_next_run_goes_on_in_the_middle_of_a_blob() {
    let (registry, layer) = large(Manner::default());
    let desk = Desk::new(&registry);
    // Its config is read to know what it is for, and only the layer is left.
    let wanted = Wanted { platforms: vec!["linux/amd64".parse().unwrap()], foreign: false };
    let pulled = desk.pull_as(&PullRequest { wanted, ..Desk::request(&name(&registry, ":1")) }).unwrap();
    registry.fault("GET", "/blobs/", Fault::Short(5_000_000), 1);
    registry.fault("GET", "/blobs/", answer(500), 99);
    let error = desk.fetch(&pulled).unwrap_err();
    assert!(!desk.has(&layer) && error.to_string().contains("500"), "{error}");
    let before = registry.state().given;
    registry.state().forgive();
    desk.fetch(&pulled).unwrap();
    assert!(desk.has(&layer));
    let more = registry.state().given - before;
    assert!(more < SIZE as u64 - 4_000_000, "{more} bytes came, though five million were there");
}
