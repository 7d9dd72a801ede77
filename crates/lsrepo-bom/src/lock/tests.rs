use super::{parts::main_set, *};
use lsrepo_types::Digest;

fn package(name: &str, arch: &str, wanted_by: &[&str]) -> LockedPackage {
    LockedPackage {
        name: name.into(),
        version: "1:2.0~rc1-1+b2".into(),
        arch: arch.into(),
        source: "bookworm".into(),
        path: format!("pool/main/{name}.deb"),
        size: 1000,
        digest: Digest::of(name.as_bytes()),
        wanted_by: wanted_by.iter().map(|module| module.parse().unwrap()).collect(),
        sets: main_set(),
        urls: Vec::new(),
        proof: None,
    }
}

fn source() -> LockedSource {
    let (name, uris, package_signatures) = (String::new(), vec![], PackageSignatures::Unchecked);
    LockedSource { name, uris, signer: None, date: None, package_signatures, module_hotfixes: false }
}

fn wish(module: &str, package: &str) -> Requirement {
    Requirement { module: module.parse().unwrap(), package: package.parse().unwrap() }
}

fn platform(name: &str) -> PlatformLock {
    PlatformLock {
        name: name.parse().unwrap(),
        date: Timestamp(1_746_868_877),
        asked: Asked {
            base: "minbase".into(),
            recommends: false,
            suggests: false,
            exclude: vec![],
            streams: vec![],
            any_version: false,
            requirements: vec![wish("web", "nginx=1.22.*"), wish("tools", "curl")],
            ..Asked::default()
        },
        sources: vec![
            LockedSource { name: "bookworm-security".into(), ..source() },
            LockedSource {
                name: "bookworm".into(),
                uris: vec!["http://a.example/debian".into()],
                signer: Some("B0CAB9266E8C3929798B3EEEBDE6D2B9216EC7A8".into()),
                date: Some(Timestamp(1_746_868_877)),
                ..source()
            },
        ],
        keys: vec![],
        documents: vec![],
        packages: vec![package("nginx", "amd64", &["web"]), package("curl", "amd64", &["web", "tools"])],
        images: vec![],
        files: vec![],
    }
}

fn lock() -> Lock {
    Lock::new(vec![platform("debian-12/x86_64"), platform("debian-12/arm64")])
}

#[test]
fn a_lock_reads_like_this() {
    let mut part = platform("debian-12/x86_64");
    part.packages[1].sets = vec!["main".into(), "nginx-1.22".into()];
    let expected = r#"# Written by lsrepo; resolve again instead of editing it.
version = 1

[[platform]]
name = "debian-12/x86_64"
date = "2025-05-10T09:21:17Z"

[platform.asked]
base = "minbase"
recommends = false
suggests = false
exclude = []
requirements = [
    { module = "tools", package = "curl" },
    { module = "web", package = "nginx=1.22.*" },
]

[[platform.source]]
name = "bookworm"
uris = ["http://a.example/debian"]
signer = "B0CAB9266E8C3929798B3EEEBDE6D2B9216EC7A8"
date = "2025-05-10T09:21:17Z"

[[platform.source]]
name = "bookworm-security"
uris = []

[[platform.package]]
name = "curl"
version = "1:2.0~rc1-1+b2"
arch = "amd64"
source = "bookworm"
path = "pool/main/curl.deb"
size = 1000
digest = "sha256:9992d02e0f2bebf9d7bf6ca3b86c3ac2c53743f1f3d1d8256c18e74d86f21adf"
wanted_by = ["tools", "web"]
sets = ["main", "nginx-1.22"]
"#;
    let text = Lock::new(vec![part]).render();
    let digest = text.lines().find(|line| line.starts_with("digest")).unwrap();
    let expected = expected.lines().map(|line| if line.starts_with("digest") { digest } else { line }).collect::<Vec<_>>();
    assert_eq!(text.lines().take(expected.len()).collect::<Vec<_>>(), expected);
}

#[test]
fn a_lock_survives_its_text() {
    let mut lock = lock();
    assert_eq!(Lock::parse(&lock.render()).unwrap(), lock);
    lock.platforms[0].packages[0].path = "odd \"name\"\\ \u{7f}\u{1}\tü".into();
    lock.platforms[0].packages[0].size = i64::MAX as u64;
    assert_eq!(Lock::parse(&lock.render()).unwrap(), lock);
    let empty = Lock::new(vec![]);
    assert_eq!(Lock::parse(&empty.render()).unwrap(), empty);
}

#[test]
fn the_order_of_discovery_leaves_no_trace() {
    let mut turned = [platform("debian-12/arm64"), platform("debian-12/x86_64")];
    for part in &mut turned {
        part.packages.reverse();
        part.sources.reverse();
        part.asked.requirements.reverse();
        part.asked.requirements.push(wish("tools", "curl"));
        part.packages.iter_mut().for_each(|package| package.wanted_by.reverse());
    }
    assert_eq!(Lock::new(turned.into()).render(), lock().render());
}

#[test]
fn a_new_version_is_a_diff_of_few_lines() {
    let old = lock();
    let mut new = old.clone();
    new.platforms[1].packages[0].version = "2.1".into();
    let (old, new) = (old.render(), new.render());
    assert_eq!(old.lines().zip(new.lines()).filter(|(a, b)| a != b).count(), 1);
}

#[test]
fn a_lock_says_by_itself_what_it_does_not_answer() {
    let part = &lock().platforms[0];
    let because = |change: &dyn Fn(&mut Asked)| {
        let mut asked = part.asked.clone();
        change(&mut asked);
        part.stale(&asked)
    };
    assert_eq!(because(&|_| ()), None);
    assert_eq!(because(&|asked| asked.requirements.reverse()), None);
    let added = because(&|asked| asked.requirements.push(wish("web", "haproxy")));
    assert_eq!(added.unwrap(), "`haproxy` (module web) is not in it");
    let dropped = because(&|asked| asked.requirements.truncate(1));
    assert_eq!(dropped.unwrap(), "`nginx=1.22.*` (module web) is no longer wanted");
    let base = because(&|asked| asked.base = "none".into());
    assert_eq!(base.unwrap(), "its base is `minbase`, now `none`");
    assert!(because(&|asked| asked.recommends = true).unwrap().contains("policy"));
    assert!(because(&|asked| asked.exclude.push("x".into())).unwrap().contains("policy"));
}

#[test]
fn a_module_s_part_is_whole() {
    let part = platform("debian-12/x86_64").for_module(&"tools".parse().unwrap());
    assert_eq!(part.packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>(), ["curl"]);
    assert_eq!(part.asked.requirements, [wish("tools", "curl")]);
    assert_eq!(part.sources.len(), 1);
    let lock = Lock::new(vec![part]);
    assert_eq!(Lock::parse(&lock.render()).unwrap(), lock);
}

#[test]
fn a_platform_takes_the_place_of_its_older_self() {
    let mut lock = lock();
    let mut newer = platform("debian-12/arm64");
    newer.packages.pop();
    lock.replace(newer);
    assert_eq!(lock.platforms.len(), 2);
    assert_eq!(lock.platform(&"debian-12/arm64".parse().unwrap()).unwrap().size(), 1000);
    let modules = |name: &str| lock.platform(&name.parse().unwrap()).unwrap().modules().len();
    assert_eq!((modules("debian-12/x86_64"), modules("debian-12/arm64")), (2, 1));
}

#[test]
fn what_is_not_a_whole_lock_is_refused() {
    let text = lock().render();
    let refused = |from: &str, to: &str| {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        Lock::parse(&changed).unwrap_err().to_string()
    };
    assert!(refused("version = 1\n", "version = 2\n").contains("format version 2"));
    assert!(refused("debian-12/arm64", "debian-12/x86_64").contains("stands there twice"));
    assert!(refused("source = \"bookworm\"", "source = \"sid\"").contains("unknown source `sid`"));
    assert!(refused("base = ", "bass = ").contains("bass"));
    assert!(refused("size = 1000", "size = -1").contains("size"));
    assert!(refused("digest = \"sha256:", "digest = \"md5:").contains("digest"));
    assert!(refused("package = \"curl\"", "package = \"c url\"").contains("c url"));
    assert!(Lock::parse("").is_err());
}

#[test]
fn keys_and_documents_of_an_rpm_platform_survive_their_text() {
    let mut part = platform("centos-7/x86_64");
    part.asked.streams = vec!["postgresql:16".into()];
    part.sources[0].package_signatures = PackageSignatures::Old;
    part.sources[0].module_hotfixes = true;
    let armored = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINB/+=\n=aBcD\n-----END PGP PUBLIC KEY BLOCK-----\n";
    part.keys = vec![LockedKey { fingerprint: "AB12".into(), sources: vec!["bookworm".into()], armored: armored.into() }];
    part.documents = vec![LockedDocument {
        kind: DocumentKind::Modules,
        source: "bookworm".into(),
        path: "repodata/x-modules.yaml.gz".into(),
        size: 7,
        digest: Digest::of(b"modules"),
    }];
    let lock = Lock::new(vec![part]);
    assert_eq!(Lock::parse(&lock.render()).unwrap(), lock);
    let elsewhere = lock.render().replace("source = \"bookworm\"\npath = \"repodata", "source = \"nowhere\"\npath = \"repodata");
    assert!(Lock::parse(&elsewhere).unwrap_err().to_string().contains("`modules` of `centos-7/x86_64`"));
}

#[test]
fn a_modules_part_names_a_key_for_its_own_sources_alone() {
    let mut part = platform("almalinux-9/x86_64");
    let sources = vec!["bookworm".into(), "bookworm-security".into()];
    part.keys = vec![LockedKey { fingerprint: "AB12".into(), sources, armored: "key\n".into() }];
    let own = Lock::new(vec![part.for_module(&"web".parse().unwrap())]);
    assert_eq!(own.platforms[0].keys[0].sources, ["bookworm"]);
    assert_eq!(Lock::parse(&own.render()).unwrap(), own);
}

#[test]
fn images_and_what_refers_to_them_survive_their_text() {
    let mut part = platform("debian-12/arm64");
    let (web, reference) = ("web".parse::<ModuleName>().unwrap(), "docker.io/library/registry:2".to_owned());
    part.asked.images = vec![ImageRequirement { module: web.clone(), image: reference.clone() }];
    part.asked.all_platforms = true;
    part.images = vec![LockedImage {
        reference,
        digest: Digest::of(b"index"),
        media_type: "application/vnd.oci.image.index.v1+json".into(),
        size: 5,
        bytes: 500,
        wanted_by: vec![web],
        referrers: vec![LockedReferrer {
            digest: Digest::of(b"signature"),
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            size: 9,
            tag: Some(format!("sha256-{}.sig", Digest::of(b"index").hex())),
        }],
    }];
    let lock = Lock::new(vec![part.clone()]);
    assert_eq!(Lock::parse(&lock.render()).unwrap(), lock);
    assert_eq!((part.size(), part.for_module(&"tools".parse().unwrap()).images.len()), (2500, 0));
    let because = |change: &dyn Fn(&mut Asked)| {
        let mut asked = part.asked.clone();
        change(&mut asked);
        part.stale(&asked).unwrap_or_default()
    };
    assert_eq!(because(&|_| ()), "");
    assert!(because(&|asked| asked.images.clear()).contains("no longer wanted"));
    assert!(because(&|asked| asked.images[0].image = "quay.io/x:1".into()).contains("`quay.io/x:1`"));
    assert!(because(&|asked| asked.no_referrers = true).contains("referrers"));
}
