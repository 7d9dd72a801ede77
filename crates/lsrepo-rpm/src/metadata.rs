//! Writing a repository's metadata: `primary`, `filelists` and `other`, and the `repomd.xml` that lists them.
//! Format: <https://github.com/rpm-software-management/createrepo_c>
//!
//! ```text
//! repodata/repomd.xml                      every other file: where, how long, which digest
//! repodata/<sha256>-primary.xml.gz         what a solver needs of each package
//! repodata/<sha256>-filelists.xml.gz       all files
//! repodata/<sha256>-other.xml.gz           changelogs
//! ```
//!
//! The digest in the name keeps two generations apart: a client with an old `repomd.xml` in hand never gets a
//! new file under a name that it knows.

mod compress;
mod repomd;
#[cfg(test)]
mod tests;

pub use compress::Compression;
pub use repomd::{MetadataFile, render_repomd};

use crate::record::Record;
use std::io;

/// What is said of one package beside its record.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// the package
    pub record: &'a Record,
    /// where it lies, from the folder above `repodata/`
    pub href: &'a str,
    /// files of it that others require
    pub required_files: &'a [&'a str],
}

/// The three files of metadata that every repository has, in the order that is given.
pub fn render(packages: &[Placed<'_>], compression: Compression) -> io::Result<[MetadataFile; 3]> {
    let count = packages.len();
    let primary = format!(
        "<metadata xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"{count}\">"
    );
    let filelists = format!("<filelists xmlns=\"http://linux.duke.edu/metadata/filelists\" packages=\"{count}\">");
    let other = format!("<otherdata xmlns=\"http://linux.duke.edu/metadata/other\" packages=\"{count}\">");
    Ok([
        one("primary", &primary, "</metadata>", packages, compression, |placed, out| {
            placed.record.push_primary(out, placed.href, placed.required_files);
        })?,
        one("filelists", &filelists, "</filelists>", packages, compression, |placed, out| placed.record.push_filelists(out))?,
        one("other", &other, "</otherdata>", packages, compression, |placed, out| placed.record.push_other(out))?,
    ])
}

fn one(
    kind: &str,
    head: &str,
    tail: &str,
    packages: &[Placed<'_>],
    compression: Compression,
    push: impl Fn(&Placed<'_>, &mut String),
) -> io::Result<MetadataFile> {
    let mut writer = compress::Writer::new(compression)?;
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head}\n");
    for placed in packages {
        push(placed, &mut text);
        // in pieces: the plain text of all packages together can be larger than all else that is in memory
        if text.len() > 1 << 17 {
            writer.write(text.as_bytes())?;
            text.clear();
        }
    }
    text.push_str(tail);
    text.push('\n');
    writer.write(text.as_bytes())?;
    writer.finish(kind, &format!("{kind}.xml"))
}

/// A file that is made elsewhere: modules, errata, groups.
pub fn file(kind: &str, name: &str, text: &[u8], compression: Compression) -> io::Result<MetadataFile> {
    let mut writer = compress::Writer::new(compression)?;
    writer.write(text)?;
    writer.finish(kind, name)
}
