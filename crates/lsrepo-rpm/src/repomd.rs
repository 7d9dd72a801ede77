//! `repodata/repomd.xml`: what a repository consists of, with the checksum of every file.
//! Format: <https://createrepo.baseurl.org>; read as yum and dnf read it.

use crate::{
    checksum::Checksum,
    metadata_error::{MetadataError, content, start},
    xml::{Document, Element},
};
use lsrepo_types::{RelPath, Timestamp};
use std::io::BufRead;

const KIND: &str = "repomd.xml";
/// How many files a repository may list.
const MOST_RECORDS: usize = 10_000;

/// A repository at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repomd {
    /// mostly the seconds of its making, but any text is allowed
    pub revision: Option<String>,
    /// its files, as listed
    pub records: Vec<RepomdRecord>,
}

/// A file of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepomdRecord {
    /// `primary`, `filelists`, `modules`, `group_gz`
    pub kind: String,
    /// below the repository's address
    pub location: RelPath,
    /// of the file as it lies there; none where nothing is said, or nothing usable
    pub checksum: Option<Checksum>,
    /// of what is in it
    pub open_checksum: Option<Checksum>,
    /// bytes of the file as it lies there
    pub size: Option<u64>,
    /// bytes of what is in it
    pub open_size: Option<u64>,
    /// when it was made
    pub timestamp: Option<Timestamp>,
    /// of the header alone, where it is zchunk
    pub header_checksum: Option<Checksum>,
    /// bytes of the header, where it is zchunk
    pub header_size: Option<u64>,
}

impl Repomd {
    /// Reads the text, whose signature was checked where there is one to check.
    ///
    /// A record without a `type`, and whatever is not known, is passed over. A file that would lie outside of the
    /// repository makes the whole unusable.
    pub fn parse(source: impl BufRead) -> Result<Self, MetadataError> {
        let mut document = Document::open(source, KIND, "repomd")?;
        let mut repomd = Self::default();
        while let Some(element) = document.element()? {
            match element.name.as_str() {
                "revision" => repomd.revision = Some(element.text().to_owned()).filter(|text| !text.is_empty()),
                "data" => repomd.records.extend(record(&element)?),
                _ => {}
            }
            if repomd.records.len() > MOST_RECORDS {
                return Err(document.wrong("it lists too many files"));
            }
        }
        Ok(repomd)
    }

    /// The first file of that kind.
    pub fn record(&self, kind: &str) -> Option<&RepomdRecord> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// When the newest of its files was made; where none says so, its revision if that is a time.
    pub fn timestamp(&self) -> Option<Timestamp> {
        let newest = self.records.iter().filter_map(|record| record.timestamp).max();
        newest.or_else(|| time(self.revision.as_deref()?))
    }
}

fn record(element: &Element) -> Result<Option<RepomdRecord>, MetadataError> {
    let Some(kind) = element.attribute("type").filter(|kind| !kind.is_empty()) else { return Ok(None) };
    let location = element.child("location");
    let Some(href) = location.and_then(|location| location.attribute("href")) else {
        return Err(content(KIND, format!("`{}` has no location", start(kind))));
    };
    if location.and_then(|location| location.attribute("xml:base")).is_some_and(|base| !base.is_empty()) {
        return Err(content(KIND, format!("`{}` lies below another address (xml:base), which is not followed", start(kind))));
    }
    let number = |name: &str| element.text_of(name).and_then(|text| text.parse().ok());
    let checksum = |name: &str| {
        let given = element.child(name)?;
        Checksum::parse(given.attribute("type").unwrap_or(""), given.text()).ok()
    };
    Ok(Some(RepomdRecord {
        kind: kind.to_owned(),
        location: inside(href).map_err(|why| content(KIND, format!("`{}`: {why}", start(kind))))?,
        checksum: checksum("checksum"),
        open_checksum: checksum("open-checksum"),
        size: number("size"),
        open_size: number("open-size"),
        timestamp: element.text_of("timestamp").and_then(time),
        header_checksum: checksum("header-checksum"),
        header_size: number("header-size"),
    }))
}

/// A location below the repository's address.
fn inside(href: &str) -> Result<RelPath, String> {
    let outside = |why: &str| format!("the location `{}` {why}", start(href).escape_debug());
    if href.split('/').next().is_some_and(|first| first.contains(':')) {
        return Err(outside("is an address of its own"));
    }
    if href.contains(['?', '#']) || href.to_ascii_lowercase().contains("%2e") || href.to_ascii_lowercase().contains("%2f") {
        return Err(outside("does not say plainly where it leads"));
    }
    href.strip_prefix("./").unwrap_or(href).parse().map_err(|error| outside(&format!("leaves the repository ({error})")))
}

/// Seconds, maybe with a fraction, as old tools wrote them.
fn time(text: &str) -> Option<Timestamp> {
    text.split('.').next()?.parse().ok().filter(|seconds| *seconds >= 0).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(data: &str) -> Result<Repomd, MetadataError> {
        let text = format!("<?xml version=\"1.0\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">{data}</repomd>");
        Repomd::parse(text.as_bytes())
    }

    #[test]
    fn a_record_says_where_what_and_when() {
        let hex = "a".repeat(64);
        let repomd = with(&format!(
            "<revision>17</revision><data type=\"primary\"><checksum type=\"sha256\">{hex}</checksum>\
             <open-checksum type=\"sha\">{}</open-checksum><location href=\"repodata/p+~.xml.gz\"/>\
             <timestamp>1288734483.25</timestamp><size>7</size><open-size>9</open-size></data><data><size>1</size></data><odd/>",
            "b".repeat(40)
        ));
        let repomd = repomd.unwrap();
        let record = repomd.record("primary").unwrap();
        assert_eq!((record.location.as_str(), record.size, record.open_size), ("repodata/p+~.xml.gz", Some(7), Some(9)));
        assert_eq!(record.checksum.as_ref().map(Checksum::hex), Some(hex.as_str()));
        assert_eq!((repomd.timestamp(), repomd.records.len()), (Some(Timestamp(1_288_734_483)), 1));
        assert_eq!(with("<revision>17</revision>").unwrap().timestamp(), Some(Timestamp(17)));
    }

    #[test]
    fn no_file_lies_outside_of_the_repository() {
        for href in [
            "/etc/passwd",
            "../x",
            "a/../../x",
            "http://evil.example/x",
            "file:///etc/passwd",
            "//evil.example/x",
            "a/%2e%2E/x",
            "a?b",
            "a#b",
            "",
            "a\\b",
            "x:y",
        ] {
            let said = with(&format!("<data type=\"modules\"><location href=\"{href}\"/></data>")).unwrap_err().to_string();
            assert!(said.starts_with("repomd.xml: `modules`: the location"), "{said}");
        }
        let base = with("<data type=\"primary\"><location xml:base=\"http://evil.example/\" href=\"x\"/></data>");
        assert!(base.unwrap_err().to_string().contains("xml:base"));
    }
}
