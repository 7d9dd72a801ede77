//! Stories of pulls, from a registry that does what it is told to.

mod faults;
mod find;
mod refused;
mod signatures;

use super::*;
use crate::{
    Client, ClientOptions, download,
    registry::{
        Login, Mirror, RegistryOptions,
        testing::{Fault, Manner, Registry},
    },
};
use lsrepo_oci::media_type;
use lsrepo_types::Timestamp;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// What was said about repetitions.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn on_event(&self) -> OnEvent {
        let all = self.0.clone();
        Arc::new(move |event| {
            if let Event::Retry { why, .. } = event {
                all.lock().unwrap().push(why.to_owned());
            }
        })
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn options(registry: &Registry) -> RegistryOptions {
    RegistryOptions {
        plain_http: [registry.host.parse().unwrap()].into(),
        first_wait: Duration::from_millis(1),
        ..RegistryOptions::default()
    }
}

/// A store to pull into.
struct Desk {
    _dir: tempfile::TempDir,
    store: Store,
    options: RegistryOptions,
    notes: Notes,
}

impl Desk {
    fn new(registry: &Registry) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        Self { _dir: dir, store, options: options(registry), notes: Notes::default() }
    }

    fn registries(&self) -> Registries {
        Registries::new(self.options.clone()).unwrap()
    }

    fn request(name: &str) -> PullRequest {
        PullRequest { reference: name.parse().unwrap(), wanted: Wanted::default(), referrers: false, known: None, keys: Vec::new() }
    }

    fn pull_as(&self, request: &PullRequest) -> Result<Image, FetchError> {
        run(pull(&self.registries(), &self.store, request, self.notes.on_event()))
    }

    fn pull(&self, name: &str) -> Result<Image, FetchError> {
        self.pull_as(&Self::request(name))
    }

    /// The blobs of an image, by the engine of downloads.
    fn fetch(&self, image: &Image) -> Result<(), FetchError> {
        let registries = self.registries();
        let plan = image_downloads(&registries, image)?;
        let options = ClientOptions { first_wait: Duration::from_millis(1), ..ClientOptions::default() };
        let client = Client::new(options)?.with_registries(registries);
        run(download(&client, &plan, &self.store, Timestamp(1_700_000_000), self.notes.on_event())).map(drop)
    }

    fn has(&self, descriptor: &Value) -> bool {
        let digest: Digest = descriptor["digest"].as_str().unwrap().parse().unwrap();
        self.store.contains(&digest, descriptor["size"].as_u64().unwrap())
    }

    fn blobs(&self) -> usize {
        std::fs::read_dir(self.store.root().join("blobs/sha256")).map_or(0, Iterator::count)
    }
}

/// Bytes of which no two pieces are alike.
fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn blob(registry: &Registry, media_type: &str, bytes: &[u8]) -> Value {
    registry.put_blob("app", bytes);
    json!({"mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len()})
}

fn manifest(registry: &Registry, media_type: &str, manifest: &Value, name: &str) -> Value {
    let bytes = serde_json::to_vec(manifest).unwrap();
    registry.put_manifest("app", name, media_type, &bytes);
    json!({"mediaType": media_type, "digest": Digest::of(&bytes).to_string(), "size": bytes.len()})
}

/// An image for one platform, with a layer that all have and one of its own.
fn image(registry: &Registry, arch: &str, name: &str) -> Value {
    let config = serde_json::to_vec(&json!({"os": "linux", "architecture": arch})).unwrap();
    let config = blob(registry, media_type::IMAGE_CONFIG, &config);
    let layers = [blob(registry, LAYER, b"what all have"), blob(registry, LAYER, arch.as_bytes())];
    let content = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": layers});
    let mut descriptor = manifest(registry, media_type::MANIFEST, &content, name);
    descriptor["platform"] = json!({"os": "linux", "architecture": arch});
    descriptor
}

fn index(registry: &Registry, manifests: &[Value], name: &str) -> Value {
    let content = json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": manifests});
    manifest(registry, media_type::INDEX, &content, name)
}

fn name(registry: &Registry, rest: &str) -> String {
    format!("{}/app{rest}", registry.host)
}
