//! Bundles that somebody made to do harm, most of them signed by a key that is trusted: each is refused in one line.

use super::*;
use crate::{
    head::{ABSENT, KEY_DIGEST},
    tools,
    writer::{Stream, Writer},
};
use lsrepo_oci::{ImageLayout, Index};

/// A bundle that is written by hand.
pub(super) struct Forged {
    pub(super) key: SecretKey,
    pub(super) index: Index,
    pub(super) members: Vec<(String, Vec<u8>)>,
}

impl Forged {
    /// A set of one package; what is to be wrong, the caller makes wrong.
    pub(super) fn new() -> Self {
        let key = key();
        let mut index = Index::new(Vec::new());
        index.annotations.insert(KEY_DIGEST.to_owned(), Digest::of(key.public_armored().as_bytes()).to_string());
        Self { key, index, members: Vec::new() }
    }

    pub(super) fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let digest = Digest::of(bytes);
        self.members.push((format!("blobs/sha256/{}", digest.hex()), bytes.to_vec()));
        Descriptor::new(media_type, digest, bytes.len() as u64)
    }

    pub(super) fn set(&mut self, name: &str, manifest: &Manifest) {
        let bytes = manifest.to_bytes();
        let mut descriptor = self.blob(media_type::MANIFEST, &bytes);
        descriptor.artifact_type = Some(ARTIFACT_TYPE.to_owned());
        self.index.manifests.push(descriptor.with(annotation::REF_NAME, name));
        // Manifests lie before what they name.
        let last = self.members.pop().unwrap();
        let at = self.index.manifests.len() - 1;
        self.members.insert(at, last);
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let index = self.index.to_bytes();
        let signature = self.key.sign_detached(&index, DATE).unwrap();
        self.written(&index, &signature)
    }

    fn written(&self, index: &[u8], signature: &str) -> Vec<u8> {
        let mut writer = Writer::new(Stream(Vec::new()));
        writer.bytes("oci-layout", ImageLayout::BYTES).unwrap();
        writer.bytes("index.json", index).unwrap();
        writer.bytes("index.json.asc", signature.as_bytes()).unwrap();
        writer.bytes("key.asc", self.key.public_armored().as_bytes()).unwrap();
        for (name, bytes) in &self.members {
            writer.bytes(name, bytes).unwrap();
        }
        writer.finish().unwrap().0.0
    }

    /// It is refused, with these words, as a stream and on media; nothing is visible in the store.
    #[track_caller]
    pub(super) fn refused(&self, bytes: &[u8], words: &str) {
        let there = here();
        let keys = self.key.keyring();
        let error = take(bytes, &there.store, &keys, false).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(there.store.roots().unwrap().is_empty());
        let path = there.store.root().join("b.tar.zst");
        fs::write(&path, bytes).unwrap();
        let opened = Source::open(&[path]).and_then(|source| {
            let archive = Archive::open(&Arc::new(source), &Trust { keys: &keys, on_first_use: false, now: DATE, only: None })?;
            verify(&archive, true, &|_| {})
        });
        assert!(opened.is_err() || opened.is_ok_and(|found| !found.damage.is_empty()));
    }
}

fn config(forged: &mut Forged) -> Descriptor {
    forged.blob(media_type::LOCK, b"lock")
}

#[test]
fn one_that_is_as_it_should_be_is_taken() {
    let mut forged = Forged::new();
    let config = config(&mut forged);
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, Vec::new()));
    take(&forged.bytes(), &here().store, &forged.key.keyring(), false).unwrap();
}

#[test]
fn names_that_lead_elsewhere() {
    let mut forged = Forged::new();
    let config = config(&mut forged);
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, Vec::new()));
    for name in ["../../etc/passwd", "/etc/passwd", "blobs/sha256/..", "blobs/sha256/x", "index.json", "././@PaxHeader", ""] {
        let mut wrong = Forged { key: forged.key.clone(), index: forged.index.clone(), members: forged.members.clone() };
        wrong.members[1].0 = name.to_owned();
        wrong.refused(&wrong.bytes(), "damaged at byte");
    }
    for name in ["../a", ".a", "a/b", "", "a\n"] {
        let mut wrong = Forged { key: forged.key.clone(), index: forged.index.clone(), members: forged.members.clone() };
        wrong.index.manifests[0] = wrong.index.manifests[0].clone().with(annotation::REF_NAME, name);
        wrong.refused(&wrong.bytes(), "cannot name a set");
    }
}

#[test]
fn members_that_are_there_twice_or_not_announced() {
    let mut forged = Forged::new();
    let config = config(&mut forged);
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, Vec::new()));
    let twice = forged.members[1].clone();
    forged.members.push(twice);
    forged.refused(&forged.bytes(), "damaged at byte");
    forged.members.pop();
    let again = forged.index.manifests[0].clone().with(annotation::REF_NAME, "b");
    forged.index.manifests.push(again);
    forged.refused(&forged.bytes(), "twice");
}

#[test]
fn sizes_that_lie() {
    for size in [0, 3, 5, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let mut forged = Forged::new();
        let mut config = config(&mut forged);
        config.size = size;
        forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, Vec::new()));
        let there = here();
        assert!(take(&forged.bytes(), &there.store, &forged.key.keyring(), false).is_err(), "{size}");
    }
    let mut forged = Forged::new();
    let config = config(&mut forged);
    let other = Descriptor { size: config.size + 1, ..config.clone() };
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, vec![other]));
    forged.refused(&forged.bytes(), "two sizes");
    let mut forged = Forged::new();
    forged.index.manifests.push(Descriptor {
        artifact_type: Some(ARTIFACT_TYPE.to_owned()),
        ..Descriptor::new(media_type::MANIFEST, Digest::of(b"x"), 1 << 50).with(annotation::REF_NAME, "a")
    });
    forged.refused(&forged.bytes(), "more than");
}

#[test]
fn a_set_that_names_itself() {
    let mut forged = Forged::new();
    let config = config(&mut forged);
    // Its own digest it cannot know; another set that names it, it can.
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config.clone(), Vec::new()));
    let first = forged.index.manifests[0].clone();
    forged.set("b", &Manifest::new(ARTIFACT_TYPE, config, vec![first]));
    forged.refused(&forged.bytes(), "the bundle ends at byte");
}

#[test]
fn a_signature_over_something_else() {
    let mut forged = Forged::new();
    let config = config(&mut forged);
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, Vec::new()));
    let signature = forged.key.sign_detached(b"something else", DATE).unwrap();
    forged.refused(&forged.written(&forged.index.to_bytes(), &signature), "signature");
    let stranger = key();
    let signature = stranger.sign_detached(&forged.index.to_bytes(), DATE).unwrap();
    forged.refused(&forged.written(&forged.index.to_bytes(), &signature), "signature");
}

#[test]
fn contents_that_are_others() {
    let mut forged = Forged::new();
    let config = config(&mut forged);
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, Vec::new()));
    forged.members[1].1 = b"lick".to_vec();
    forged.refused(&forged.bytes(), "another content");
}

#[test]
fn leaving_out_what_nobody_has_and_tools_that_are_not_there() {
    let mut forged = Forged::new();
    let config = config(&mut forged);
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, Vec::new()));
    let absent = [0; 32];
    forged.index.annotations.insert(ABSENT.to_owned(), format!("{} 32", Digest::of(&absent)));
    forged.members.insert(1, (format!("blobs/sha256/{}", Digest::of(&absent).hex()), absent.to_vec()));
    forged.refused(&forged.bytes(), "leaves out what none of its sets has");
    forged.index.annotations.insert(ABSENT.to_owned(), "much".to_owned());
    forged.refused(&forged.bytes(), "nothing sensible");
    forged.index.annotations.remove(ABSENT);
    forged.members.remove(1);
    forged.index.annotations.insert(tools::ANNOTATION.to_owned(), format!("{} 512", Digest::of(b"tools")));
    forged.refused(&forged.bytes(), "tools");
    forged.index.annotations.remove(tools::ANNOTATION);
    let mut bytes = b"\x51\x2a\x4d\x18\x04\x00\x00\x00evil".to_vec();
    bytes.extend(forged.bytes());
    forged.refused(&bytes, "tools");
    // as large as 4 GiB, it is said
    bytes[4..8].copy_from_slice(&[255; 4]);
    forged.refused(&bytes, "");
}

#[test]
fn frames_that_grow_when_they_are_unpacked() {
    let bomb = tempfile::tempdir().unwrap();
    let line = "head -c 1000000000 /dev/zero | zstd -q";
    let packed = Command::new("sh").arg("-c").arg(line).current_dir(bomb.path()).output().unwrap();
    if packed.stdout.is_empty() {
        return eprintln!("skipped: zstd is not installed");
    }
    Forged::new().refused(&packed.stdout, "not a bundle");
    let mut behind = bundle(&key(), &[b"one"]);
    behind.extend(&packed.stdout);
    assert!(take(&behind, &here().store, &key().keyring(), true).is_err());
}
