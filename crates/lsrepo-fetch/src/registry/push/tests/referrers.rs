use super::*;

fn digest(root: &Value) -> &str {
    root["digest"].as_str().unwrap()
}

fn tag(root: &Value) -> String {
    digest(root).replace(':', "-")
}

fn list(registry: &Registry, root: &Value) -> Vec<Value> {
    let state = registry.state();
    let list: Value = serde_json::from_slice(&state.manifests[&("a".to_owned(), tag(root))].1).unwrap();
    list["manifests"].as_array().unwrap().clone()
}

fn has(registry: &Registry, name: &str) -> bool {
    registry.state().manifests.contains_key(&("a".to_owned(), name.to_owned()))
}

#[test]
fn a_registry_with_the_api_keeps_the_list_itself() {
    let (registry, desk) = (Registry::new(Manner { api: true, ..Manner::default() }), Desk::new());
    let root = desk.index();
    let sbom = desk.signature(Some(&root), "sbom");
    let (of_sbom, cosign) = (desk.signature(Some(&sbom), "signed"), desk.signature(None, "cosign"));
    let mut plan = desk.plan(&registry, "a:1", &root, &[]);
    plan.image.referrers = vec![
        desk.referrer(None, &of_sbom),
        desk.referrer(None, &sbom),
        desk.referrer(Some(format!("{}.sig", tag(&root))), &cosign),
    ];
    let report = desk.push(&registry, &plan).unwrap();
    assert_eq!((report.manifests_sent, report.blobs_sent), (6, 5 + 4));
    assert!(has(&registry, digest(&sbom)) && has(&registry, digest(&of_sbom)) && has(&registry, &format!("{}.sig", tag(&root))));
    assert!(!has(&registry, &tag(&root)), "no list of our own");
    let puts: Vec<_> = registry
        .asked()
        .into_iter()
        .filter(|asked| asked.method == "PUT" && asked.path.starts_with("/v2/"))
        .map(|asked| asked.path)
        .collect();
    let at = |name: &str| puts.iter().position(|path| path.ends_with(name)).unwrap();
    assert!(at("/1") < at(digest(&sbom)) && at(digest(&sbom)) < at(digest(&of_sbom)));
    let first = registry.log().len();
    assert_eq!(desk.push(&registry, &plan).unwrap().manifests_sent, 0);
    assert_eq!(registry.log().len() - first, 4, "the image, cosign's tag, and two lists");
    let without = PushPlan { referrers: false, ..plan };
    desk.push(&registry, &without).unwrap();
    assert_eq!(registry.log().len() - first, 5);
}

#[test]
fn without_the_api_entries_are_added_to_the_list_under_the_tag() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let root = desk.index();
    let (one, two, three) =
        (desk.signature(Some(&root), "one"), desk.signature(Some(&root), "two"), desk.signature(Some(&root), "three"));
    let mut plan = desk.plan(&registry, "a:1", &root, &[]);
    plan.image.referrers = vec![desk.referrer(None, &one)];
    desk.push(&registry, &plan).unwrap();
    let wanted = json!({"mediaType": media_type::MANIFEST, "digest": digest(&one), "size": one["size"],
        "artifactType": "text/signature", "annotations": {"text": "one"}});
    assert_eq!(list(&registry, &root), std::slice::from_ref(&wanted));
    plan.image.referrers = vec![desk.referrer(None, &two), desk.referrer(None, &three)];
    desk.push(&registry, &plan).unwrap();
    let all = list(&registry, &root);
    assert_eq!((all.len(), &all[0]), (3, &wanted));
    let first = registry.log().len();
    assert_eq!(desk.push(&registry, &plan).unwrap().manifests_sent, 0);
    assert_eq!(registry.log().len() - first, 3, "the image, no API, the list");
}

#[test]
fn a_run_that_ended_before_the_list_is_made_up_for() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let root = desk.index();
    let mut plan = desk.plan(&registry, "a:1", &root, &[]);
    let one = desk.signature(Some(&root), "one");
    plan.image.referrers = vec![desk.referrer(None, &one)];
    registry.fault("PUT", "/manifests/sha256-", Fault::Answer(403, Vec::new(), ""), 1);
    assert!(desk.push(&registry, &plan).is_err() && has(&registry, digest(&one)) && !has(&registry, &tag(&root)));
    desk.push(&registry, &plan).unwrap();
    assert_eq!(list(&registry, &root).len(), 1);
}

#[test]
fn a_list_that_came_with_the_image_is_taken_over_or_merged() {
    let desk = Desk::new();
    let root = desk.index();
    let (one, two) = (desk.signature(Some(&root), "one"), desk.signature(Some(&root), "two"));
    let kept = |entries: &[&Value]| {
        desk.json(media_type::INDEX, &json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": entries}))
    };
    let kept = kept(&[&one, &two]);
    let registry = Registry::new(Manner::default());
    let mut plan = desk.plan(&registry, "a:1", &root, &[]);
    plan.image.referrers = vec![desk.referrer(None, &one), desk.referrer(Some(tag(&root)), &kept)];
    desk.push(&registry, &plan).unwrap();
    let bytes = registry.state().manifests[&("a".to_owned(), tag(&root))].1.clone();
    assert_eq!(Digest::of(&bytes).to_string(), digest(&kept), "byte for byte where there was none");
    let registry = Registry::new(Manner::default());
    let three = desk.signature(Some(&root), "three");
    let mut first = desk.plan(&registry, "a:1", &root, &[]);
    first.image.referrers = vec![desk.referrer(None, &three)];
    desk.push(&registry, &first).unwrap();
    plan.to = first.to.clone();
    desk.push(&registry, &plan).unwrap();
    let digests: Vec<_> = list(&registry, &root).iter().map(|entry| digest(entry).to_owned()).collect();
    assert_eq!(digests, [digest(&three), digest(&one), digest(&two)]);
    // A registry with the API needs what is on the list, and not the list.
    let registry = Registry::new(Manner { api: true, ..Manner::default() });
    plan.to = format!("{}/a:1", registry.host).parse().unwrap();
    desk.push(&registry, &plan).unwrap();
    assert!(has(&registry, digest(&one)) && has(&registry, digest(&two)) && !has(&registry, &tag(&root)));
}

#[test]
fn a_tag_that_only_looks_like_a_list_is_a_tag() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let root = desk.platform("amd64");
    let mut plan = desk.plan(&registry, "a:1", &root, &[]);
    plan.image.referrers = vec![desk.referrer(Some(tag(&root)), &root)];
    desk.push(&registry, &plan).unwrap();
    assert!(has(&registry, &tag(&root)));
}

#[test]
fn an_artifact_that_is_pushed_by_itself_is_put_on_its_subjects_list() {
    let (registry, desk) = (Registry::new(Manner::default()), Desk::new());
    let root = desk.index();
    desk.push(&registry, &desk.plan(&registry, "a:1", &root, &[])).unwrap();
    let one = desk.signature(Some(&root), "one");
    let plan = desk.plan(&registry, &format!("a@{}", digest(&one)), &one, &[]);
    desk.push(&registry, &plan).unwrap();
    assert_eq!(list(&registry, &root).len(), 1);
}
