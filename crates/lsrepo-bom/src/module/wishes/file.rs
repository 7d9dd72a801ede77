//! A wanted file, by its URL.

use crate::{
    download::{Checksums, FileRequest},
    module::only::{Only, for_arch, patterns_are_whole},
    requirement::RequirementError,
};
use lsrepo_types::{Arch, Digest, Family, Os};
use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};
use std::collections::BTreeMap;

/// A wanted file. `{arch:WORD|WORD}` in its texts: the word for x86_64 and the word for arm64.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "FileEntry")]
#[schemars(with = "FileEntry")]
pub struct FileWish {
    url: String,
    name: Option<String>,
    folder: Option<String>,
    sha256: BTreeMap<Arch, Digest>,
    mirrors: Vec<String>,
    checksums: Option<Checksums>,
    /// where
    pub only: Only,
}

impl FileWish {
    /// The file for this architecture.
    pub fn request(&self, arch: Arch) -> FileRequest {
        let url = for_arch(&self.url, arch);
        let name = self.name.as_ref().map_or_else(|| FileRequest::name_in(&url).to_owned(), |name| for_arch(name, arch));
        let name = self.folder.as_ref().map_or(name.clone(), |folder| format!("{}/{name}", for_arch(folder, arch)));
        let on_arch = |text: &String| for_arch(text, arch);
        FileRequest {
            name,
            digest: self.sha256.get(&arch).copied(),
            mirrors: self.mirrors.iter().map(on_arch).collect(),
            checksums: self.checksums.as_ref().map(|checksums| Checksums {
                url: on_arch(&checksums.url),
                signature: checksums.signature.as_ref().map(on_arch),
                key: checksums.key.clone(),
            }),
            url,
        }
    }
}

/// A SHA-256 in hexadecimal digits: one for all architectures, or one for each.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected 64 hexadecimal digits in quotes, or those of each architecture: {x86_64: …, arm64: …}")]
pub(super) enum Sha256 {
    One(String),
    #[schemars(with = "BTreeMap<String, String>")]
    PerArch(BTreeMap<Arch, String>),
}

impl Sha256 {
    fn per_arch(self) -> Result<BTreeMap<Arch, Digest>, RequirementError> {
        let all = match self {
            Sha256::One(hex) => Arch::ALL.into_iter().map(|arch| (arch, hex.clone())).collect(),
            Sha256::PerArch(all) => all,
        };
        all.into_iter().map(|(arch, hex)| Ok((arch, Digest::from_hex(&hex).map_err(|_| RequirementError::Digest(hex))?))).collect()
    }
}

/// A published file of checksums: its address, or also that of its signature.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the address of a file of checksums, or {url, signature, key}")]
pub(super) enum ChecksumsEntry {
    Url(String),
    Signed(SignedChecksums),
}

/// A file of checksums with its signature.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedChecksums {
    /// `SHA256SUMS`, or a file that holds one digest
    url: String,
    /// address of its detached OpenPGP signature
    signature: Option<String>,
    /// address, file or text of the key that makes it
    key: Option<String>,
}

/// A file to download.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "File")]
pub(super) struct FileEntry {
    /// address; `{arch:A|B}` is A on x86_64 and B on arm64
    pub(super) url: String,
    /// the name to keep it under; otherwise the last part of the address
    pub(super) name: Option<String>,
    /// the folder to keep it in
    pub(super) folder: Option<String>,
    /// other addresses of the same bytes, tried in this order
    #[serde(default)]
    pub(super) mirrors: Vec<String>,
    /// of the file, one for all architectures or one for each
    pub(super) sha256: Option<Sha256>,
    /// where its digest is published
    pub(super) checksums: Option<ChecksumsEntry>,
    /// never good enough: refused with what to do instead
    #[schemars(skip)]
    pub(super) allow_mismatch: Option<IgnoredAny>,
    /// only on these: `debian-12`
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) os: Vec<Os>,
    /// only on these: `debian` or `redhat`
    #[schemars(with = "Option<String>")]
    pub(super) os_family: Option<Family>,
    /// only on these: `x86_64`, `arm64`
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) arch: Vec<Arch>,
}

impl TryFrom<FileEntry> for FileWish {
    type Error = String;

    fn try_from(entry: FileEntry) -> Result<Self, String> {
        if entry.allow_mismatch.is_some() {
            return Err(format!(
                "`allow_mismatch` is not taken: bytes that are not what was promised are never carried\n\
                 hint: where the file was changed upstream, look at it and say `lsrepo lock --repin {}`",
                entry.url
            ));
        }
        let checksums = entry.checksums.map(|checksums| match checksums {
            ChecksumsEntry::Url(url) => Checksums { url, signature: None, key: None },
            ChecksumsEntry::Signed(SignedChecksums { url, signature, key }) => Checksums { url, signature, key },
        });
        let sha256 = entry.sha256.map(Sha256::per_arch).transpose().map_err(|error| error.to_string())?;
        let wish = Self {
            sha256: sha256.unwrap_or_default(),
            url: entry.url,
            name: entry.name,
            folder: entry.folder,
            mirrors: entry.mirrors,
            checksums,
            only: Only { os: entry.os, os_family: entry.os_family, arch: entry.arch },
        };
        let texts = [&wish.url]
            .into_iter()
            .chain(&wish.name)
            .chain(&wish.folder)
            .chain(&wish.mirrors)
            .chain(wish.checksums.iter().map(|one| &one.url));
        if let Some(text) = texts.into_iter().find(|text| !patterns_are_whole(text)) {
            return Err(format!("`{text}`: a pattern is written `{{arch:WORD|WORD}}`, for x86_64 and for arm64"));
        }
        if wish.name.as_ref().is_some_and(|name| name.contains('/')) {
            return Err(format!("`{}`: a name has no `/`\nhint: `folder` says where it is kept", wish.name.unwrap_or_default()));
        }
        for arch in Arch::ALL {
            wish.request(arch).check().map_err(|error| error.to_string())?;
        }
        Ok(wish)
    }
}
