//! The documents of an image layout. Equal values give equal bytes: keys in a fixed order, no white space.

use crate::{Error, ImagePlatform, media_type};
use lsrepo_types::Digest;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// Points at content: at a blob of ours by its SHA-256, or in somebody's image by an [`AnyDigest`](crate::AnyDigest).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor<D = Digest> {
    /// what the content is
    #[serde(default)]
    pub media_type: String,
    /// of the content
    pub digest: D,
    /// bytes
    pub size: u64,
    /// where else the content may be had: of layers that only their owner may distribute
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub urls: Vec<String>,
    /// for whom a manifest in an index is
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ImagePlatform>,
    /// what kind of artifact a manifest describes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// sorted
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
}

impl<D> Descriptor<D> {
    /// A descriptor without annotations.
    pub fn new(media_type: &str, digest: D, size: u64) -> Self {
        let (urls, annotations) = (Vec::new(), BTreeMap::new());
        Self { media_type: media_type.to_owned(), digest, size, urls, platform: None, artifact_type: None, annotations }
    }

    /// The same with one annotation more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.annotations.insert(name.to_owned(), value.into());
        self
    }

    /// An annotation's value.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(String::as_str)
    }
}

/// A config and its layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u64,
    #[serde(default)]
    media_type: String,
    /// what the whole is
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// what describes the layers
    pub config: Descriptor,
    /// the content, in order
    pub layers: Vec<Descriptor>,
    /// what it refers to
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// sorted
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// An artifact's manifest.
    pub fn new(artifact_type: &str, config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: media_type::MANIFEST.to_owned(),
            artifact_type: Some(artifact_type.to_owned()),
            config,
            layers,
            subject: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Reads a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let manifest: Self = read("manifest", bytes)?;
        check("manifest", manifest.schema_version, &manifest.media_type, media_type::MANIFEST)?;
        Ok(manifest)
    }

    /// The bytes that its digest is of.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// Config and layers.
    pub fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        std::iter::once(&self.config).chain(&self.layers)
    }
}

/// A list of manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    schema_version: u64,
    #[serde(default)]
    media_type: String,
    /// what the whole is
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// in order
    pub manifests: Vec<Descriptor>,
    /// sorted
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Index {
    /// An index of these manifests.
    pub fn new(manifests: Vec<Descriptor>) -> Self {
        let annotations = BTreeMap::new();
        Self { schema_version: 2, media_type: media_type::INDEX.to_owned(), artifact_type: None, manifests, annotations }
    }

    /// Reads an index.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let index: Self = read("index.json", bytes)?;
        check("index.json", index.schema_version, &index.media_type, media_type::INDEX)?;
        Ok(index)
    }

    /// Its canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }
}

/// The file `oci-layout`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageLayout {
    /// `1.0.0`
    pub image_layout_version: String,
}

impl ImageLayout {
    /// The bytes that every layout of this version has.
    pub const BYTES: &'static [u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
}

fn read<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|why| Error::Syntax { what, why })
}

/// `null` is written by some tools where nothing is meant.
pub(crate) fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

fn write(value: &impl Serialize) -> Vec<u8> {
    // Nothing in these types can fail: every key is a string, and a Vec takes all.
    serde_json::to_vec(value).unwrap_or_default()
}

fn check(what: &'static str, version: u64, found: &str, wanted: &'static str) -> Result<(), Error> {
    match (version, found) {
        (2, "") => Ok(()),
        (2, found) if found == wanted => Ok(()),
        (2, found) => Err(Error::MediaType { what, found: found.chars().take(120).collect(), wanted }),
        (version, _) => Err(Error::Version { what, version }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_survives_its_bytes() {
        let config = Descriptor::new(media_type::LOCK, Digest::of(b"lock"), 4);
        let layer = Descriptor::new(media_type::DEB, Digest::of(b"deb"), 3).with(crate::annotation::TITLE, "a_1_all.deb");
        let manifest = Manifest::new(crate::ARTIFACT_TYPE, config, vec![layer]);
        let bytes = manifest.to_bytes();
        assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
        let start = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"#;
        assert!(bytes.starts_with(start.as_bytes()));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let digest = Digest::of(b"");
        let index = |version: u32, size: i32| {
            let manifest = format!(r#"{{"mediaType":"x","digest":"{digest}","size":{size}}}"#);
            Index::parse(format!(r#"{{"schemaVersion":{version},"manifests":[{manifest}]}}"#).as_bytes())
        };
        assert!(index(2, 1).is_ok());
        assert!(index(1, 1).unwrap_err().to_string().contains("schemaVersion 1"));
        assert!(index(2, -1).is_err());
        assert!(Manifest::parse(b"[]").is_err());
    }
}
