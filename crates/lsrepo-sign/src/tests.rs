use super::*;
use lsrepo_types::Timestamp;
use std::{fs, path::Path, process::Command};

const BORN: Timestamp = Timestamp(1_700_000_000);
const LATER: Timestamp = Timestamp(1_760_000_000);
const TEXT: &str = "Origin: x\n- dashed\nFrom me\n";

fn key() -> SecretKey {
    SecretKey::generate("test", BORN).unwrap()
}

#[test]
fn what_is_signed_is_read_back() {
    let key = key();
    let inline = key.sign_inline(TEXT, LATER).unwrap();
    assert_eq!(inline, key.sign_inline(TEXT, LATER).unwrap());
    let verified = verify_inline(inline.as_bytes(), &key.keyring(), LATER).unwrap();
    assert_eq!((verified.get().as_str(), verified.signer(), verified.signed_at()), (TEXT, &key.fingerprint(), LATER));
    let detached = key.sign_detached(b"data", LATER).unwrap();
    assert_eq!(check_detached(b"data", detached.as_bytes(), &key.keyring(), LATER).unwrap(), key.fingerprint());
    assert!(matches!(check_detached(b"date", detached.as_bytes(), &key.keyring(), LATER), Err(SignatureError::Bad { .. })));
}

#[test]
fn every_flipped_bit_of_a_canonical_signature_is_seen() {
    let key = key();
    let detached = key.sign_detached(b"data", LATER).unwrap().into_bytes();
    assert!(is_canonical(&detached));
    for bit in 0..detached.len() * 8 {
        let mut wrong = detached.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        let accepted = is_canonical(&wrong) && check_detached(b"data", &wrong, &key.keyring(), LATER).is_ok();
        assert!(!accepted, "bit {bit}");
    }
}

#[test]
fn a_stranger_is_named() {
    let (key, other) = (key(), key());
    let inline = key.sign_inline(TEXT, LATER).unwrap();
    match verify_inline(inline.as_bytes(), &other.keyring(), LATER) {
        Err(SignatureError::MissingKey { issuers }) => assert_eq!(issuers, [key.fingerprint().to_string()]),
        wrong => panic!("{wrong:?}"),
    }
}

#[test]
fn text_beside_the_signed_one_is_refused() {
    let key = key();
    let inline = key.sign_inline(TEXT, LATER).unwrap();
    let check = |text: &str| verify_inline(text.as_bytes(), &key.keyring(), LATER);
    assert!(check(&format!("\n{inline}\n \n")).is_ok());
    for wrong in [format!("Origin: evil\n{inline}"), format!("{inline}Origin: evil\n"), format!("{inline}{inline}")] {
        assert!(matches!(check(&wrong), Err(SignatureError::OutsideText)), "{wrong}");
    }
    assert!(matches!(check("Origin: x\n"), Err(SignatureError::NotSigned)));
    assert!(matches!(check(&inline.replace("Origin", "0rigin")), Err(SignatureError::Bad { .. })));
    assert!(check(&inline[..inline.len() - 40]).is_err());
    assert!(check(&inline.replacen("Hash: SHA256\n", "Hash: SHA256\nComment: hi\n", 1)).is_err());
}

#[test]
fn keys_survive_their_text() {
    let key = key();
    let again = SecretKey::parse(key.armored().as_bytes()).unwrap();
    assert_eq!((again.fingerprint(), again.created(), again.user_id()), (key.fingerprint(), BORN, "test".to_owned()));
    let two = format!("{}\n{}", key.public_armored(), self::key().public_armored());
    let keyring = Keyring::parse(two.as_bytes()).unwrap();
    assert_eq!(keyring.fingerprints().len(), 2);
    assert_eq!(keyring.only(&[key.fingerprint().to_string()]).fingerprints(), [key.fingerprint()]);
    assert_eq!(Keyring::parse(&key.public_binary()).unwrap().fingerprints(), [key.fingerprint()]);
    assert!(Keyring::parse(b"rubbish").is_err() && SecretKey::parse(key.public_armored().as_bytes()).is_err());
    assert_eq!(key.fingerprint().to_string().parse::<Fingerprint>().unwrap(), key.fingerprint());
}

#[test]
fn gpgv_agrees() {
    if Command::new("gpgv").arg("--version").output().is_err() {
        return eprintln!("skipped: gpgv is not installed");
    }
    let (key, dir) = (key(), tempfile::tempdir().unwrap());
    let path = |name: &str| dir.path().join(name);
    fs::write(path("key.gpg"), key.public_binary()).unwrap();
    fs::write(path("inline"), key.sign_inline(TEXT, LATER).unwrap()).unwrap();
    fs::write(path("data"), TEXT).unwrap();
    fs::write(path("data.asc"), key.sign_detached(TEXT.as_bytes(), LATER).unwrap()).unwrap();
    let gpgv = |files: &[&str]| {
        let done = Command::new("gpgv").arg("--keyring").arg(path("key.gpg")).args(files.iter().map(|file| path(file))).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    gpgv(&["inline"]);
    gpgv(&["data.asc", "data"]);
}

#[test]
fn the_archive_of_this_machine_is_trusted() {
    let (keyring, lists) = (Path::new("/usr/share/keyrings/debian-archive-keyring.gpg"), Path::new("/var/lib/apt/lists"));
    let files = fs::read_dir(lists).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let found: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with("InRelease")).collect();
    let Ok(keys) = fs::read(keyring) else { return eprintln!("skipped: no keyring of Debian here") };
    if found.is_empty() {
        return eprintln!("skipped: apt has no lists here");
    }
    let keys = Keyring::parse(&keys).unwrap();
    let verified = found.iter().filter(|path| verify_inline(&fs::read(path).unwrap(), &keys, LATER).is_ok()).count();
    assert!(verified > 0, "none of {found:?}");
}
