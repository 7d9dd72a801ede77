//! `Packages`: one stanza a package, in a fixed order, plain and compressed.

use super::{Error, PublishedPackage, pool::Pool, rel_path};
use flate2::{Compression, GzBuilder};
use liblzma::{stream, write::XzEncoder};
use lsrepo_deb::{deb822, record::render_stanza, version};
use lsrepo_types::{Digest, RelPath};
use std::io::{self, Write};

/// The text of an index: sorted by name, version and architecture.
pub(super) fn render(component: &str, architecture: &str, packages: &[&PublishedPackage], pool: &Pool) -> Result<String, Error> {
    let mut sorted = packages.to_vec();
    sorted.sort_by(|a, b| {
        a.name
            .cmp(&b.name)
            .then_with(|| version::compare(&a.version, &b.version))
            .then_with(|| a.version.cmp(&b.version))
            .then_with(|| a.architecture.cmp(&b.architecture))
            .then_with(|| a.digest.cmp(&b.digest))
    });
    let mut text = String::with_capacity(sorted.iter().map(|package| package.control.len() + 300).sum());
    let mut previous: Option<&PublishedPackage> = None;
    for package in sorted {
        if let Some(previous) = previous.filter(|previous| is_same(previous, package)) {
            if previous.digest == package.digest {
                continue;
            }
            return Err(Error::TwoBlobs {
                package: format!("{} {}", package.name, package.version),
                component: component.to_owned(),
                architecture: architecture.to_owned(),
                digests: Box::new([previous.digest, package.digest]),
            });
        }
        check_record(package)?;
        let path = pool.path(package)?;
        let stanza = render_stanza(&package.control, path, package.size, &package.digest);
        text.push_str(stanza.trim_end_matches('\n'));
        text.push_str("\n\n");
        previous = Some(package);
    }
    Ok(text)
}

fn is_same(a: &PublishedPackage, b: &PublishedPackage) -> bool {
    (&a.name, &a.version, &a.architecture) == (&b.name, &b.version, &b.architecture)
}

/// A record comes from the package's own header. It must be one paragraph, else it could smuggle a
/// second stanza into a signed index, and speak of this package, else apt would refuse the file after
/// the download.
fn check_record(package: &PublishedPackage) -> Result<(), Error> {
    let wrong = |why: String| Error::Control { package: package.title(), why };
    let mut paragraphs = deb822::paragraphs(&package.control);
    let paragraph = match (paragraphs.next(), paragraphs.next()) {
        (Some(paragraph), None) => paragraph.map_err(|error| wrong(error.to_string()))?,
        (None, _) => return Err(wrong("it is empty".into())),
        (Some(_), Some(_)) => return Err(wrong("it has more than one paragraph".into())),
    };
    let fields = [("Package", &package.name), ("Version", &package.version), ("Architecture", &package.architecture)];
    for (field, locked) in fields {
        let recorded = paragraph.get(field).unwrap_or_default().trim();
        if recorded != locked {
            return Err(Error::Record {
                package: package.title(),
                field,
                recorded: recorded.to_owned(),
                locked: locked.to_string(),
            });
        }
    }
    Ok(())
}

/// The files that one index becomes. The plain one comes first and is always listed: where `Release`
/// does not list it, apt finds no package and says nothing.
///
/// gz for the oldest clients, xz for the smaller download; zst would only serve apt ≥ 1.6. Both are
/// quick to make: preset 2 costs an eighth of the time of preset 9 for a tenth more bytes.
pub(super) fn files(path: &str, text: &str) -> Result<[(String, Vec<u8>); 3], Error> {
    let failed = |why| Error::Compress { path: path.to_owned(), why };
    Ok([
        (path.to_owned(), text.as_bytes().to_vec()),
        (format!("{path}.gz"), gzip(text.as_bytes()).map_err(failed)?),
        (format!("{path}.xz"), xz(text.as_bytes()).map_err(failed)?),
    ])
}

/// No time and no name in the header: equal text, equal bytes.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::with_capacity(bytes.len() / 3), Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn xz(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let stream = stream::Stream::new_easy_encoder(2, stream::Check::Crc64)?;
    let mut encoder = XzEncoder::new_stream(Vec::with_capacity(bytes.len() / 4), stream);
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// `…/binary-amd64/Packages.xz` → `…/binary-amd64/by-hash/SHA256/<hex>`.
pub(super) fn by_hash(path: &RelPath, bytes: &[u8]) -> Result<RelPath, Error> {
    let directory = path.as_str().strip_suffix(path.file_name()).unwrap_or_default();
    rel_path(format!("{directory}by-hash/SHA256/{}", Digest::of(bytes).hex()))
}
