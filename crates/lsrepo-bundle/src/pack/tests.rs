use super::*;
use lsrepo_gzip::Writer;

fn layer(size: u64) -> Descriptor {
    Descriptor::new("application/vnd.oci.image.layer.v1.tar+gzip", Digest::of(&size.to_le_bytes()), size)
}

fn packed(blob: &Descriptor, plain: u64) -> Packed {
    let recipe = Recipe::new(Writer::Go(6), vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]).ok();
    Packed { digest: blob.digest, size: blob.size, plain, recipe }
}

#[test]
fn a_document_that_is_read_is_what_was_written() {
    let (one, other, third) = (layer(1), layer(2), layer(3));
    let stored = Packed { recipe: None, ..packed(&other, 2) };
    let packs = vec![Pack { digest: Digest::of(b"p"), size: 9, blobs: vec![packed(&one, 70), stored] }];
    let text = render(&packs);
    let mut blobs = vec![one, third.clone(), other];
    assert_eq!(parse(&text, &mut blobs).unwrap(), packs);
    assert_eq!(blobs, [third], "what is packed is not carried as it is too");
}

#[test]
fn a_document_that_lies_is_refused() {
    let (one, other) = (layer(1), layer(2));
    let lock = Descriptor::new(media_type::LOCK, Digest::of(b"lock"), 4);
    let said = |blobs: &str| format!(r#"{{"packs": [{{"digest": "{}", "size": 9, "blobs": [{blobs}]}}]}}"#, Digest::of(b"p"));
    let blob = |digest: Digest, more: &str| format!(r#"{{"digest": "{digest}", {more}}}"#);
    let gzip = |writer: &str, header: &str| format!(r#""plain": 5, "gzip": {{"writer": "{writer}", "header": "{header}"}}"#);
    let good = gzip("go-6", "1f8b08000000000000ff");
    let cases = [
        (blob(Digest::of(b"x"), &good), "is nothing that it carries packed"),
        (blob(lock.digest, r#""plain": 4"#), "is nothing that it carries packed"),
        ([blob(one.digest, &good), blob(one.digest, &good)].join(","), "is in two packs"),
        (blob(other.digest, r#""plain": 3"#), "cannot be made of 3 bytes"),
        (blob(one.digest, r#""plain": 99999999999999"#), "cannot be made of 99999999999999 bytes"),
        (blob(one.digest, &gzip("go-0", "1f8b08000000000000ff")), "streams of `go-0` cannot be rebuilt"),
        (blob(one.digest, &gzip("pkzip-3", "1f8b08000000000000ff")), "streams of `pkzip-3` cannot be rebuilt"),
        (blob(one.digest, &gzip("go-6", "1f8b08000000000000ff00")), "11 bytes that are no gzip header"),
        (blob(one.digest, &gzip("go-6", "zz")), "not hexadecimal"),
        (String::new(), "has 0 blobs"),
        (blob(one.digest, r#""plain": 1, "more": 2"#), "unknown field `more`"),
    ];
    for (text, words) in cases {
        let mut blobs = vec![one.clone(), other.clone(), lock.clone()];
        let error = parse(said(&text).as_bytes(), &mut blobs).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    }
    let twice = format!(r#"{{"digest": "{}", "size": 2, "blobs": [{}]}}"#, other.digest, blob(one.digest, &good));
    let error = parse(format!(r#"{{"packs": [{twice}]}}"#).as_bytes(), &mut vec![one, other]).unwrap_err().to_string();
    assert!(error.contains("twice"), "{error}");
}
