//! Images as `prepare` and `import` leave them in a store.

use crate::server::descriptor;
use lsrepo_oci::{Image, ImagePlatform, Referrer, Wanted, survey};
use lsrepo_serve::RegistryImages;
use lsrepo_store::Store;
use lsrepo_types::Arch;
use serde_json::{Value, json};

pub(crate) const MANIFEST: &str = crate::server::MANIFEST;
pub(crate) const INDEX: &str = crate::server::INDEX;
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Puts a document into the store; what points at it.
pub(crate) fn document(store: &Store, media_type: &str, value: &Value) -> Value {
    let bytes = value.to_string();
    store.put(bytes.as_bytes()).unwrap();
    descriptor(media_type, bytes.as_bytes())
}

/// An image for one architecture, with its only layer where `with_layer`.
pub(crate) fn single(store: &Store, arch: &str, layer: &str, with_layer: bool) -> Value {
    let config = document(store, CONFIG, &json!({"os": "linux", "architecture": arch}));
    if with_layer {
        store.put(layer.as_bytes()).unwrap();
    }
    let layers = [descriptor(LAYER, layer.as_bytes())];
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
    document(store, MANIFEST, &manifest)
}

/// An index of an image for amd64 and one for arm64, of which only the first has its layer.
pub(crate) fn sparse(store: &Store, text: &str) -> Value {
    let mut children =
        [single(store, "amd64", &format!("{text} amd64"), true), single(store, "arm64", &format!("{text} arm64"), false)];
    for (child, arch) in children.iter_mut().zip(["amd64", "arm64"]) {
        child["platform"] = json!({"os": "linux", "architecture": arch});
    }
    document(store, INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": children}))
}

/// An image as it was found by walking from its root, wanted for amd64.
pub(crate) fn found(store: &Store, reference: &str, root: &Value) -> Image {
    let root = serde_json::from_value(root.clone()).unwrap();
    let wanted = Wanted { platforms: vec![ImagePlatform::linux(Arch::X86_64)], foreign: false };
    let survey = survey(&root, &wanted, &mut |one| store.read(&one.digest.sha256()?, 1 << 22).ok()).unwrap();
    Image { reference: reference.parse().unwrap(), root, survey, referrers: Vec::new() }
}

/// What travels with an image, under a tag of its own where it has one.
pub(crate) fn referrer(store: &Store, tag: Option<&str>, root: &Value) -> Referrer {
    let image = found(store, "x.test/x:1", root);
    Referrer { tag: tag.map(|tag| tag.parse().unwrap()), root: image.root, survey: image.survey }
}

/// An image of amd64 alone, named so.
pub(crate) fn add(images: &mut RegistryImages, store: &Store, reference: &str, layer: &str) -> String {
    let root = single(store, "amd64", layer, true);
    images.add(&found(store, reference, &root), store).unwrap();
    root["digest"].as_str().unwrap().to_owned()
}
