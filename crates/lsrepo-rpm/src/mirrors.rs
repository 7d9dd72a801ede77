//! Lists of addresses where one repository is: a mirrorlist, one a line, or a metalink, which also says what
//! `repomd.xml` has to be.
//! Spec: yum.conf(5); <http://www.metalinker.org> version 3 with MirrorManager's timestamp and alternates.

use crate::{
    checksum::Checksum,
    metadata_error::{MetadataError, content},
    xml::{Document, Element},
};
use lsrepo_types::Timestamp;
use std::io::BufRead;

const KIND: &str = "metalink";
/// The most addresses that are kept.
const MOST: usize = 1000;
/// What the addresses of a metalink end with.
const FILE: &str = "repodata/repomd.xml";

/// What a metalink knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metalink {
    /// addresses of the repository, each ending in `/`, the preferred first
    pub mirrors: Vec<String>,
    /// what `repomd.xml` has to be: the newest first, then what mirrors that lag behind may still have
    pub expected: Vec<Expected>,
}

/// What a file has to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// bytes
    pub size: Option<u64>,
    /// in each way it was computed
    pub checksums: Vec<Checksum>,
    /// when it was made
    pub timestamp: Option<Timestamp>,
}

impl Metalink {
    /// Reads a metalink. Values that cannot be right are passed over; one without an entry for `repomd.xml` is refused.
    pub fn parse(source: impl BufRead) -> Result<Self, MetadataError> {
        let mut document = Document::open(source, KIND, "metalink")?;
        while let Some(element) = document.element()? {
            let mut files = element.all("file").filter(|file| file.attribute("name") == Some("repomd.xml"));
            if let Some(file) = files.next().filter(|_| element.name == "files") {
                return Ok(Self::of(file));
            }
        }
        Err(content(KIND, "it says nothing of repomd.xml"))
    }

    fn of(file: &Element) -> Self {
        let mut found: Vec<(i64, String)> = Vec::new();
        for url in file.child("resources").iter().flat_map(|resources| resources.all("url")) {
            let preference = url.attribute("preference").and_then(|text| text.parse::<i64>().ok()).unwrap_or(-1);
            found.extend(base(url.text()).map(|base| (preference, base)));
        }
        found.sort_by_key(|(preference, _)| std::cmp::Reverse(*preference));
        let alternates = file.child("alternates").into_iter().flat_map(|alternates| alternates.all("alternate"));
        let expected = std::iter::once(file).chain(alternates).map(Expected::of).filter(|one| !one.checksums.is_empty());
        Self { mirrors: distinct(found.into_iter().map(|(_, base)| base)), expected: expected.take(MOST).collect() }
    }
}

impl Expected {
    fn of(element: &Element) -> Self {
        let hashes = element.child("verification").into_iter().flat_map(|all| all.all("hash"));
        Self {
            size: element.text_of("size").and_then(|text| text.parse().ok()),
            checksums: hashes.filter_map(|hash| Checksum::parse(hash.attribute("type")?, hash.text()).ok()).collect(),
            timestamp: element.text_of("timestamp").and_then(|text| text.parse().ok()).map(Timestamp),
        }
    }
}

/// Reads a mirrorlist: addresses of the repository, each ending in `/`, in the order in which they stand there.
/// Comments and addresses that are not `http`, `https` or `file` are passed over.
pub fn parse_mirrorlist(text: &str) -> Vec<String> {
    distinct(text.lines().map(str::trim).filter(|line| !line.starts_with('#')).filter_map(base))
}

/// The repository's address; lists name it, or its `repomd.xml`.
fn base(address: &str) -> Option<String> {
    let known = ["http://", "https://", "file:/"].iter().any(|scheme| address.starts_with(scheme));
    let plain = !address.contains(|c: char| c.is_whitespace() || c.is_control());
    let address = address.strip_suffix(FILE).unwrap_or(address);
    (known && plain).then(|| if address.ends_with('/') { address.to_owned() } else { format!("{address}/") })
}

fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    all.filter(|base| seen.insert(base.clone())).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirrorlist_is_read_line_by_line() {
        let text = "# repo = x\n\n  http://a.example/x \nrsync://b.example/x\nftp://c.example/\nhttp://a.example/x/\n\
                    https://d.example/repodata/repomd.xml\nnonsense\nfile:///srv/x\n";
        assert_eq!(parse_mirrorlist(text), ["http://a.example/x/", "https://d.example/", "file:///srv/x/"]);
    }

    fn link(resources: &str) -> String {
        format!(
            "<metalink xmlns=\"http://www.metalinker.org/\" xmlns:mm0=\"m\"><files><file name=\"other\"/>\
             <file name=\"repomd.xml\"><mm0:timestamp>170</mm0:timestamp><size>43</size><verification>\
             <hash type=\"sha256\">{0}</hash><hash type=\"odd\">1</hash></verification><mm0:alternates><mm0:alternate>\
             <size>x</size><verification><hash type=\"sha1\">{1}</hash></verification></mm0:alternate><mm0:alternate/>\
             </mm0:alternates><resources>{resources}</resources></file></files></metalink>",
            "a".repeat(64),
            "b".repeat(40)
        )
    }

    #[test]
    fn the_preferred_mirror_comes_first_and_the_file_is_known_beforehand() {
        let text = link(
            "<url preference=\"7\">http://a.example/x/repodata/repomd.xml</url><url>file:///srv/x</url>\
             <url preference=\"100\"> https://b.example/x/repodata/repomd.xml </url><url preference=\"x\">http://c.example/</url>\
             <url preference=\"99\">rsync://d.example/x/repodata/repomd.xml</url><url/>",
        );
        let metalink = Metalink::parse(text.as_bytes()).unwrap();
        assert_eq!(metalink.mirrors, ["https://b.example/x/", "http://a.example/x/", "file:///srv/x/", "http://c.example/"]);
        let [newest, older] = &metalink.expected[..] else { panic!("{metalink:?}") };
        assert_eq!((newest.size, newest.checksums.len(), newest.timestamp), (Some(43), 1, Some(Timestamp(170))));
        assert_eq!((older.size, older.checksums[0].kind().word()), (None, "sha1"));
    }

    #[test]
    fn one_about_other_files_is_refused() {
        for text in ["<metalink><files><file name=\"x\"/></files></metalink>", "<metalink/>"] {
            let said = Metalink::parse(text.as_bytes()).unwrap_err().to_string();
            assert_eq!(said, "metalink: it says nothing of repomd.xml");
        }
    }
}
