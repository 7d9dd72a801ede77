//! A package record: what a repository index says of one package, taken from the package's own header.
//!
//! Made once, when the package was downloaded and checked; publishing is putting records behind each other.
//! The texts are pieces of XML, element by element as createrepo_c writes them. What a publisher decides is not
//! in them: where the package lies, and which more of its files stand in `primary`.

mod read;
mod render;
#[cfg(test)]
mod tests;

use crate::{
    Evr, Nevra,
    describe::{Description, is_primary},
    package::{Package, PackageError},
};
use lsrepo_types::Digest;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What the indexes say of one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `kernel`
    pub name: Box<str>,
    /// often 0
    #[serde(default, skip_serializing_if = "is_zero")]
    pub epoch: u32,
    /// `5.14.0`
    pub version: Box<str>,
    /// `427.el9`
    pub release: Box<str>,
    /// `x86_64`, `noarch`, `src`
    pub arch: Box<str>,
    /// of the package file: its `pkgid`
    pub digest: Digest,
    /// of the package file, in bytes
    pub size: u64,
    /// of a package that belongs to a module: `name:stream:version:context:arch`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<Box<str>>,
    /// features of rpm without which it cannot be installed: `rpmlib(PayloadIsZstd)`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpmlib: Vec<Box<str>>,
    /// of `primary`, what stands between the checksum and the location
    about: Box<str>,
    /// of `primary`, what stands behind the location, but for the end of `format`
    format: Box<str>,
    /// of `filelists`: the files
    #[serde(default, skip_serializing_if = "str::is_empty")]
    files: Box<str>,
    /// of `other`: the changes
    #[serde(default, skip_serializing_if = "str::is_empty")]
    changes: Box<str>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Record {
    /// From the head of a package file, whose size and digest the caller has checked.
    pub fn new(package: &Package, digest: Digest, size: u64) -> Result<Self, PackageError> {
        Ok(Self::of(&package.describe()?, package.header_range(), digest, size))
    }

    fn of(description: &Description<'_>, header_range: std::ops::Range<u64>, digest: Digest, size: u64) -> Self {
        let Nevra { name, evr: Evr { epoch, version, release }, arch } = description.nevra.clone();
        let (format, files) = render::format(description, header_range);
        let rpmlib = description.relations.rpmlib.iter().map(|name| name.as_ref().into()).collect();
        Self {
            name,
            epoch,
            version,
            release,
            arch,
            digest,
            size,
            module: description.modularity_label.as_deref().map(Into::into),
            rpmlib,
            about: render::about(description, size).into(),
            format: format.into(),
            files: files.into(),
            changes: render::changes(&description.changelog).into(),
        }
    }

    /// Name, version and architecture.
    pub fn nevra(&self) -> Nevra {
        Nevra { name: self.name.clone(), evr: self.evr(), arch: self.arch.clone() }
    }

    /// The licence that it states, in its own words.
    pub fn licence(&self) -> Option<String> {
        let (_, rest) = self.format.split_once("<rpm:license>")?;
        let (text, _) = rest.split_once("</rpm:license>")?;
        quick_xml::escape::unescape(text.trim()).ok().map(Cow::into_owned)
    }

    /// Epoch, version and release.
    pub fn evr(&self) -> Evr {
        Evr { epoch: self.epoch, version: self.version.clone(), release: self.release.clone() }
    }

    /// Whether the package requires or recommends anything by a boolean expression.
    pub fn has_rich_dependencies(&self) -> bool {
        self.format.contains("<rpm:entry name=\"(")
    }

    /// Whether it provides this name, in whatever version.
    pub fn provides(&self, name: &str) -> bool {
        let entry = render::entry_start(name);
        let provides = self.format.split_once("</rpm:provides>").map_or("", |(provides, _)| provides);
        memchr::memmem::find(provides.as_bytes(), entry.as_bytes()).is_some()
    }

    /// Paths that it requires or otherwise names, and of which `primary` does not tell by itself.
    pub fn named_paths(&self) -> impl Iterator<Item = &str> {
        let named = self.format.split_once("</rpm:provides>").map_or(&*self.format, |(_, rest)| rest);
        let entries = named.split("<rpm:entry name=\"").skip(1).filter_map(|rest| rest.split('"').next());
        // a boolean expression may name several
        let words = entries.flat_map(|name| name.split([' ', '(', ')']));
        words.filter(|word| word.starts_with('/') && !is_primary(word))
    }

    /// Whether a path is among its files.
    pub fn has_file(&self, path: &str) -> bool {
        self.file(path).is_some()
    }
}
