use super::*;
use lsrepo_types::{Digest, Sha512};

fn code(path: &str) -> (u16, &'static str) {
    let error = Route::parse(path).unwrap_err();
    (error.status, error.code.as_str())
}

#[test]
fn every_path_of_the_api_is_understood() {
    let (sha256, sha512) = (Digest::of(b"x"), Sha512::of(b"x"));
    let name: RepositoryName = "a/b".parse().unwrap();
    let id = UploadId::from_random([255; 16]);
    let by = |reference| Route::Manifest { name: "a/b".parse().unwrap(), reference };
    for (path, route) in [
        ("/v2".to_owned(), Route::Base),
        ("/v2/".to_owned(), Route::Base),
        ("/v2/_catalog".to_owned(), Route::Catalog),
        ("/v2/a/b/tags/list".to_owned(), Route::Tags { name: name.clone() }),
        ("/v2/a/b/manifests/1.0".to_owned(), by(ManifestReference::Tag("1.0".parse().unwrap()))),
        (format!("/v2/a/b/manifests/{sha256}"), by(ManifestReference::Digest(sha256.into()))),
        (format!("/v2/a/b/manifests/sha256%3A{}", sha256.hex()), by(ManifestReference::Digest(sha256.into()))),
        (format!("/v2/a/b/blobs/{sha512}"), Route::Blob { name: name.clone(), digest: AnyDigest::Sha512(sha512) }),
        ("/v2/a/b/blobs/uploads/".to_owned(), Route::Uploads { name: name.clone() }),
        ("/v2/a/b/blobs/uploads".to_owned(), Route::Uploads { name: name.clone() }),
        (format!("/v2/a/b/blobs/uploads/{id}"), Route::Upload { name: name.clone(), id: id.clone() }),
        (format!("/v2/a/b/referrers/{sha256}"), Route::Referrers { name, digest: sha256.into() }),
    ] {
        assert_eq!(Route::parse(&path).unwrap(), route, "{path}");
    }
    assert_eq!(id.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

#[test]
fn names_may_have_words_of_the_api_in_them() {
    for name in ["blobs", "tags/list", "manifests/manifests", "a/blobs/uploads"] {
        let route = Route::parse(&format!("/v2/{name}/manifests/latest")).unwrap();
        assert_eq!(route.name().unwrap().as_str(), name);
    }
}

#[test]
fn a_tag_that_looks_like_a_digest_is_a_tag() {
    let tag = format!("sha256-{}", Digest::of(b"x").hex());
    let Route::Manifest { reference, .. } = Route::parse(&format!("/v2/a/manifests/{tag}")).unwrap() else { unreachable!() };
    assert_eq!(reference, ManifestReference::Tag(tag.parse().unwrap()));
}

#[test]
fn names_that_climb_or_confuse_are_no_names() {
    let long = "x".repeat(300);
    let names = [
        "..",
        "a/..",
        "../a",
        "a/../b",
        "%2e%2e",
        "a/%2e%2e/b",
        "a%2fb",
        "a%2Fb",
        "a//b",
        "/a",
        "a/",
        "A",
        "a/B",
        "a%00",
        "%",
        "a%zz",
        "a\\b",
        "%252e",
        "",
        "a_",
        "-a",
        "a..b",
        "ü",
        &long,
    ];
    for name in names {
        for end in ["manifests/latest", "tags/list", "blobs/uploads/"] {
            assert_eq!(code(&format!("/v2/{name}/{end}")), (400, "NAME_INVALID"), "{name}");
        }
    }
    // the same name is another one only where it is one
    assert_eq!(Route::parse("/v2/%61/tags/list").unwrap().name().unwrap().as_str(), "a");
}

#[test]
fn what_is_no_digest_is_never_looked_for() {
    let hex = Digest::of(b"x").hex();
    for digest in [
        "sha256:baddigeststring",
        "sha256:",
        "sha256",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        &hex,
        &format!("SHA256:{hex}"),
        &format!("sha256:{}", hex.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
        &format!("sha256:{hex}0"),
        "sha256:../../../../../../../../../../../../../../../../../../../../etc/passwd0000",
    ] {
        assert_eq!(code(&format!("/v2/a/referrers/{digest}")).0, if digest.contains("/") { 404 } else { 400 }, "{digest}");
    }
    assert_eq!(code("/v2/a/blobs/sha256:12"), (400, "DIGEST_INVALID"));
    assert_eq!(code("/v2/a/manifests/sha256:baddigeststring"), (400, "DIGEST_INVALID"));
    assert_eq!(code("/v2/a/manifests/-x"), (400, "MANIFEST_INVALID"));
    assert_eq!(code("/v2/a/manifests/"), (400, "MANIFEST_INVALID"));
    assert_eq!(code(&format!("/v2/a/manifests/{}", "x".repeat(129))), (400, "MANIFEST_INVALID"));
}

#[test]
fn other_paths_are_nowhere() {
    for path in
        ["/v2/x", "/v2/a/b", "/v2/_catalog/", "/v2x", "/v1/", "/v2/../etc/passwd", "/v2//", "/v2/a/tags/list/", "/v2/uploads/x"]
    {
        assert_eq!(code(path).0, 404, "{path}");
    }
    for id in ["x", "..", "FFFFFFFF-ffff-4fff-bfff-ffffffffffff", "ffffffff-ffff-4fff-bfff-fffffffffff/"] {
        assert_eq!(code(&format!("/v2/a/blobs/uploads/{id}")).0, 404, "{id}");
    }
}
