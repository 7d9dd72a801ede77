//! What a bundle holds, from its head alone.

use crate::{error::BundleError, head, reader::Reader};
use lsrepo_oci::{annotation, media_type};
use lsrepo_sign::Keyring;
use lsrepo_types::{Digest, Timestamp};
use serde::Serialize;
use std::{collections::BTreeMap, io::Read};

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// fingerprint of the key that signed it
    pub signer: String,
    /// whether that key is trusted here
    pub trusted: bool,
    /// when it was made
    pub created: Option<Timestamp>,
    /// different packages
    pub packages: u64,
    /// their bytes
    pub bytes: u64,
    /// its prepared sets
    pub parts: Vec<Part>,
}

/// One platform's part for one module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// its name in a store
    pub name: String,
    /// `debian-12/x86_64`
    pub platform: String,
    /// `postgresql`
    pub module: String,
    /// bytes of its packages
    pub bytes: u64,
    /// its packages
    pub packages: Vec<Item>,
}

/// A package's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// its name
    pub file: String,
    /// bytes
    pub size: u64,
    /// of the content
    pub digest: Digest,
}

/// Reads the head of a bundle, and no further. The signature is checked, by the carried key where none of `trust` made it.
pub fn inspect(input: impl Read, trust: &Keyring, now: Timestamp) -> Result<Inspection, BundleError> {
    let mut reader = Reader::new(input);
    let head = head::read(&mut reader, trust, now)?;
    let manifests = head::manifests(&mut reader, &head.index)?;
    let mut sizes = BTreeMap::new();
    let mut parts = Vec::new();
    for (descriptor, (_, manifest)) in head.index.manifests.iter().zip(&manifests) {
        let is_package = |one: &&lsrepo_oci::Descriptor| !media_type::DESCRIBING.contains(&one.media_type.as_str());
        let item = |one: &lsrepo_oci::Descriptor| Item {
            file: one.annotation(annotation::TITLE).unwrap_or_default().to_owned(),
            size: one.size,
            digest: one.digest,
        };
        let packages: Vec<Item> = manifest.layers.iter().filter(is_package).map(item).collect();
        sizes.extend(packages.iter().map(|one| (one.digest, one.size)));
        let say = |name: &str| manifest.annotations.get(name).cloned().unwrap_or_default();
        parts.push(Part {
            name: descriptor.annotation(annotation::REF_NAME).unwrap_or_default().to_owned(),
            platform: say(annotation::PLATFORM),
            module: say(annotation::MODULE),
            bytes: packages.iter().map(|one| one.size).sum(),
            packages,
        });
    }
    Ok(Inspection {
        signer: head.signer.to_string(),
        trusted: head.trusted,
        created: head.created,
        packages: sizes.len() as u64,
        bytes: sizes.values().sum(),
        parts,
    })
}
