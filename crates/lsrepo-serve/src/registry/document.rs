//! A pushed repository on disk: `registry/<SHA-256 of its name>.json` in the store, written as a whole before a client
//! hears that its push is done. Version 1.

use super::repository::{Repository, StoredBlob, StoredManifest};
use http::HeaderValue;
use lsrepo_oci::{AnyDigest, Tag};
use lsrepo_types::{Digest, RelPath, RelPathError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const VERSION: u64 = 1;

/// Where the documents are.
pub(crate) const FOLDER: &str = "registry";

/// Where a repository's document is.
pub(crate) fn path(name: &str) -> Result<RelPath, RelPathError> {
    format!("{FOLDER}/{}.json", Digest::of(name.as_bytes()).hex()).parse()
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    name: String,
    tags: BTreeMap<Tag, AnyDigest>,
    manifests: BTreeMap<AnyDigest, ManifestEntry>,
    blobs: BTreeMap<AnyDigest, BlobEntry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    removed: BTreeMap<Digest, u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestEntry {
    media_type: String,
    size: u64,
    added: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<AnyDigest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact_type: Option<Box<str>>,
    /// where the name is not itself a SHA-256
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Digest>,
}

#[derive(Serialize, Deserialize)]
struct BlobEntry {
    size: u64,
    added: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Digest>,
}

/// The bytes of a repository's document.
pub(crate) fn render(name: &str, repository: &Repository) -> Vec<u8> {
    let sha256 = |digest: &AnyDigest, blob: Digest| (digest.sha256() != Some(blob)).then_some(blob);
    let manifest = |(digest, one): (&AnyDigest, &StoredManifest)| {
        let entry = ManifestEntry {
            media_type: one.media_type.to_str().unwrap_or_default().to_owned(),
            size: one.size,
            added: one.added,
            subject: one.subject,
            artifact_type: one.artifact_type.clone(),
            sha256: sha256(digest, one.blob),
        };
        (*digest, entry)
    };
    let blob = |(digest, one): (&AnyDigest, &StoredBlob)| {
        (*digest, BlobEntry { size: one.size, added: one.added, sha256: sha256(digest, one.blob) })
    };
    let document = Document {
        version: VERSION,
        name: name.to_owned(),
        tags: repository.tags.clone(),
        manifests: repository.manifests.iter().map(manifest).collect(),
        blobs: repository.blobs.iter().map(blob).collect(),
        removed: repository.removed.clone(),
    };
    let mut bytes = serde_json::to_vec(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Reads a document that is at `at`.
pub(crate) fn parse(at: &RelPath, bytes: &[u8]) -> Result<(String, Repository), String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|why| why.to_string())?;
    if document.version != VERSION {
        return Err(format!("its version is {}, and {VERSION} is understood", document.version));
    }
    if path(&document.name).ok().as_ref() != Some(at) {
        return Err("it is not the document of the repository that it names".to_owned());
    }
    let blob = |digest: &AnyDigest, sha256: Option<Digest>| {
        digest.sha256().or(sha256).ok_or_else(|| format!("it does not say where {digest} is"))
    };
    let mut repository = Repository { tags: document.tags, removed: document.removed, ..Repository::default() };
    for (digest, one) in document.manifests {
        let media_type = HeaderValue::from_str(&one.media_type).map_err(|_| format!("the media type of {digest} is none"))?;
        let (blob, ManifestEntry { size, added, subject, artifact_type, .. }) = (blob(&digest, one.sha256)?, one);
        repository.manifests.insert(digest, StoredManifest { blob, size, media_type, subject, artifact_type, added });
    }
    for (digest, one) in document.blobs {
        repository.blobs.insert(digest, StoredBlob { blob: blob(&digest, one.sha256)?, size: one.size, added: one.added });
    }
    Ok((document.name, repository))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsrepo_types::Sha512;

    #[test]
    fn a_repository_survives_its_document() {
        let (blob, sha512) = (Digest::of(b"x"), AnyDigest::Sha512(Sha512::of(b"x")));
        let mut repository = Repository::default();
        repository.tags.insert("latest".parse().unwrap(), sha512);
        let manifest = StoredManifest {
            blob,
            size: 1,
            media_type: HeaderValue::from_static("application/json"),
            subject: Some(blob.into()),
            artifact_type: Some("a/b".into()),
            added: 7,
        };
        repository.manifests.insert(sha512, manifest);
        repository.blobs.insert(blob.into(), StoredBlob { blob, size: 1, added: 8 });
        repository.removed.insert(blob, 9);
        let at = path("a/b").unwrap();
        let bytes = render("a/b", &repository);
        assert_eq!(parse(&at, &bytes).unwrap(), ("a/b".to_owned(), repository));
        assert!(parse(&path("other").unwrap(), &bytes).unwrap_err().contains("not the document"));
        let lost = String::from_utf8(bytes.clone()).unwrap().replace(&format!(",\"sha256\":\"{blob}\""), "");
        assert!(parse(&at, lost.as_bytes()).unwrap_err().contains("does not say where"));
        let newer = String::from_utf8(bytes).unwrap().replace("\"version\":1", "\"version\":2");
        assert!(parse(&at, newer.as_bytes()).unwrap_err().contains("version is 2"));
    }
}
