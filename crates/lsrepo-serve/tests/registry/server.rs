//! A registry on a port of its own.

use crate::client::{Ask, Reply, ask};
use lsrepo_serve::{Admission, Current, Options, PublicKey, Push, RegistryImages, Site, serve_with};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Timestamp};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::oneshot;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) current: Arc<Current>,
    pub(crate) store: Arc<Store>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    /// none: somebody else's
    directory: Option<tempfile::TempDir>,
}

/// Options with which anybody may push.
pub(crate) fn anyone() -> Options {
    Options { push: Some(Push::default()), admission: Admission::anyone(), ..Options::default() }
}

pub(crate) fn site(images: RegistryImages) -> Site {
    let key = PublicKey { armored: String::new(), binary: Vec::new(), fingerprint: String::new() };
    let mut site = Site::new(key, Timestamp(0));
    site.mount_images(images);
    site
}

impl Server {
    /// An empty one that takes pushes.
    pub(crate) fn pushing() -> Self {
        Self::with(anyone(), |_| RegistryImages::new())
    }

    /// One that shows images and takes no pushes.
    pub(crate) fn showing(images: impl FnOnce(&Store) -> RegistryImages) -> Self {
        Self::with(Options::default(), images)
    }

    pub(crate) fn with(options: Options, images: impl FnOnce(&Store) -> RegistryImages) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut server = Self::at(directory.path(), options, images);
        server.directory = Some(directory);
        server
    }

    /// In a folder that outlives it.
    pub(crate) fn at(folder: &Path, options: Options, images: impl FnOnce(&Store) -> RegistryImages) -> Self {
        let store = Arc::new(Store::open(folder).unwrap());
        let current = Arc::new(Current::new(site(images(&store))));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (shown, blobs) = (current.clone(), store.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                serve_with(listener, shown, blobs, options, async { _ = stopped.await }).await.unwrap();
            });
        });
        let server = Self { address, current, store, stop: Some(stop), thread: Some(thread), directory: None };
        // Connections are accepted before it has looked into the store.
        server.get("/v2/");
        server
    }

    /// Ends it as a signal would, and waits.
    pub(crate) fn end(mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }

    pub(crate) fn blob_path(&self, digest: &str) -> PathBuf {
        self.store.root().join("blobs").join(digest.replace(':', "/"))
    }

    /// How many files are in the store's `tmp/`.
    pub(crate) fn temporary(&self) -> usize {
        std::fs::read_dir(self.store.root().join("tmp")).unwrap().count()
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        ask(self.address, method, path)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask("GET", path).send()
    }

    /// Begins an upload; where it goes on.
    pub(crate) fn begin(&self, name: &str) -> String {
        let began = self.ask("POST", &format!("/v2/{name}/blobs/uploads/")).send();
        assert_eq!(began.status, 202, "{}", began.text());
        began.header("location").unwrap().to_owned()
    }

    /// Pushes a blob; its digest.
    pub(crate) fn blob(&self, name: &str, bytes: &[u8]) -> String {
        let digest = Digest::of(bytes).to_string();
        let pushed = self.ask("POST", &format!("/v2/{name}/blobs/uploads/?digest={digest}")).body(bytes).send();
        assert_eq!(pushed.status, 201, "{}", pushed.text());
        digest
    }

    /// Pushes a manifest under a tag, or under its digest where the tag is empty; its digest.
    pub(crate) fn manifest(&self, name: &str, tag: &str, manifest: &Value) -> String {
        let bytes = manifest.to_string();
        let digest = Digest::of(bytes.as_bytes()).to_string();
        let reference = if tag.is_empty() { &digest } else { tag };
        let put = self.put(name, reference, &bytes, manifest["mediaType"].as_str().unwrap());
        assert_eq!(put.status, 201, "{}", put.text());
        digest
    }

    pub(crate) fn put(&self, name: &str, reference: &str, bytes: &str, media_type: &str) -> Reply {
        self.ask("PUT", &format!("/v2/{name}/manifests/{reference}")).header("Content-Type", media_type).body(bytes).send()
    }

    /// Pushes an image of one layer; its digest.
    pub(crate) fn image(&self, name: &str, tag: &str, layer: &str) -> String {
        self.blob(name, b"{}");
        self.blob(name, layer.as_bytes());
        self.manifest(name, tag, &image(layer))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// Points at bytes.
pub(crate) fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len()})
}

/// An image of one layer.
pub(crate) fn image(layer: &str) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer.as_bytes())],
    })
}

/// An index of manifests.
pub(crate) fn index(children: &[&Value]) -> Value {
    let children: Vec<Value> =
        children.iter().map(|child| descriptor(child["mediaType"].as_str().unwrap(), child.to_string().as_bytes())).collect();
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": children})
}
