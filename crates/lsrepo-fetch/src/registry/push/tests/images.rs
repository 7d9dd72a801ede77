use super::*;

#[test]
fn an_image_is_there_when_everything_below_it_is() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let root = desk.index();
    let plan = desk.plan(&registry, "a/b:1", &root, &[]);
    let report = desk.push(&registry, &plan).unwrap();
    assert_eq!((report.blobs_sent, report.manifests_sent), (5, 3));
    assert_eq!(report.bytes, registry.received());
    let log = registry.log();
    let puts: Vec<_> = log.iter().filter(|line| line.starts_with("PUT /v2/")).collect();
    assert_eq!(puts, ["PUT /v2/a/b/manifests/<digest>", "PUT /v2/a/b/manifests/<digest>", "PUT /v2/a/b/manifests/1"]);
    let state = registry.state();
    let (kind, bytes) = &state.manifests[&("a/b".to_owned(), "1".to_owned())];
    assert_eq!((kind.as_str(), Digest::of(bytes).to_string().as_str()), (media_type::INDEX, root["digest"].as_str().unwrap()));
}

#[test]
fn what_is_there_already_costs_one_request_and_another_name_three() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let root = desk.index();
    let plan = desk.plan(&registry, "a:1", &root, &[]);
    desk.push(&registry, &plan).unwrap();
    let first = registry.log().len();
    let again = desk.push(&registry, &plan).unwrap();
    assert_eq!(registry.log()[first..], ["HEAD /v2/a/manifests/1"]);
    assert_eq!((again.bytes, again.blobs_sent, again.manifests_sent, again.manifests_present), (0, 0, 0, 1));
    desk.push(&registry, &desk.plan(&registry, "a:2", &root, &[])).unwrap();
    let wanted = ["HEAD /v2/a/manifests/2", "HEAD /v2/a/manifests/<digest>", "PUT /v2/a/manifests/2"];
    assert_eq!(registry.log()[first + 1..], wanted);
    let by_digest = desk.plan(&registry, &format!("a@{}", root["digest"].as_str().unwrap()), &root, &[]);
    desk.push(&registry, &by_digest).unwrap();
    assert_eq!(registry.log()[first + 4..], ["HEAD /v2/a/manifests/<digest>"]);
}

#[test]
fn a_registry_that_names_no_digests_is_read() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let plan = desk.plan(&registry, "a:1", &desk.index(), &[]);
    desk.push(&registry, &plan).unwrap();
    let first = registry.log().len();
    registry.fault("HEAD", "/manifests/1", Fault::Answer(200, Vec::new(), ""), 1);
    assert_eq!(desk.push(&registry, &plan).unwrap().manifests_sent, 0);
    assert_eq!(registry.log()[first..], ["HEAD /v2/a/manifests/1", "GET /v2/a/manifests/1"]);
}

#[test]
fn the_second_repository_gets_mounts_and_what_is_new_of_the_second_image_is_sent() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let pusher = pusher(&registry);
    let (amd64, arm64) = (desk.platform("amd64"), desk.platform("arm64"));
    run(pusher.image(&desk.store, &desk.plan(&registry, "a:1", &amd64, &[]))).unwrap();
    let report = run(pusher.image(&desk.store, &desk.plan(&registry, "b:1", &amd64, &[]))).unwrap();
    assert_eq!((report.blobs_mounted, report.blobs_sent, report.bytes), (3, 0, 0));
    let report = run(pusher.image(&desk.store, &desk.plan(&registry, "b:2", &arm64, &[]))).unwrap();
    assert_eq!((report.blobs_present, report.blobs_sent), (1, 2));
    // A later run finds the image there, and what it finds it mounts too.
    let pusher = self::pusher(&registry);
    run(pusher.image(&desk.store, &desk.plan(&registry, "a:1", &amd64, &[]))).unwrap();
    let report = run(pusher.image(&desk.store, &desk.plan(&registry, "c:1", &amd64, &[]))).unwrap();
    assert_eq!((report.blobs_mounted, report.blobs_sent), (3, 0));
}

#[test]
fn a_tag_that_moved_is_moved_back() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let (amd64, arm64) = (desk.platform("amd64"), desk.platform("arm64"));
    for root in [&amd64, &arm64, &amd64] {
        desk.push(&registry, &desk.plan(&registry, "a:1", root, &[])).unwrap();
        let state = registry.state();
        assert_eq!(Digest::of(&state.manifests[&("a".into(), "1".into())].1).to_string(), root["digest"].as_str().unwrap());
    }
}

#[test]
fn a_registry_that_wants_all_platforms_is_told_which_are_not_here() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let root = desk.index();
    let plan = desk.plan(&registry, "a:1", &root, &["linux/arm64"]);
    let said = desk.push(&registry, &plan).unwrap_err().to_string();
    assert!(said.starts_with(&format!("{} refuses a:sha256:", registry.host)), "{said}");
    let end = "(MANIFEST_BLOB_UNKNOWN, 404)\n  the image is not whole here: 1 of its layers were not prepared (there is: \
               linux/arm64)\nhint: `lsrepo prepare --all-platforms` fetches the rest; --platform linux/arm64 pushes that \
               platform's manifest alone";
    assert!(said.ends_with(end), "{said}");
    let one = PushPlan { platform: Some("linux/arm64".parse().unwrap()), ..plan.clone() };
    assert_eq!(desk.push(&registry, &one).unwrap().manifests_sent, 1);
    let other = PushPlan { platform: Some("linux/amd64".parse().unwrap()), ..plan.clone() };
    let said = desk.push(&registry, &other).unwrap_err().to_string();
    assert!(said.starts_with("up.example/app:1: 1 of its layers for linux/amd64 are not in the store"), "{said}");
    // Others take it as it is.
    let lenient = Registry::new(Manner { lenient: true, ..Manner::default() });
    let plan = desk.plan(&lenient, "a:1", &root, &["linux/arm64"]);
    assert_eq!(desk.push(&lenient, &plan).unwrap().manifests_sent, 3);
}

#[test]
fn an_image_is_not_pushed_under_the_digest_of_another() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let plan = desk.plan(&registry, &format!("a@{}", Digest::of(b"other")), &desk.index(), &[]);
    let said = desk.push(&registry, &plan).unwrap_err().to_string();
    assert!(said.contains("cannot be pushed as") && registry.log().is_empty(), "{said}");
}
