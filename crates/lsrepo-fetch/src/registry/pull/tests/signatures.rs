use super::*;

fn with_referrers(registry: &Registry) -> PullRequest {
    PullRequest { referrers: true, ..Desk::request(&name(registry, ":1")) }
}

fn attached(registry: &Registry, subject: Option<&Value>, name: &str) -> Value {
    let mut content = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "artifactType": "text/x",
        "config": blob(registry, "application/vnd.oci.empty.v1+json", b"{}"), "layers": [blob(registry, "text/plain", name.as_bytes())]});
    subject.into_iter().for_each(|subject| content["subject"] = subject.clone());
    manifest(registry, media_type::MANIFEST, &content, name)
}

fn digests(image: &Image) -> Vec<String> {
    let mut all: Vec<String> = image.referrers.iter().map(|one| one.root.digest.to_string()).collect();
    all.sort();
    all
}

fn sorted(all: &[&Value]) -> Vec<String> {
    let mut all: Vec<String> = all.iter().map(|one| one["digest"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

#[test]
fn what_refers_to_an_image_is_found_by_the_api_and_by_tags() {
    for api in [true, false] {
        let registry = Registry::new(Manner { api, ..Manner::default() });
        let child = image(&registry, "amd64", "child");
        let root = index(&registry, std::slice::from_ref(&child), "1");
        let tag = |one: &Value, ending: &str| format!("{}{ending}", one["digest"].as_str().unwrap().replace(':', "-"));
        let cosign = attached(&registry, None, &tag(&root, ".sig"));
        let on_root = attached(&registry, Some(&root), "on-root");
        let on_child = attached(&registry, Some(&child), "on-child");
        let on_signature = attached(&registry, Some(&on_root), "on-signature");
        let mut lists = Vec::new();
        if !api {
            for (subject, one) in [(&root, &on_root), (&child, &on_child), (&on_root, &on_signature)] {
                lists.push(index(&registry, std::slice::from_ref(one), &tag(subject, "")));
            }
        }
        let desk = Desk::new(&registry);
        let pulled = desk.pull_as(&with_referrers(&registry)).unwrap();
        desk.fetch(&pulled).unwrap();
        assert!([&cosign, &on_root, &on_child, &on_signature].iter().all(|one| desk.has(one)), "api: {api}");
        let wanted: Vec<&Value> = match api {
            true => vec![&cosign, &on_root, &on_child, &on_signature],
            false => [&cosign].into_iter().chain(&lists).collect(),
        };
        assert_eq!(digests(&pulled), sorted(&wanted), "api: {api}");
        // By its lock alone, later.
        let other = Desk::new(&registry);
        for one in &pulled.referrers {
            let again = run(pull_referrer(
                &other.registries(),
                &other.store,
                &pulled.reference,
                &one.root,
                one.tag.clone(),
                other.notes.on_event(),
            ));
            assert_eq!(&again.unwrap(), one);
        }
        assert_eq!(Desk::new(&registry).pull(&name(&registry, ":1")).unwrap().referrers, []);
    }
}

#[test]
fn signatures_that_refer_to_each_other_end() {
    let registry = Registry::new(Manner::default());
    let root = image(&registry, "amd64", "1");
    let tag = root["digest"].as_str().unwrap().replace(':', "-");
    // The list of what refers to the image lists the image.
    index(&registry, std::slice::from_ref(&root), &tag);
    let pulled = Desk::new(&registry).pull_as(&with_referrers(&registry)).unwrap();
    assert_eq!(pulled.referrers.len(), 1);
}

#[test]
fn long_lists_have_pages_and_mirrors_have_lists_of_their_own() {
    let registry = Registry::new(Manner { api: true, paged: true, ..Manner::default() });
    let root = image(&registry, "amd64", "1");
    let all = ["one", "two", "three"].map(|name| attached(&registry, Some(&root), name));
    let pulled = Desk::new(&registry).pull_as(&with_referrers(&registry)).unwrap();
    assert_eq!(digests(&pulled), sorted(&all.iter().collect::<Vec<_>>()));
    // A mirror that has the image, and nothing of what refers to it.
    let mirror = Registry::new(Manner { api: true, ..Manner::default() });
    image(&mirror, "amd64", "1");
    let mut desk = Desk::new(&registry);
    desk.options.plain_http.insert(mirror.host.parse().unwrap());
    desk.options.mirrors = vec![format!("{}={}", registry.host, mirror.host).parse::<Mirror>().unwrap()];
    assert_eq!(desk.pull_as(&with_referrers(&registry)).unwrap().referrers.len(), 3);
}

/// A key, and its signature of a payload about a digest.
struct Signer(ring::signature::EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        use ring::{rand::SystemRandom, signature};
        let kind = &signature::ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = signature::EcdsaKeyPair::generate_pkcs8(kind, &SystemRandom::new()).unwrap();
        Self(signature::EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &SystemRandom::new()).unwrap())
    }

    fn key(&self) -> CosignKey {
        use base64::{Engine, prelude::BASE64_STANDARD};
        use ring::signature::KeyPair;
        let head = [
            0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42,
            0,
        ];
        let der = [&head[..], self.0.public_key().as_ref()].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(der));
        CosignKey::parse(&pem).unwrap()
    }

    fn sign(&self, registry: &Registry, digest: &str, said: &str) {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let payload = json!({"critical": {"identity": {"docker-reference": "x"}, "image": {"docker-manifest-digest": said},
            "type": "cosign container image signature"}, "optional": null});
        let payload = serde_json::to_vec(&payload).unwrap();
        let signature = self.0.sign(&ring::rand::SystemRandom::new(), &payload).unwrap();
        let mut layer = blob(registry, "application/vnd.dev.cosign.simplesigning.v1+json", &payload);
        layer["annotations"] = json!({"dev.cosignproject.cosign/signature": BASE64_STANDARD.encode(signature)});
        let config = blob(registry, media_type::IMAGE_CONFIG, b"{}");
        let content = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": [layer]});
        manifest(registry, media_type::MANIFEST, &content, &format!("{}.sig", digest.replace(':', "-")));
    }
}

#[test]
fn an_image_that_a_trusted_key_signed_is_taken_and_no_other() {
    let registry = Registry::new(Manner::default());
    let root = image(&registry, "amd64", "1");
    let digest = root["digest"].as_str().unwrap();
    let (signer, other) = (Signer::new(), Signer::new());
    let ask = |keys: &[&Signer]| {
        let desk = Desk::new(&registry);
        let keys = keys.iter().map(|signer| signer.key()).collect();
        let done = desk.pull_as(&PullRequest { keys, ..Desk::request(&name(&registry, ":1")) });
        assert_eq!(desk.blobs() > 0, done.is_ok(), "nothing is stored of what is refused");
        done.map_or_else(|error| error.to_string(), |_| "taken".to_owned())
    };
    assert!(ask(&[&signer]).contains("it bears no signature of cosign"));
    signer.sign(&registry, digest, digest);
    assert_eq!(ask(&[&signer]), "taken");
    assert_eq!(ask(&[&other, &signer]), "taken");
    assert!(ask(&[&other]).contains("no given key signed"));
    // A good signature, of another image.
    signer.sign(&registry, digest, &format!("sha256:{}", "a".repeat(64)));
    assert!(ask(&[&signer]).contains("no given key signed"));
}
