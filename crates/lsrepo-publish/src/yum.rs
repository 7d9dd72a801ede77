//! A YUM repository of one OS: a folder for each architecture, in the words of `$basearch`.
//! Format: <https://github.com/rpm-software-management/createrepo_c>
//!
//! ```text
//! x86_64/repodata/repomd.xml{,.asc}                       what there is, and the signature of that
//! x86_64/repodata/<sha256>-{primary,filelists,other}.xml.gz
//! x86_64/repodata/<sha256>-{modules.yaml.gz,updateinfo.xml.gz,comps.xml,comps.xml.gz}     where there are any
//! x86_64/Packages/k/kernel-5.14.0-427.el9.x86_64.rpm      what the metadata says
//! x86_64/kernel-5.14.0-427.el9.x86_64.rpm                 the same file, for who lists one folder
//! ```
//!
//! The platforms of an OS are locked one by one, so each has metadata of its own. What each client refuses, or
//! worse, accepts without a word, shapes what is written here; the tests name every such trap.

mod error;
mod lint;
mod package;
mod place;
mod style;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use lint::{Finding, lint};
pub use package::{Extras, PlatformPackages, PublishedPackage};
pub use style::{Style, reads_modern_keys};

use crate::{Entry, Tree};
use lsrepo_rpm::metadata::{self, Compression, MetadataFile, Placed};
use lsrepo_sign::{SecretKey, verify_detached};
use lsrepo_types::{Family, Os, RelPath, Timestamp};
use std::sync::Arc;

/// The repository of one OS, for all of its platforms that are given.
///
/// Every platform must be of the same OS. `date` is what all metadata says, see
/// [`date_after`](crate::date_after).
pub fn publish(platforms: &[PlatformPackages], date: Timestamp, key: &SecretKey) -> Result<Tree, Error> {
    let os = the_os(platforms)?;
    let mut tree = Tree::default();
    for (position, platform) in platforms.iter().enumerate() {
        let architecture = platform.platform.arch.rpm();
        if platforms[..position].iter().any(|other| other.platform == platform.platform) {
            return Err(Error::TwicePlatform { platform: platform.platform.clone() });
        }
        let places = place::places(platform)?;
        let files = metadata_files(platform, &places, Style::of(os))?;
        let repomd = metadata::render_repomd(&files, date);
        let signature = sign(key, &repomd, date)?;
        let mut add = |path: &str, entry| rel_path(format!("{architecture}/{path}")).map(|path| tree.entries.insert(path, entry));
        for (name, text) in [("repodata/repomd.xml", repomd), ("repodata/repomd.xml.asc", signature)] {
            add(name, Entry::Bytes(Arc::from(text.into_bytes())))?;
        }
        for file in files {
            add(&file.href, Entry::Bytes(Arc::from(file.bytes)))?;
        }
        for place in places {
            let package = place.package;
            let blob = Entry::Blob { digest: package.digest, size: package.size };
            for path in std::iter::once(&place.href).chain(&place.flat) {
                add(path, blob.clone())?;
            }
        }
    }
    Ok(tree)
}

/// Adds the metadata of older generations, so that a client that read a `repomd.xml` before a switch still finds
/// what it lists. Keep the last two.
///
/// Only what an older tree listed itself is taken, not what it had been given in this way: the
/// number of generations stays what the caller says.
pub fn keep_older_metadata(tree: &mut Tree, older: &[&Tree]) {
    for older in older {
        let lists =
            older.entries.iter().filter_map(|(path, entry)| match (path.as_str().strip_suffix("repodata/repomd.xml"), entry) {
                (Some(top), Entry::Bytes(bytes)) => Some((top, str::from_utf8(bytes).ok()?)),
                _ => None,
            });
        for (top, list) in lists {
            // every `location` of a list of ours stands so
            for href in list.split("<location href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let found = older.entries.get_key_value(format!("{top}{href}").as_str());
                if let Some((path, entry @ Entry::Bytes(_))) = found {
                    tree.entries.entry(path.clone()).or_insert_with(|| entry.clone());
                }
            }
        }
    }
}

fn the_os(platforms: &[PlatformPackages]) -> Result<&Os, Error> {
    let mut names: Vec<&Os> = platforms.iter().map(|platform| &platform.platform.os).collect();
    names.sort();
    names.dedup();
    match names[..] {
        [os] if os.family() == Family::RedHat => Ok(os),
        [os] => Err(Error::NotRedHat { os: os.clone() }),
        [] => Err(Error::NoPlatform),
        [first, second, ..] => Err(Error::SeveralOs { first: first.clone(), second: second.clone() }),
    }
}

/// All that `repomd.xml` lists, in its order.
fn metadata_files(platform: &PlatformPackages, places: &[place::Place<'_>], style: Style) -> Result<Vec<MetadataFile>, Error> {
    let required: Vec<Vec<&str>> = places.iter().map(|place| place.required_files.iter().copied().collect()).collect();
    let placed: Vec<Placed<'_>> = places
        .iter()
        .zip(&required)
        .map(|(place, required_files)| Placed { record: &place.package.record, href: &place.href, required_files })
        .collect();
    let mut files: Vec<MetadataFile> = metadata::render(&placed, style.lists()).map_err(Error::Compress)?.into();
    let Extras { modules, updateinfo, comps } = &platform.extras;
    let mut add = |kind, name, text: &Option<String>, compression| match text {
        Some(text) => {
            metadata::file(kind, name, text.as_bytes(), compression).map(|file| files.push(file)).map_err(Error::Compress)
        }
        None => Ok(()),
    };
    // yum 3 reads groups only where they are plain
    add("group", "comps.xml", comps, Compression::Plain)?;
    add("group_gz", "comps.xml", comps, Compression::Gzip)?;
    // and these are small: what every client reads is good enough
    add("modules", "modules.yaml", modules, Compression::Gzip)?;
    add("updateinfo", "updateinfo.xml", updateinfo, Compression::Gzip)?;
    Ok(files)
}

/// Signs, and says now what a client would say behind the air gap.
fn sign(key: &SecretKey, repomd: &str, date: Timestamp) -> Result<String, Error> {
    let signature = key.sign_detached(repomd.as_bytes(), date).map_err(|error| Error::Sign(error.to_string()))?;
    let checked = verify_detached(repomd.as_bytes(), signature.as_bytes(), &key.keyring(), date);
    checked.map_err(|error| Error::Unverified(error.to_string()))?;
    Ok(signature)
}

/// A path that this module made of checked words.
fn rel_path(text: String) -> Result<RelPath, Error> {
    text.parse().map_err(Error::Path)
}
