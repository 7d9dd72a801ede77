//! `repomd.xml`: the one file with a fixed name, which vouches for all others.

use lsrepo_types::{Digest, Timestamp};
use std::fmt::Write;

/// One file that `repomd.xml` lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataFile {
    /// `primary`, `modules`, `group_gz`
    pub kind: Box<str>,
    /// from the folder above `repodata/`: `repodata/<sha256>-primary.xml.gz`
    pub href: Box<str>,
    /// as it is served
    pub bytes: Vec<u8>,
    /// of these bytes
    pub digest: Digest,
    /// of what they unpack to, and how long that is
    pub open: Option<(Digest, u64)>,
}

impl MetadataFile {
    pub(super) fn new(kind: &str, name: &str, bytes: Vec<u8>, open: Option<(Digest, u64)>) -> Self {
        let digest = Digest::of(&bytes);
        Self { kind: kind.into(), href: format!("repodata/{}-{name}", digest.hex()).into(), bytes, digest, open }
    }
}

/// The text of `repomd.xml`. Everything in it is of `date`: yum 3 refuses one whose newest `timestamp` is older
/// than that of its copy, so the caller lets it rise from publication to publication.
pub fn render_repomd(files: &[MetadataFile], date: Timestamp) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<repomd xmlns=\"http://linux.duke.edu/metadata/repo\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n");
    let seconds = date.0;
    let mut line = |text: std::fmt::Arguments<'_>| {
        // a String takes everything
        let _ = writeln!(out, "{text}");
    };
    line(format_args!("  <revision>{seconds}</revision>"));
    for file in files {
        line(format_args!("  <data type=\"{}\">", file.kind));
        line(format_args!("    <checksum type=\"sha256\">{}</checksum>", file.digest.hex()));
        if let Some((digest, _)) = file.open {
            line(format_args!("    <open-checksum type=\"sha256\">{}</open-checksum>", digest.hex()));
        }
        line(format_args!("    <location href=\"{}\"/>", file.href));
        line(format_args!("    <timestamp>{seconds}</timestamp>"));
        line(format_args!("    <size>{}</size>", file.bytes.len()));
        if let Some((_, size)) = file.open {
            line(format_args!("    <open-size>{size}</open-size>"));
        }
        line(format_args!("  </data>"));
    }
    out.push_str("</repomd>\n");
    out
}
