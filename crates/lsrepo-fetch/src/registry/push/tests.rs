//! Stories of pushes, with a registry that does what it is told to.

mod access;
mod blobs;
mod faults;
mod images;
mod referrers;

use super::*;
use crate::registry::testing::{Fault, Manner, Registry};
use crate::{
    Event,
    registry::{Login, RegistryOptions},
};
use lsrepo_oci::{Descriptor, Referrer, RepositoryName, Survey, Wanted, media_type, survey};
use lsrepo_types::Digest;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

fn silent() -> OnEvent {
    Arc::new(|_| {})
}

/// What was said about repetitions.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn on_event(&self) -> OnEvent {
        let all = self.0.clone();
        Arc::new(move |event| {
            if let Event::Retry { why, after, .. } = event {
                all.lock().unwrap().push(format!("{why} ({} s)", after.as_secs()));
            }
        })
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn registries(registry: &Registry, login: Option<&str>) -> Registries {
    Registries::new(options(registry, login)).unwrap()
}

fn options(registry: &Registry, login: Option<&str>) -> RegistryOptions {
    let host: RegistryHost = registry.host.parse().unwrap();
    let login = login.and_then(|login| login.split_once(':'));
    let login = login.map(|(user, password)| (host.clone(), Login::Password { user: user.into(), password: password.into() }));
    RegistryOptions {
        plain_http: [host].into(),
        logins: login.into_iter().collect(),
        first_wait: Duration::from_millis(1),
        ..RegistryOptions::default()
    }
}

fn pusher_with(registry: &Registry, login: Option<&str>, options: PushOptions, on_event: OnEvent) -> Pusher {
    Pusher::new(&registries(registry, login), &registry.host.parse().unwrap(), options, on_event).unwrap()
}

fn pusher(registry: &Registry) -> Pusher {
    pusher_with(registry, None, PushOptions::default(), silent())
}

fn repository(name: &str) -> RepositoryName {
    name.parse().unwrap()
}

/// Bytes of which no two pieces are alike.
fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

/// A store with images in it.
struct Desk {
    _dir: tempfile::TempDir,
    store: Store,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        Self { _dir: dir, store }
    }

    fn add(&self, media_type: &str, bytes: &[u8]) -> Value {
        json!({"mediaType": media_type, "digest": self.store.put(bytes).unwrap().to_string(), "size": bytes.len()})
    }

    fn json(&self, media_type: &str, value: &Value) -> Value {
        self.add(media_type, &serde_json::to_vec(value).unwrap())
    }

    fn platform(&self, arch: &str) -> Value {
        let config = self.json(media_type::IMAGE_CONFIG, &json!({"os": "linux", "architecture": arch}));
        let layers = [self.add("layer", b"shared"), self.add("layer", arch.as_bytes())];
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": layers});
        let mut descriptor = self.json(media_type::MANIFEST, &manifest);
        descriptor["platform"] = json!({"os": "linux", "architecture": arch});
        descriptor
    }

    fn index(&self) -> Value {
        let manifests = [self.platform("amd64"), self.platform("arm64")];
        self.json(media_type::INDEX, &json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": manifests}))
    }

    fn signature(&self, subject: Option<&Value>, text: &str) -> Value {
        let config = self.add("application/vnd.oci.empty.v1+json", b"{}");
        let mut manifest = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "artifactType": "text/signature",
            "config": config, "layers": [self.add("text/plain", text.as_bytes())], "annotations": {"text": text}});
        subject.into_iter().for_each(|subject| manifest["subject"] = subject.clone());
        self.json(media_type::MANIFEST, &manifest)
    }

    fn survey(&self, root: &Value, platforms: &[&str]) -> (Descriptor<AnyDigest>, Survey) {
        let root: Descriptor<AnyDigest> = serde_json::from_value(root.clone()).unwrap();
        let platforms = platforms.iter().map(|text| text.parse().unwrap()).collect();
        let mut read = |one: &Descriptor<AnyDigest>| self.store.read(&one.digest.sha256()?, 1 << 20).ok();
        let survey = survey(&root, &Wanted { platforms, foreign: false }, &mut read).unwrap();
        (Descriptor::new(&root.media_type, root.digest, root.size), survey)
    }

    fn referrer(&self, tag: Option<String>, root: &Value) -> Referrer {
        let (root, survey) = self.survey(root, &[]);
        Referrer { tag: tag.map(|tag| tag.parse().unwrap()), root, survey }
    }

    fn plan(&self, registry: &Registry, name: &str, root: &Value, platforms: &[&str]) -> PushPlan {
        let (root, survey) = self.survey(root, platforms);
        let image = Image { reference: "up.example/app:1".parse().unwrap(), root, survey, referrers: Vec::new() };
        PushPlan { image, to: format!("{}/{name}", registry.host).parse().unwrap(), referrers: true, platform: None }
    }

    fn push(&self, registry: &Registry, plan: &PushPlan) -> Result<PushReport, FetchError> {
        run(push(&registries(registry, None), &self.store, plan, PushOptions::default(), silent()))
    }
}
