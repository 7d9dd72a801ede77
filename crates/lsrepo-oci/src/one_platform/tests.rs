use super::*;
use crate::Survey;
use lsrepo_types::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Default)]
struct Shelf(BTreeMap<AnyDigest, Vec<u8>>);

impl Shelf {
    fn add(&mut self, media_type: &str, value: &Value) -> Value {
        let bytes = serde_json::to_vec(value).unwrap();
        let digest = Digest::of(&bytes);
        self.0.insert(digest.into(), bytes.clone());
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    fn image(&mut self, arch: &str) -> Value {
        let config = self.add(media_type::IMAGE_CONFIG, &json!({"os": "linux", "architecture": arch}));
        let layer = json!({"mediaType": "layer", "digest": Digest::of(arch.as_bytes()).to_string(), "size": arch.len()});
        self.add(media_type::MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": [layer]}))
    }

    fn referrer(&mut self, tag: Option<&str>, subject: &Value) -> Referrer {
        let config = self.add("application/vnd.oci.empty.v1+json", &json!({}));
        let signature = json!({"schemaVersion": 2, "config": config, "layers": [], "subject": subject, "annotations": {"n": tag.unwrap_or("")}});
        let root = serde_json::from_value(self.add(media_type::MANIFEST, &signature)).unwrap();
        Referrer { tag: tag.map(|tag| tag.parse().unwrap()), survey: self.survey(&root, &[]), root }
    }

    fn survey(&self, root: &Descriptor<AnyDigest>, platforms: &[&str]) -> Survey {
        let platforms = platforms.iter().map(|text| text.parse().unwrap()).collect();
        survey(root, &Wanted { platforms, foreign: false }, &mut |one| self.0.get(&one.digest).cloned()).unwrap()
    }

    fn kept(&self, root: &Value, platforms: &[&str], referrers: Vec<Referrer>) -> Image {
        let root: Descriptor<AnyDigest> = serde_json::from_value(root.clone()).unwrap();
        let survey = self.survey(&root, platforms);
        Image { reference: "a.b/c:1".parse().unwrap(), root, survey, referrers }
    }

    fn only(&self, image: &Image, platform: &str) -> Result<Image, SurveyError> {
        image.only(&platform.parse().unwrap(), &mut |one| self.0.get(&one.digest).cloned())
    }

    fn whole(&self, image: &Image) -> Vec<String> {
        image.whole_platforms(&mut |one| self.0.get(&one.digest).cloned()).iter().map(ToString::to_string).collect()
    }
}

fn on(descriptor: &Value, arch: &str) -> Value {
    let mut descriptor = descriptor.clone();
    descriptor["platform"] = json!({"os": "linux", "architecture": arch});
    descriptor
}

/// An index within an index, and an attestation beside the images.
fn nested(shelf: &mut Shelf) -> (Value, Value, Value) {
    let (amd64, arm64) = (shelf.image("amd64"), shelf.image("arm64"));
    let attestation = shelf.add(media_type::MANIFEST, &json!({"schemaVersion": 2, "config": amd64.clone(), "layers": []}));
    let mut attestation = on(&attestation, "unknown");
    attestation["platform"]["os"] = json!("unknown");
    let inner = shelf.add(media_type::INDEX, &json!({"schemaVersion": 2, "manifests": [arm64.clone(), attestation]}));
    let root = shelf.add(media_type::INDEX, &json!({"schemaVersion": 2, "manifests": [on(&amd64, "amd64"), inner]}));
    (root, amd64, arm64)
}

#[test]
fn one_platforms_manifest_becomes_the_root() {
    let mut shelf = Shelf::default();
    let (root, _, arm64) = nested(&mut shelf);
    let image = shelf.kept(&root, &[], Vec::new());
    let only = shelf.only(&image, "linux/arm64/v8").unwrap();
    assert_eq!(only.root.digest.to_string(), arm64["digest"].as_str().unwrap());
    assert_eq!((only.survey.manifests.len(), only.survey.blobs.len(), only.survey.left_out.len()), (1, 2, 0));
    assert_eq!(shelf.whole(&image), ["linux/amd64", "linux/arm64"]);
    let said = shelf.only(&image, "linux/s390x").unwrap_err().to_string();
    assert_eq!(said, "it has nothing for linux/s390x (it has: linux/amd64, linux/arm64)");
}

#[test]
fn layers_that_were_not_wanted_are_still_not_there() {
    let mut shelf = Shelf::default();
    let (root, ..) = nested(&mut shelf);
    let image = shelf.kept(&root, &["linux/amd64"], Vec::new());
    assert_eq!(shelf.whole(&image), ["linux/amd64"]);
    assert!(shelf.only(&image, "linux/amd64").unwrap().survey.left_out.is_empty());
    assert_eq!(shelf.only(&image, "linux/arm64").unwrap().survey.left_out.len(), 1);
}

#[test]
fn an_image_without_an_index_is_its_own_platform() {
    let mut shelf = Shelf::default();
    let amd64 = shelf.image("amd64");
    let image = shelf.kept(&amd64, &[], Vec::new());
    assert_eq!(shelf.only(&image, "linux/amd64").unwrap(), image);
    assert!(shelf.only(&image, "linux/arm64").is_err());
}

#[test]
fn what_refers_to_the_manifest_stays_and_what_refers_to_the_index_does_not() {
    let mut shelf = Shelf::default();
    let (root, amd64, arm64) = nested(&mut shelf);
    let hex = |one: &Value| one["digest"].as_str().unwrap().replace(':', "-");
    let other = shelf.image("other");
    let of_index = shelf.referrer(None, &root);
    let sbom = shelf.referrer(None, &arm64);
    let of_sbom = shelf.referrer(None, &json!(sbom.root));
    let cosign = shelf.referrer(Some(&format!("{}.sig", hex(&arm64))), &other);
    let foreign = shelf.referrer(Some(&format!("{}.sig", hex(&amd64))), &other);
    let list = shelf.referrer(Some(&hex(&arm64)), &other);
    // The signature of the SBOM stands before it: order does not matter.
    let all = vec![of_index, of_sbom.clone(), sbom.clone(), cosign.clone(), foreign, list.clone()];
    let image = shelf.kept(&root, &[], all);
    assert_eq!(shelf.only(&image, "linux/arm64").unwrap().referrers, [of_sbom, sbom, cosign, list]);
}
