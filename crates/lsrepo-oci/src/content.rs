//! A manifest of somebody's image as it was received: what it points at. Its bytes stay as they are.
//!
//! Read leniently (a missing `mediaType`, `null` for nothing, fields of tomorrow), but never two ways at once: what
//! could be an image and an index is refused (CVE-2021-41190). Specs: image-spec, and Docker's schema 2.

use crate::{AnyDigest, Descriptor, Error, document::or_default, media_type};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The largest manifest that is taken or given: registries must take 4 MiB, and most take no more.
pub const MOST_MANIFEST: u64 = 4 << 20;

/// A manifest, an index, or what else a registry keeps under `manifests/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// as it says itself, or as it is by its shape
    pub media_type: String,
    /// what it points at
    pub kind: Kind,
    /// what it refers to: a signature names its image
    pub subject: Option<Descriptor<AnyDigest>>,
    /// what the whole is, where it says so
    pub artifact_type: Option<String>,
    /// sorted
    pub annotations: BTreeMap<String, String>,
}

/// What a manifest points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// one image, or an artifact in the shape of one
    Image {
        /// describes the layers
        config: Box<Descriptor<AnyDigest>>,
        /// the content, in order
        layers: Vec<Descriptor<AnyDigest>>,
    },
    /// several, for several platforms
    Index {
        /// in order
        manifests: Vec<Descriptor<AnyDigest>>,
    },
    /// blobs without a config: the artifact manifest of a draft
    Artifact {
        /// in order
        blobs: Vec<Descriptor<AnyDigest>>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default)]
    schema_version: Option<u64>,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    config: Option<Box<Descriptor<AnyDigest>>>,
    #[serde(default)]
    layers: Option<Vec<Descriptor<AnyDigest>>>,
    #[serde(default)]
    manifests: Option<Vec<Descriptor<AnyDigest>>>,
    #[serde(default)]
    blobs: Option<Vec<Descriptor<AnyDigest>>>,
    #[serde(default)]
    subject: Option<Descriptor<AnyDigest>>,
    #[serde(default)]
    fs_layers: Option<serde_json::Value>,
    #[serde(default, deserialize_with = "or_default")]
    annotations: BTreeMap<String, String>,
}

impl Content {
    /// Reads a manifest that was announced as `media_type` (empty: nothing was said).
    pub fn parse(announced: &str, bytes: &[u8]) -> Result<Self, Error> {
        let what = "manifest";
        if bytes.len() as u64 > MOST_MANIFEST {
            return Err(Error::Large { bytes: bytes.len() as u64, most: MOST_MANIFEST });
        }
        let announced = announced.split(';').next().unwrap_or_default().trim();
        let raw: Raw = serde_json::from_slice(bytes).map_err(|why| Error::Syntax { what, why })?;
        if raw.schema_version == Some(1) || raw.fs_layers.is_some() || media_type::DOCKER_SCHEMA_1.contains(&announced) {
            return Err(Error::Schema1);
        }
        let said = raw.media_type.as_deref().filter(|said| !said.is_empty());
        if let (Some(said), false) = (said, announced.is_empty())
            && said != announced
        {
            return Err(Error::Announced { announced: short(announced), said: short(said) });
        }
        let (kind, usual) = match (raw.config, raw.layers, raw.manifests, raw.blobs) {
            (None, None, Some(manifests), None) => (Kind::Index { manifests }, media_type::INDEX),
            (Some(config), layers, None, None) => {
                (Kind::Image { config, layers: layers.unwrap_or_default() }, media_type::MANIFEST)
            }
            (None, None, None, blobs) if raw.media_type.as_deref() == Some(media_type::ARTIFACT_MANIFEST) => {
                (Kind::Artifact { blobs: blobs.unwrap_or_default() }, media_type::ARTIFACT_MANIFEST)
            }
            (None, None, None, None) => return Err(Error::Shape("it has neither `config` nor `manifests`")),
            (None, Some(_), None, None) => return Err(Error::Shape("it has `layers` and no `config`")),
            _ => return Err(Error::Shape("it is an image and an index at once")),
        };
        let media_type = said.map(str::to_owned).or((!announced.is_empty()).then(|| announced.to_owned()));
        let media_type = media_type.unwrap_or_else(|| usual.to_owned());
        let fits = match &kind {
            Kind::Index { .. } => !matches!(&*media_type, media_type::MANIFEST | media_type::DOCKER_MANIFEST),
            Kind::Image { .. } => !matches!(&*media_type, media_type::INDEX | media_type::DOCKER_LIST),
            Kind::Artifact { .. } => true,
        };
        if !fits {
            return Err(Error::Shape("its content is not what its media type says"));
        }
        let Raw { artifact_type, subject, annotations, .. } = raw;
        Ok(Self { media_type, kind, subject, artifact_type: artifact_type.filter(|text| !text.is_empty()), annotations })
    }

    /// What a list of referrers says of this one: its own word, or its config's type. An index has only its own word.
    pub fn referrer_type(&self) -> Option<&str> {
        match (&self.artifact_type, &self.kind) {
            (Some(own), _) => Some(own),
            (None, Kind::Image { config, .. }) => Some(config.media_type.as_str()).filter(|text| !text.is_empty()),
            (None, _) => None,
        }
    }

    /// The manifests that it points at.
    pub fn children(&self) -> &[Descriptor<AnyDigest>] {
        match &self.kind {
            Kind::Index { manifests } => manifests,
            _ => &[],
        }
    }

    /// The config, then the layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor<AnyDigest>> {
        let (config, layers) = match &self.kind {
            Kind::Image { config, layers } => (Some(&**config), &layers[..]),
            Kind::Artifact { blobs } => (None, &blobs[..]),
            Kind::Index { .. } => (None, &[][..]),
        };
        config.into_iter().chain(layers)
    }
}

fn short(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> String {
        format!("sha256:{}", "a".repeat(64))
    }

    fn one() -> String {
        format!(r#"{{"mediaType":"x","digest":"{}","size":1}}"#, digest())
    }

    #[test]
    fn an_image_may_leave_its_media_type_out() {
        let bytes = format!(r#"{{"schemaVersion":2,"config":{},"layers":[{}],"annotations":null,"new":[1]}}"#, one(), one());
        let content = Content::parse("", bytes.as_bytes()).unwrap();
        assert_eq!((content.media_type.as_str(), content.blobs().count()), (media_type::MANIFEST, 2));
        let docker = Content::parse(media_type::DOCKER_MANIFEST, bytes.as_bytes()).unwrap();
        assert_eq!(docker.media_type, media_type::DOCKER_MANIFEST);
        let parameters = Content::parse("application/vnd.oci.image.manifest.v1+json; charset=utf-8", bytes.as_bytes()).unwrap();
        assert_eq!(parameters.media_type, media_type::MANIFEST);
    }

    #[test]
    fn what_can_be_read_two_ways_is_refused() {
        let (one, index, manifest) = (one(), media_type::INDEX, media_type::MANIFEST);
        for (announced, text) in [
            ("", format!(r#"{{"config":{one},"layers":[],"manifests":[]}}"#)),
            ("", format!(r#"{{"layers":[{one}]}}"#)),
            ("", r#"{"schemaVersion":2}"#.to_owned()),
            (index, format!(r#"{{"config":{one},"layers":[]}}"#)),
            (manifest, r#"{"manifests":[]}"#.to_owned()),
            (manifest, format!(r#"{{"mediaType":"{index}","manifests":[]}}"#)),
            ("", format!(r#"{{"mediaType":"{manifest}","manifests":[]}}"#)),
            ("", r#"{"schemaVersion":1,"fsLayers":[],"history":[]}"#.to_owned()),
            ("", "[]".to_owned()),
            ("", format!(r#"{{"manifests":[{{"mediaType":"x","digest":"{}","size":-1}}]}}"#, digest())),
            ("", r#"{"manifests":[{"mediaType":"x","digest":"sha256:../../x","size":1}]}"#.to_owned()),
        ] {
            assert!(Content::parse(announced, text.as_bytes()).is_err(), "{text}");
        }
    }
}
