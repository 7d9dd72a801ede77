use super::*;
use crate::package::{
    Package,
    tests::fixture::{self, basics, files},
};
use lsrepo_types::{Digest, Timestamp};
use std::io::Read;

fn record(name: &str) -> Record {
    let mut entries = basics(name, "1", "2", "noarch");
    entries.extend(files(&[("/opt/x/data", 0o100_644, 0)]));
    let bytes = fixture::package(&entries);
    Record::new(&Package::read(&bytes[..]).unwrap(), Digest::of(&bytes), bytes.len() as u64).unwrap()
}

#[test]
fn every_packing_holds_the_same_text() {
    let (a, b) = (record("a"), record("b"));
    let packages = [
        Placed { record: &a, href: "Packages/a/a.rpm", required_files: &["/opt/x/data"] },
        Placed { record: &b, href: "Packages/b/b.rpm", required_files: &[] },
    ];
    let plain = render(&packages, Compression::Plain).unwrap();
    let [primary, filelists, other] = &plain;
    let text = |file: &MetadataFile| String::from_utf8(file.bytes.clone()).unwrap();
    assert!(text(primary).contains("packages=\"2\">\n<package type=\"rpm\">\n  <name>a</name>"));
    assert_eq!(text(primary).matches("<file>/opt/x/data</file>").count(), 1);
    assert_eq!(text(filelists).matches("<file>/opt/x/data</file>").count(), 2);
    assert!(text(other).ends_with("</package>\n</otherdata>\n"));
    let gzip = render(&packages, Compression::Gzip).unwrap();
    let zstd = render(&packages, Compression::Zstd).unwrap();
    for ((plain, gzip), zstd) in plain.iter().zip(&gzip).zip(&zstd) {
        let open = Some((plain.digest, plain.bytes.len() as u64));
        assert_eq!((plain.open, gzip.open, zstd.open), (None, open, open));
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&gzip.bytes[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.bytes);
        assert_eq!(zstd::decode_all(&zstd.bytes[..]).unwrap(), plain.bytes);
        assert_eq!(&*gzip.href, format!("repodata/{}-{}.xml.gz", Digest::of(&gzip.bytes).hex(), gzip.kind));
        assert!(zstd.href.ends_with(".xml.zst"));
    }
    assert_eq!(gzip, render(&packages, Compression::Gzip).unwrap());
}

#[test]
fn the_list_says_everything_of_every_file() {
    let comps = file("group", "comps.xml", b"<comps/>", Compression::Plain).unwrap();
    let packed = file("group_gz", "comps.xml", b"<comps/>", Compression::Gzip).unwrap();
    let text = render_repomd(&[comps.clone(), packed.clone()], Timestamp(1_700_000_000));
    let (digest, packed_digest) = (comps.digest.hex(), packed.digest.hex());
    let size = packed.bytes.len();
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<repomd xmlns=\"http://linux.duke.edu/metadata/repo\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">
  <revision>1700000000</revision>
  <data type=\"group\">
    <checksum type=\"sha256\">{digest}</checksum>
    <location href=\"repodata/{digest}-comps.xml\"/>
    <timestamp>1700000000</timestamp>
    <size>8</size>
  </data>
  <data type=\"group_gz\">
    <checksum type=\"sha256\">{packed_digest}</checksum>
    <open-checksum type=\"sha256\">{digest}</open-checksum>
    <location href=\"repodata/{packed_digest}-comps.xml.gz\"/>
    <timestamp>1700000000</timestamp>
    <size>{size}</size>
    <open-size>8</open-size>
  </data>
</repomd>
"
    );
    assert_eq!(text, expected);
}
