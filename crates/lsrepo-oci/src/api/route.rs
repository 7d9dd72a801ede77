//! What a path below `/v2/` asks for. A path that is wrong is an error in words, never another path.
//!
//! Names may have parts such as `blobs` and `tags` themselves, so a path is read from its end.

use super::{
    error::{ApiError, ErrorCode, short},
    query::decode,
};
use crate::{AnyDigest, RepositoryName, Tag};
use std::{fmt, str::FromStr};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v2/`: is there a registry?
    Base,
    /// `/v2/_catalog`: which repositories are there?
    Catalog,
    /// `/v2/<name>/tags/list`
    Tags {
        /// the repository
        name: RepositoryName,
    },
    /// `/v2/<name>/manifests/<reference>`
    Manifest {
        /// the repository
        name: RepositoryName,
        /// which manifest
        reference: ManifestReference,
    },
    /// `/v2/<name>/blobs/<digest>`
    Blob {
        /// the repository
        name: RepositoryName,
        /// which blob
        digest: AnyDigest,
    },
    /// `/v2/<name>/blobs/uploads/`
    Uploads {
        /// the repository
        name: RepositoryName,
    },
    /// `/v2/<name>/blobs/uploads/<id>`
    Upload {
        /// the repository
        name: RepositoryName,
        /// which upload
        id: UploadId,
    },
    /// `/v2/<name>/referrers/<digest>`
    Referrers {
        /// the repository
        name: RepositoryName,
        /// what is referred to
        digest: AnyDigest,
    },
}

/// How a manifest is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestReference {
    /// by a name that can move; also `sha256-<hex>` is only a tag
    Tag(Tag),
    /// by what it is
    Digest(AnyDigest),
}

impl fmt::Display for ManifestReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ManifestReference::Tag(tag) => tag.fmt(f),
            ManifestReference::Digest(digest) => digest.fmt(f),
        }
    }
}

impl Route {
    /// Reads a path as it was sent, with its `/v2`.
    pub fn parse(path: &str) -> Result<Self, ApiError> {
        let inside = match path.strip_prefix("/v2") {
            Some("" | "/") => return Ok(Route::Base),
            Some("/_catalog") => return Ok(Route::Catalog),
            Some(rest) => rest.strip_prefix('/').ok_or_else(nowhere)?,
            None => return Err(nowhere()),
        };
        let (before, last) = inside.rsplit_once('/').ok_or_else(nowhere)?;
        let (name, kind) = before.rsplit_once('/').ok_or_else(nowhere)?;
        match (kind, last) {
            ("tags", "list") => Ok(Route::Tags { name: self::name(name)? }),
            ("manifests", reference) => Ok(Route::Manifest { name: self::name(name)?, reference: self::reference(reference)? }),
            ("blobs", "uploads") => Ok(Route::Uploads { name: self::name(name)? }),
            ("blobs", digest) => Ok(Route::Blob { name: self::name(name)?, digest: self::digest(digest)? }),
            ("referrers", digest) => Ok(Route::Referrers { name: self::name(name)?, digest: self::digest(digest)? }),
            ("uploads", id) => {
                let name = name.strip_suffix("/blobs").ok_or_else(nowhere)?;
                let name = self::name(name)?;
                if id.is_empty() {
                    return Ok(Route::Uploads { name });
                }
                let unknown = |()| ApiError::new(ErrorCode::BlobUploadUnknown, "there is no such upload").about("id", id);
                Ok(Route::Upload { id: id.parse().map_err(unknown)?, name })
            }
            _ => Err(nowhere()),
        }
    }

    /// The repository, where it is about one.
    pub fn name(&self) -> Option<&RepositoryName> {
        match self {
            Route::Base | Route::Catalog => None,
            Route::Tags { name }
            | Route::Manifest { name, .. }
            | Route::Blob { name, .. }
            | Route::Uploads { name }
            | Route::Upload { name, .. }
            | Route::Referrers { name, .. } => Some(name),
        }
    }
}

fn nowhere() -> ApiError {
    ApiError::new(ErrorCode::Unsupported, "the registry's API has no such path").with_status(404)
}

/// Each part decoded by itself: an escaped slash is part of a part, and then no name.
fn name(raw: &str) -> Result<RepositoryName, ApiError> {
    let wrong = || ApiError::new(ErrorCode::NameInvalid, "that is not the name of a repository").about("name", raw);
    if raw.contains('%') && raw.split('/').any(|part| decode(part).is_none_or(|part| part.contains('/'))) {
        return Err(wrong());
    }
    decode(raw).ok_or_else(wrong)?.parse().map_err(|_| wrong())
}

fn digest(raw: &str) -> Result<AnyDigest, ApiError> {
    let wrong = || ApiError::new(ErrorCode::DigestInvalid, "that is not a digest of SHA-256 or SHA-512").about("digest", raw);
    decode(raw).ok_or_else(wrong)?.parse().map_err(|_| wrong())
}

fn reference(raw: &str) -> Result<ManifestReference, ApiError> {
    let text = decode(raw).unwrap_or_default();
    if text.contains(':') {
        return digest(raw).map(ManifestReference::Digest);
    }
    let wrong = |_| ApiError::new(ErrorCode::ManifestInvalid, format!("`{}` is not a tag", short(raw))).about("tag", raw);
    text.parse().map(ManifestReference::Tag).map_err(wrong)
}

/// The name of an upload: a UUID in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UploadId(Box<str>);

impl UploadId {
    /// From 16 random bytes.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        // RFC 9562, version 4
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text.into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for UploadId {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            });
        fits.then(|| Self(text.into())).ok_or(())
    }
}

#[cfg(test)]
mod tests;
