use super::*;

fn for_amd64(name: &str) -> PullRequest {
    let wanted = Wanted { platforms: vec!["linux/amd64".parse().unwrap()], foreign: false };
    PullRequest { wanted, ..Desk::request(name) }
}

#[test]
fn a_tag_leads_to_all_manifests_and_to_the_layers_that_are_wanted() {
    let registry = Registry::new(Manner::default());
    let children = ["amd64", "arm64"].map(|arch| image(&registry, arch, arch));
    let root = index(&registry, &children, "1");
    let desk = Desk::new(&registry);
    let pulled = desk.pull_as(&for_amd64(&name(&registry, ":1"))).unwrap();
    assert_eq!(pulled.root.digest.to_string(), root["digest"].as_str().unwrap());
    assert!(desk.has(&root) && children.iter().all(|child| desk.has(child)));
    assert_eq!((pulled.survey.manifests.len(), pulled.survey.blobs.len(), pulled.survey.left_out.len()), (3, 4, 1));
    desk.fetch(&pulled).unwrap();
    assert_eq!(desk.blobs(), 7);
    // Whatever the name says of it.
    let by_digest = desk.pull(&name(&registry, &format!(":2@{}", root["digest"].as_str().unwrap()))).unwrap();
    assert_eq!((by_digest.root.digest, by_digest.survey.blobs.len()), (pulled.root.digest, 5));
}

#[test]
fn a_tag_that_did_not_move_costs_one_request_and_a_digest_that_is_here_none() {
    let registry = Registry::new(Manner::default());
    let root = index(&registry, &[image(&registry, "amd64", "a")], "1");
    let (desk, known) = (Desk::new(&registry), root["digest"].as_str().unwrap());
    desk.pull(&name(&registry, ":1")).unwrap();
    let before = registry.log().len();
    let again = desk.pull_as(&PullRequest { known: known.parse().ok(), ..Desk::request(&name(&registry, ":1")) }).unwrap();
    assert_eq!(registry.log()[before..], ["HEAD /v2/app/manifests/1"]);
    assert_eq!(again.survey.manifests.len(), 2);
    desk.pull(&name(&registry, &format!("@{known}"))).unwrap();
    assert_eq!(registry.log().len(), before + 1);
}

#[test]
fn nested_indexes_and_unknown_things_are_kept_as_they_are() {
    let registry = Registry::new(Manner::default());
    let strange = manifest(&registry, "application/x-strange+json", &json!({"of": "tomorrow"}), "strange");
    let inner = index(&registry, &[image(&registry, "amd64", "a")], "inner");
    let odd = blob(&registry, "application/x-odd", b"odd");
    let attested =
        json!({"schemaVersion": 2, "config": blob(&registry, "application/vnd.oci.empty.v1+json", b"{}"), "layers": [odd]});
    let attested = manifest(&registry, media_type::MANIFEST, &attested, "attested");
    let root = index(&registry, &[inner.clone(), strange.clone(), attested.clone()], "1");
    let desk = Desk::new(&registry);
    let pulled = desk.pull(&name(&registry, ":1")).unwrap();
    desk.fetch(&pulled).unwrap();
    assert!([&root, &inner, &strange, &attested, &odd].iter().all(|one| desk.has(one)));
}

#[test]
fn dockers_list_and_a_manifest_without_a_media_type_are_images_too() {
    let registry = Registry::new(Manner::default());
    let config = blob(&registry, media_type::DOCKER_CONFIG, br#"{"os":"linux","architecture":"amd64"}"#);
    let layer = blob(&registry, "application/vnd.docker.image.rootfs.diff.tar.gzip", b"layer");
    let content = json!({"schemaVersion": 2, "mediaType": media_type::DOCKER_MANIFEST, "config": config, "layers": [layer]});
    let mut child = manifest(&registry, media_type::DOCKER_MANIFEST, &content, "child");
    child["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let list = json!({"schemaVersion": 2, "mediaType": media_type::DOCKER_LIST, "manifests": [child]});
    manifest(&registry, media_type::DOCKER_LIST, &list, "list");
    let bare = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    manifest(&registry, "text/plain", &bare, "bare");
    let desk = Desk::new(&registry);
    let pulled = desk.pull(&name(&registry, ":list")).unwrap();
    assert_eq!(
        (&*pulled.root.media_type, &*pulled.survey.manifests[1].media_type),
        (media_type::DOCKER_LIST, media_type::DOCKER_MANIFEST)
    );
    let pulled = desk.pull(&name(&registry, ":bare")).unwrap();
    assert_eq!(pulled.root.media_type, media_type::MANIFEST);
}

#[test]
fn foreign_layers_are_left_unless_they_are_asked_for() {
    let registry = Registry::new(Manner::default());
    let config = blob(&registry, media_type::DOCKER_CONFIG, br#"{"os":"windows","architecture":"amd64"}"#);
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    // The registry does not have it, but somebody else.
    let owner = Registry::new(Manner::default());
    owner.put_blob("owner", b"foreign");
    let digest = Digest::of(b"foreign").to_string();
    let url = format!("http://{}/v2/owner/blobs/{digest}", owner.host);
    let layer = json!({"mediaType": foreign, "digest": digest, "size": 7, "urls": ["ftp://x/y", url]});
    let content = json!({"schemaVersion": 2, "mediaType": media_type::DOCKER_MANIFEST, "config": config, "layers": [layer]});
    manifest(&registry, media_type::DOCKER_MANIFEST, &content, "1");
    let mut desk = Desk::new(&registry);
    desk.options.logins.insert(registry.host.parse().unwrap(), Login::Password { user: "me".into(), password: "secret".into() });
    let pulled = desk.pull(&name(&registry, ":1")).unwrap();
    assert_eq!((pulled.survey.blobs.len(), pulled.survey.left_out.len()), (1, 1));
    let wanted = Wanted { platforms: Vec::new(), foreign: true };
    let pulled = desk.pull_as(&PullRequest { wanted, ..Desk::request(&name(&registry, ":1")) }).unwrap();
    desk.fetch(&pulled).unwrap();
    assert!(desk.has(&layer));
    assert!(owner.asked().iter().all(|asked| asked.header("authorization").is_none()));
}

#[test]
fn what_images_share_is_fetched_once() {
    let registry = Registry::new(Manner::default());
    image(&registry, "amd64", "1");
    image(&registry, "arm64", "2");
    let desk = Desk::new(&registry);
    for tag in [":1", ":2"] {
        let pulled = desk.pull(&name(&registry, tag)).unwrap();
        desk.fetch(&pulled).unwrap();
    }
    let blobs = registry.asked().iter().filter(|asked| asked.method == "GET" && asked.path.contains("/blobs/")).count();
    assert_eq!(blobs, 5, "two configs, two layers, and the one that both have");
}

#[test]
fn mirrors_are_asked_first_and_the_registry_where_they_do_not_have_it() {
    let (registry, mirror) = (Registry::new(Manner::default()), Registry::new(Manner::default()));
    image(&registry, "amd64", "1");
    let content = serde_json::to_vec(&json!({"os": "linux", "architecture": "amd64"})).unwrap();
    mirror.put_blob("hub/app", &content);
    let mut desk = Desk::new(&registry);
    desk.options.plain_http.insert(mirror.host.parse().unwrap());
    desk.options.mirrors = vec![format!("{}={}/hub", registry.host, mirror.host).parse::<Mirror>().unwrap()];
    let pulled = desk.pull(&name(&registry, ":1")).unwrap();
    desk.fetch(&pulled).unwrap();
    assert_eq!(mirror.log()[0], "GET /v2/hub/app/manifests/1");
    assert_eq!(registry.log().iter().filter(|line| line.contains("/blobs/")).count(), 2, "the mirror has the config");
    // A mirror that is away: what it costs is said, and only once.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut desk = Desk::new(&registry);
    desk.options.plain_http.insert(gone.parse().unwrap());
    desk.options.mirrors = vec![format!("{}={gone}", registry.host).parse::<Mirror>().unwrap()];
    let pulled = desk.pull_as(&PullRequest { referrers: true, ..Desk::request(&name(&registry, ":1")) }).unwrap();
    assert_eq!((pulled.survey.blobs.len(), desk.notes.all().len()), (3, 4), "{:?}", desk.notes.all());
}

#[test]
fn what_a_mirror_lacks_or_spoils_comes_from_the_registry_and_its_troubles_are_not_taken_for_absence() {
    let (registry, mirror) = (Registry::new(Manner::default()), Registry::new(Manner::default()));
    image(&registry, "amd64", "1");
    let mut desk = Desk::new(&registry);
    desk.options.plain_http.insert(mirror.host.parse().unwrap());
    desk.options.mirrors = vec![format!("{}={}", registry.host, mirror.host).parse::<Mirror>().unwrap()];
    let busy = || Fault::Answer(503, Vec::new(), "");
    registry.fault("GET", "/manifests/1", busy(), 2);
    desk.pull(&name(&registry, ":1")).unwrap();
    registry.fault("GET", "/manifests/2", busy(), 99);
    let error = desk.pull(&name(&registry, ":2")).unwrap_err().to_string();
    assert!(error.contains("503") && !error.contains("no such image"), "{error}");
    // A mirror that is damaged.
    image(&mirror, "amd64", "1");
    mirror.fault(
        "GET",
        "/manifests/1",
        Fault::Header("docker-content-digest", "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
        99,
    );
    desk.pull(&name(&registry, ":1")).unwrap();
    // Behind the gap there is the mirror alone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut desk = Desk::new(&mirror);
    desk.options.plain_http.insert(gone.parse().unwrap());
    desk.options.mirrors = vec![format!("{gone}={}", mirror.host).parse::<Mirror>().unwrap()];
    image(&mirror, "amd64", "2");
    let pulled = desk.pull_as(&PullRequest { referrers: true, ..Desk::request(&format!("{gone}/app:2")) }).unwrap();
    assert_eq!((pulled.survey.blobs.len(), pulled.referrers.len()), (3, 0));
}
