//! `manifest.json` of a Docker archive: which files of a tar are the config and the layers of an image.
//!
//! `docker save` writes it beside an image layout since version 25, with the layout's own file names; older ones wrote
//! only this, with names of their own. `docker load` of any age goes by it, and looks into each layer for its
//! compression: gzip may stay. Format: <https://github.com/moby/docker-image-spec>, "Combined Image JSON + Filesystem
//! Changeset Format".

use crate::{AnyDigest, Content, Kind, Reference, media_type};
use serde::Serialize;

/// One image of a Docker archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerImage {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

/// Why an image cannot be in a Docker archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DockerArchiveError {
    /// an index
    #[error("it is an index of several images")]
    Index,
    /// a chart, a signature, …
    #[error("it is no image: its {what} is `{media_type}`")]
    NoImage {
        /// config, or a layer
        what: &'static str,
        /// its type
        media_type: String,
    },
    /// newer than many a client
    #[error(
        "layer {0} is compressed with zstd, which Docker before version 23 cannot load\nhint: --format oci keeps it as it is; podman, containerd and newer Docker load that"
    )]
    Zstd(AnyDigest),
}

impl DockerImage {
    /// The image that a manifest describes, under these tags. A reference without a tag gives it no name: an archive of
    /// this kind knows no digests. `familiar` tags are written as `docker save` writes them.
    pub fn of(manifest: &Content, names: &[&Reference], familiar: bool) -> Result<Self, DockerArchiveError> {
        let Kind::Image { config, layers } = &manifest.kind else { return Err(DockerArchiveError::Index) };
        let wrong = |what, media_type: &str| {
            let media_type = media_type.chars().take(120).collect();
            Err(DockerArchiveError::NoImage { what, media_type })
        };
        if !matches!(&*config.media_type, media_type::IMAGE_CONFIG | media_type::DOCKER_CONFIG) {
            return wrong("config", &config.media_type);
        }
        for layer in layers {
            let packed = layer.media_type.rsplit('.').next().unwrap_or_default();
            match packed {
                "tar+zstd" | "zstd" => return Err(DockerArchiveError::Zstd(layer.digest)),
                "tar" | "tar+gzip" | "gzip" if media_type::is_layer(&layer.media_type) => {}
                _ => return wrong("layer", &layer.media_type),
            }
        }
        let written = |name: &Reference| if familiar { name.familiar_name() } else { name.name() };
        let tagged = |name: &&Reference| name.tag.as_ref().map(|tag| format!("{}:{tag}", written(name)));
        Ok(Self {
            config: blob_path(&config.digest),
            repo_tags: names.iter().filter_map(tagged).collect(),
            layers: layers.iter().map(|layer| blob_path(&layer.digest)).collect(),
        })
    }
}

/// The bytes of `manifest.json`.
pub fn docker_manifest(images: &[DockerImage]) -> Vec<u8> {
    // Strings and lists of them: nothing in it can fail.
    serde_json::to_vec(images).unwrap_or_default()
}

/// Where an image layout keeps the blob of a digest.
pub fn blob_path(digest: &AnyDigest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsrepo_types::Digest;

    fn image(config: &str, layer: &str) -> Content {
        let one = |media_type: &str, text: &str| {
            format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":{}}}"#, Digest::of(text.as_bytes()), text.len())
        };
        let bytes = format!(r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#, one(config, "config"), one(layer, "layer"));
        Content::parse("", bytes.as_bytes()).unwrap()
    }

    #[test]
    fn the_manifest_names_the_files_of_the_layout() {
        let content = image(media_type::DOCKER_CONFIG, "application/vnd.docker.image.rootfs.diff.tar.gzip");
        let (tag, digest) = ("nginx:1".parse().unwrap(), format!("a.b/c@{}", Digest::of(b"x")).parse().unwrap());
        let image = DockerImage::of(&content, &[&tag, &digest], false).unwrap();
        let text = String::from_utf8(docker_manifest(&[image])).unwrap();
        let (config, layer) = (Digest::of(b"config").hex(), Digest::of(b"layer").hex());
        assert_eq!(
            text,
            format!(
                r#"[{{"Config":"blobs/sha256/{config}","RepoTags":["docker.io/library/nginx:1"],"Layers":["blobs/sha256/{layer}"]}}]"#
            )
        );
    }

    #[test]
    fn familiar_tags_are_those_of_docker_save() {
        let content = image(media_type::DOCKER_CONFIG, "application/vnd.docker.image.rootfs.diff.tar.gzip");
        let names = ["nginx:1".parse().unwrap(), "quay.io/org/app:2".parse().unwrap()];
        let image = DockerImage::of(&content, &[&names[0], &names[1]], true).unwrap();
        assert_eq!(image.repo_tags, ["nginx:1", "quay.io/org/app:2"]);
    }

    #[test]
    fn what_docker_cannot_load_is_told_in_words() {
        let layer = "application/vnd.oci.image.layer.v1.tar";
        let of = |config: &str, layer: &str| DockerImage::of(&image(config, layer), &[], false);
        assert!(of(media_type::IMAGE_CONFIG, layer).is_ok() && of(media_type::IMAGE_CONFIG, &format!("{layer}+gzip")).is_ok());
        let said = of(media_type::IMAGE_CONFIG, &format!("{layer}+zstd")).unwrap_err().to_string();
        assert!(said.contains("zstd") && said.contains("--format oci"), "{said}");
        let said = of("application/vnd.cncf.helm.config.v1+json", layer).unwrap_err().to_string();
        assert_eq!(said, "it is no image: its config is `application/vnd.cncf.helm.config.v1+json`");
        assert!(of(media_type::IMAGE_CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json").is_err());
        assert!(of(media_type::IMAGE_CONFIG, &format!("{layer}+encrypted")).is_err());
        let index = Content::parse("", br#"{"schemaVersion":2,"manifests":[]}"#).unwrap();
        assert_eq!(DockerImage::of(&index, &[], false), Err(DockerArchiveError::Index));
    }
}
