//! Nothing crosses the gap that an approver did not sign for, where approvers are trusted.

use crate::{
    desk::{Desk, Said},
    manifest::{bundled, prepare},
    program::{program, succeeded},
};
use lsrepo_sign::SecretKey;
use lsrepo_types::Timestamp;
use std::{
    fs::{self, File},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::Command,
};

/// An approver, by the name of the home where the key is; the far side trusts that key where `trusted`.
fn approver(desk: &Desk, home: &str, trusted: bool) -> String {
    let fingerprint = desk.run(home, &["key", "generate", "--name", home]).well().trim().to_owned();
    let file = format!("{home}.asc");
    fs::write(desk.path(&file), desk.run(home, &["key", "export"]).well()).unwrap();
    if trusted {
        desk.far(&["key", "trust", "--approver", &file]).well();
    }
    fingerprint
}

/// Writes the manifest of a bundle, signs it with the key of `home`, and gives the name of the signature.
fn approve(desk: &Desk, home: &str, bundle: &str) -> String {
    fs::write(desk.path("manifest.json"), desk.run(home, &["manifest", bundle, "-o", "json"]).well()).unwrap();
    let signature = format!("{home}-{bundle}.sig");
    desk.run(home, &["key", "sign", "manifest.json", "-o", &signature]).well();
    signature
}

#[test]
fn where_approvers_are_trusted_nothing_is_imported_without_one() {
    let (desk, _upstream) = bundled();
    desk.far(&["import", "b.tar.zst", "--dry-run"]).well();
    let officer = approver(&desk, "officer", false);
    let signature = approve(&desk, "officer", "b.tar.zst");
    desk.far(&["import", "--approve", &signature, "b.tar.zst"])
        .badly(1, &[&signature, "no approver is trusted", "--approver FILE"]);
    assert_eq!(desk.far(&["key", "trust", "--approver", "officer.asc"]).well().trim(), officer);
    assert!(desk.far(&["key", "list"]).well().contains(&format!("{officer} officer (approves)")));
    for words in
        [&["import", "b.tar.zst"][..], &["import", "b.tar.zst", "--dry-run"], &["import", "b.tar.zst", "--trust-on-first-use"]]
    {
        desk.far(words)
            .badly(1, &["b.tar.zst", "an approver", "hint: `lsrepo manifest b.tar.zst -o json", "--approve manifest.json.asc"]);
    }
    desk.far(&["import", "oci://localhost:1/stack:1"]).badly(1, &["in a registry", "hint: `lsrepo export -o FILE`"]);
    assert_eq!(desk.blobs("far"), 0);
    let said = desk.far(&["import", "--approve", &signature, "b.tar.zst"]);
    assert!(said.err.contains(&format!("approved by {officer}")), "{}", said.err);
    said.well();
    assert_eq!(desk.blobs("far"), desk.blobs("near"));
}

#[test]
fn an_approval_by_another_or_for_another_bundle_lets_nothing_in() {
    let (desk, upstream) = bundled();
    approver(&desk, "officer", true);
    let stranger = approver(&desk, "stranger", false);
    let by_stranger = approve(&desk, "stranger", "b.tar.zst");
    desk.far(&["import", "--approve", &by_stranger, "b.tar.zst"])
        .badly(1, &[&by_stranger, &stranger, "no approver", "lsrepo key list"]);
    // who makes the bundle does not approve it
    let by_signer = approve(&desk, "near", "b.tar.zst");
    desk.far(&["import", "--approve", &by_signer, "b.tar.zst"]).badly(1, &["no approver"]);
    let upstream = upstream.add("shop", "2.1", "Depends: till\n").publish();
    prepare(&desk, &upstream, &["-p", "shop", "--update"]).well();
    desk.near(&["export", "-o", "new.tar.zst"]).well();
    let signature = approve(&desk, "officer", "b.tar.zst");
    desk.far(&["import", "--approve", &signature, "new.tar.zst"]).badly(1, &["approves another bundle", "new.tar.zst", "hint: "]);
    desk.far(&["import", "--approve", "manifest.json", "b.tar.zst"])
        .badly(1, &["manifest.json: ", "no signature of OpenPGP", "hint: "]);
    desk.far(&["import", "--approve", "nowhere.asc", "b.tar.zst"]).badly(2, &["nowhere.asc"]);
    assert_eq!(desk.blobs("far"), 0);
    assert!(!desk.path("far/roots").read_dir().is_ok_and(|mut roots| roots.next().is_some()));
    // an approval is not trust: the signer has to be known as well
    desk.run("third", &["key", "trust", "--approver", "officer.asc"]).well();
    desk.run("third", &["import", "--approve", &signature, "b.tar.zst"]).badly(1, &["not trusted here"]);
    desk.run("third", &["import", "--approve", &signature, "b.tar.zst", "--trust-on-first-use"]).well();
}

#[test]
fn an_approved_bundle_comes_through_a_pipe() {
    let (desk, _upstream) = bundled();
    approver(&desk, "officer", true);
    let signature = approve(&desk, "officer", "b.tar.zst");
    let import = |bundle: &Path| {
        let mut command = desk.command("far", &["import", "--approve", &signature, "-"]);
        Said::of(command.stdin(File::open(bundle).unwrap()).output().unwrap())
    };
    let mut bytes = fs::read(desk.path("b.tar.zst")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(desk.path("damaged.tar.zst"), &bytes).unwrap();
    import(&desk.path("damaged.tar.zst")).badly(1, &["damaged"]);
    import(&desk.path("b.tar.zst")).well();
    assert_eq!(desk.blobs("far"), desk.blobs("near"));
}

#[test]
fn what_gnupg_signs_counts() {
    let Some(gpg) = program("gpg") else { return };
    let (desk, _upstream) = bundled();
    let home = desk.path("gnupg");
    fs::DirBuilder::new().mode(0o700).create(&home).unwrap();
    let gpg = |words: &[&str]| {
        let mut command = Command::new(&gpg);
        command.args(["--batch", "--yes", "--quiet"]).args(words).env("GNUPGHOME", &home).current_dir(desk.path(""));
        succeeded(&command.output().unwrap())
    };
    gpg(&["--passphrase", "", "--quick-generate-key", "officer", "default", "sign", "never"]);
    gpg(&["--armor", "--output", "officer.asc", "--export"]);
    desk.far(&["key", "trust", "--approver", "officer.asc"]).well();
    fs::write(desk.path("manifest.json"), desk.far(&["manifest", "b.tar.zst", "-o", "json"]).well()).unwrap();
    gpg(&["--detach-sign", "--armor", "manifest.json"]);
    desk.far(&["import", "--approve", "manifest.json.asc", "b.tar.zst"]).well();
    assert_eq!(desk.blobs("far"), desk.blobs("near"));
    // and the other way round: gpg reads what `lsrepo key sign` writes
    desk.near(&["key", "sign", "manifest.json", "-o", "ours.asc"]).well();
    gpg(&["--import", "key.asc"]);
    gpg(&["--verify", "ours.asc", "manifest.json"]);
    let _ = Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", &home).output();
}

#[test]
fn a_file_is_signed_with_a_key_of_ones_own() {
    let desk = Desk::new();
    fs::write(desk.path("x"), "x").unwrap();
    desk.near(&["key", "sign", "x"]).badly(2, &["no key yet", "hint: ", "--key FILE"]);
    let key = SecretKey::generate("officer", Timestamp(1_600_000_000)).unwrap();
    fs::write(desk.path("secret.asc"), key.armored()).unwrap();
    let signature = desk.near(&["key", "sign", "--key", "secret.asc", "x"]).well();
    let signer = lsrepo_sign::check_detached(b"x", signature.as_bytes(), &key.keyring(), Timestamp(1_900_000_000)).unwrap();
    assert_eq!(signer, key.fingerprint());
}
