#[path = "../../../../tests/it/rpm.rs"]
#[allow(dead_code)] // each user of it needs another part
pub(crate) mod fixture;

use super::*;
use fixture::*;
use proptest::prelude::*;
use std::io::Write;

fn read(bytes: &[u8]) -> Result<Package, PackageError> {
    Package::read(bytes)
}

/// A package whose main header says what it likes of itself.
fn lying(entries: u32, store: u32, index: &[[u32; 4]]) -> Vec<u8> {
    let mut main = vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
    [entries, store].iter().chain(index.iter().flatten()).for_each(|number| main.extend(number.to_be_bytes()));
    main.resize(main.len() + 64, b'a');
    assemble(&header(62, &[(1000, Value::Numbers(vec![7]))]), &main, b"")
}

#[test]
fn no_more_than_the_head_is_read() {
    let bytes = signed(&basics("a", "1", "2", "noarch"), &[(1002, Value::Binary(vec![1, 2]))], b"payload");
    let mut rest = &bytes[..];
    let package = Package::read(&mut rest).unwrap();
    assert_eq!(rest, b"payload");
    assert_eq!(package.nevra().unwrap().to_string(), "a-1-2.noarch");
    let range = package.header_range();
    assert_eq!(&bytes[range.start as usize..range.end as usize], package.header().as_bytes());
    assert_eq!(range.start % 8, 0);
    assert_eq!(package.header().number(1006), Some(1_700_000_000));
    assert_eq!(package.header().number(1000), None);
    assert_eq!(package.header().text(1006), None);
}

#[test]
fn signatures_over_the_header_come_first() {
    let signatures = [
        (1002, Value::Binary(b"pgp".to_vec())),
        (267, Value::Binary(b"dsa".to_vec())),
        (268, Value::Binary(b"rsa".to_vec())),
        (278, Value::Texts(vec!["b3BlbnBncA==".into(), "not base64".into()])),
    ];
    let bytes = signed(&basics("a", "1", "2", "noarch"), &signatures, b"");
    let package = read(&bytes).unwrap();
    let found: Vec<_> = package.signatures().iter().map(|one| (one.covers, one.packets.to_vec())).collect();
    let header = |text: &[u8]| (Covers::Header, text.to_vec());
    let expected =
        [header(b"openpgp"), header(b"not base64"), header(b"rsa"), header(b"dsa"), (Covers::HeaderAndPayload, b"pgp".to_vec())];
    assert_eq!(found, expected);
}

#[test]
fn absurd_counts_and_offsets_are_refused_without_room_for_them() {
    let refused = |bytes: Vec<u8>| read(&bytes).unwrap_err().to_string();
    assert!(refused(lying(0, 64, &[])).contains("0 entries in 64 bytes cannot be right"));
    assert!(refused(lying(0x1000_0001, 64, &[])).contains("268435457 entries"));
    assert!(refused(lying(1, 0xf000_0000, &[[1000, 6, 0, 1]])).contains("cannot be right"));
    assert!(refused(lying(1, 128 << 20, &[[1000, 6, 0, 1]])).contains("it ends within header"));
    for index in [
        [1000, 6, 5000, 1],
        [1000, 6, 0xffff_fff0, 1],
        [1000, 7, 60, 1000],
        [1000, 4, 0, 0x7fff_ffff],
        [1000, 5, 0, 9],
        [1000, 8, 0, 65],
        [1000, 3, 63, 1],
    ] {
        let why = refused(lying(1, 64, &[index]));
        assert!(why.contains("tag 1000 with") && why.contains("reaches out of it"), "{index:?}: {why}");
    }
    assert!(refused(lying(1, 64, &[[1000, 10, 0, 1]])).contains("unknown kind 10"));
    assert!(refused(lying(2, 64, &[[1000, 6, 0, 1], [1000, 6, 0, 1]])).contains("stands in it twice"));
    // a text without an end is none
    assert!(refused_name(lying(1, 64, &[[1000, 6, 0, 1]])).contains("has no"));
}

fn refused_name(bytes: Vec<u8>) -> String {
    read(&bytes).unwrap().nevra().unwrap_err().to_string()
}

#[test]
fn what_stands_outside_of_the_signed_region_refuses_the_package() {
    let mut main = header(63, &basics("a", "1", "2", "noarch"));
    let count = u32::from_be_bytes(main[8..12].try_into().unwrap());
    // one more entry behind the region
    main[8..12].copy_from_slice(&(count + 1).to_be_bytes());
    let index = 16 + count as usize * 16;
    let added: Vec<u8> = [5096u32, 6, 0, 1].iter().flat_map(|number| number.to_be_bytes()).collect();
    main.splice(index..index, added);
    let bytes = assemble(&header(62, &[]), &main, b"");
    assert!(read(&bytes).unwrap_err().to_string().contains("region does not cover all of it"));
}

#[test]
fn every_shorter_file_is_refused() {
    let bytes = signed(&basics("a", "1", "2", "noarch"), &[], b"");
    assert!(read(&bytes).is_ok());
    for end in 0..bytes.len() {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
    assert!(read(&[b'!'; 200]).unwrap_err().to_string().contains("not an RPM package"));
}

#[test]
fn names_that_could_be_paths_or_options_are_refused() {
    let name = |name: &str| read(&package(&basics(name, "1", "2", "noarch"))).unwrap().nevra().map(|nevra| nevra.name.to_string());
    for good in ["libstdc++-devel", "perl(x)".strip_suffix("(x)").unwrap(), "_a", "7zip"] {
        assert_eq!(name(good).unwrap(), good);
    }
    for wrong in ["", "../../etc/passwd", "-rf", ".hidden", "a b", "a/b", "a%b", "ä", "a\nb"] {
        assert!(name(wrong).is_err(), "{wrong}");
    }
    let version = |version: &str| read(&package(&basics("a", version, "2", "noarch"))).unwrap().nevra().is_ok();
    assert!(version("1.0~rc1^git") && !version("1-2") && !version("1:2") && !version(""));
}

#[test]
fn digests_tell_damage_of_each_part() {
    use ring::digest::{SHA256, digest};
    let hex = |bytes: &[u8]| digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut entries = basics("a", "1", "2", "noarch");
    entries.push((5092, Value::Texts(vec![hex(b"payload")])));
    let main = hex(&header(63, &entries));
    let whole = signed(&entries, &[(273, Value::Text(main))], b"payload");
    let check = |bytes: &[u8]| {
        let mut rest = bytes;
        let package = Package::read(&mut rest).unwrap();
        let mut check = package.digest_check();
        check.write_all(rest).unwrap();
        check.finish()
    };
    assert_eq!(check(&whole), Ok(PayloadProof::InHeader));
    let change = |at: usize| {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        check(&changed)
    };
    assert!(matches!(change(whole.len() - 1), Err(DigestMismatch::Payload { algorithm: "SHA-256", .. })));
    let summary = whole.windows(9).position(|window| window == b"a fixture").unwrap();
    assert!(matches!(change(summary), Err(DigestMismatch::Header { algorithm: "SHA-256", .. })));
    let longer = [&whole[..], b"x"].concat();
    assert!(matches!(check(&longer), Err(DigestMismatch::Size { .. })));
    assert_eq!(check(&package(&basics("a", "1", "2", "noarch"))), Ok(PayloadProof::None));
}

proptest! {
    #[test]
    fn no_byte_that_is_changed_makes_a_reader_panic(at in 0usize..1200, to: u8, more: u8) {
        let mut entries = basics("a", "1", "2", "noarch");
        entries.extend(relations(REQUIRES, &[("/bin/sh", 1 << 9, ""), ("x", 12, "1:2-3"), ("libc.so.6(GLIBC_2.4)(64bit)", 0, "")]));
        entries.extend(files(&[("/usr/bin/x", 0o100_755, 0), ("/var/x", 0o040_755, 0)]));
        let mut bytes = signed(&entries, &[], b"");
        let length = bytes.len();
        bytes[at % length] = to;
        bytes[(at + 7) % length] ^= more;
        if let Ok(package) = read(&bytes) {
            let _ = package.describe();
            let _ = package.signatures();
            let _ = package.digest_check().finish();
        }
    }
}
