use super::*;
use lsrepo_oci::{AnyDigest, Reference, Referrer, Survey, Wanted, media_type, survey};
use lsrepo_types::Digest;
use serde_json::{Value, json};
use std::{fs, io::Read};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

struct Desk {
    _dir: tempfile::TempDir,
    store: Store,
}

fn desk() -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    Desk { _dir: dir, store }
}

impl Desk {
    fn add(&self, media_type: &str, bytes: &[u8]) -> Value {
        json!({"mediaType": media_type, "digest": self.store.put(bytes).unwrap().to_string(), "size": bytes.len()})
    }

    fn json(&self, media_type: &str, value: &Value) -> Value {
        self.add(media_type, &serde_json::to_vec(value).unwrap())
    }

    /// An image with a layer that both architectures share, and one of its own.
    fn image(&self, arch: &str, layer: &str) -> Value {
        let config = self.json(media_type::IMAGE_CONFIG, &json!({"os": "linux", "architecture": arch}));
        let layers = [self.add(layer, b"shared"), self.add(layer, arch.as_bytes())];
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": layers});
        let mut descriptor = self.json(media_type::MANIFEST, &manifest);
        descriptor["platform"] = json!({"os": "linux", "architecture": arch});
        descriptor
    }

    fn index(&self) -> Value {
        let manifests = [self.image("amd64", LAYER), self.image("arm64", LAYER)];
        self.json(media_type::INDEX, &json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": manifests}))
    }

    fn survey(&self, root: &Value, platforms: &[&str]) -> (Descriptor<AnyDigest>, Survey) {
        let root: Descriptor<AnyDigest> = serde_json::from_value(root.clone()).unwrap();
        let platforms = platforms.iter().map(|text| text.parse().unwrap()).collect();
        let mut read = |one: &Descriptor<AnyDigest>| self.store.read(&one.digest.sha256()?, 1 << 20).ok();
        let survey = survey(&root, &Wanted { platforms, foreign: false }, &mut read).unwrap();
        (root, survey)
    }

    fn named(&self, name: &str, root: &Value, platforms: &[&str]) -> Image {
        let (root, survey) = self.survey(root, platforms);
        Image { reference: name.parse::<Reference>().unwrap(), root, survey, referrers: Vec::new() }
    }

    fn write(&self, images: &[Image], options: &ArchiveOptions) -> Result<Archive, ArchiveError> {
        let (mut bytes, mut again) = (Vec::new(), Vec::new());
        let summary = write(&self.store, images, options, &mut bytes, &|_| {})?;
        write(&self.store, images, options, &mut again, &|_| {})?;
        assert!(bytes == again, "equal images give equal bytes");
        assert_eq!(summary.size, bytes.len() as u64);
        let together = pieces(&self.store, images, options)?.into_iter().flat_map(|piece| match piece {
            Piece::Made(bytes) => bytes,
            Piece::Blob(blob) => self.store.read(&blob.digest, blob.size).unwrap(),
        });
        assert!(together.eq(bytes.iter().copied()), "its pieces are the archive");
        Ok(Archive::read(&bytes))
    }

    fn error(&self, images: &[Image], options: &ArchiveOptions) -> String {
        self.write(images, options).map(|archive| archive.names).unwrap_err().to_string()
    }
}

/// An archive as another reader of tars sees it.
struct Archive {
    names: Vec<String>,
    contents: Vec<Vec<u8>>,
}

impl Archive {
    fn read(bytes: &[u8]) -> Self {
        let (mut names, mut contents) = (Vec::new(), Vec::new());
        for entry in ::tar::Archive::new(bytes).entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.mode().unwrap()), (0, 0, 0o644));
            names.push(entry.path().unwrap().to_str().unwrap().to_owned());
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            contents.push(content);
        }
        Self { names, contents }
    }

    fn json(&self, name: &str) -> Value {
        let at = self.names.iter().position(|found| found == name).unwrap();
        serde_json::from_slice(&self.contents[at]).unwrap()
    }

    /// Every blob has the digest that its name says, and none is there twice.
    fn check(&self) -> usize {
        let blobs = self
            .names
            .iter()
            .zip(&self.contents)
            .filter_map(|(name, content)| Some((name.strip_prefix("blobs/sha256/")?, content)));
        let mut seen = std::collections::BTreeSet::new();
        for (hex, content) in blobs {
            assert_eq!(hex, Digest::of(content).hex());
            assert!(seen.insert(hex));
        }
        seen.len()
    }
}

fn options(format: ArchiveFormat, platform: Option<&str>) -> ArchiveOptions {
    ArchiveOptions { format, platform: platform.map(|text| text.parse().unwrap()), referrers: false, familiar: false }
}

fn oci(platform: Option<&str>) -> ArchiveOptions {
    options(ArchiveFormat::Oci, platform)
}

fn docker(platform: Option<&str>) -> ArchiveOptions {
    options(ArchiveFormat::Docker, platform)
}

fn text(descriptor: &Value) -> &str {
    descriptor["digest"].as_str().unwrap()
}

#[test]
fn an_index_and_everything_below_it_is_a_layout() {
    let desk = desk();
    let root = desk.index();
    let archive = desk.write(&[desk.named("up.example/app:1", &root, &[])], &oci(None)).unwrap();
    assert_eq!(archive.names[..2], ["oci-layout", "index.json"]);
    assert_eq!(archive.names[2], text(&root).replace("sha256:", "blobs/sha256/"));
    assert_eq!(archive.check(), 1 + 2 + 2 + 3, "index, manifests, configs, layers");
    let entry = &archive.json("index.json")["manifests"][0];
    assert_eq!((text(entry), &entry["mediaType"]), (text(&root), &json!(media_type::INDEX)));
    let name = json!("up.example/app:1");
    assert_eq!(entry["annotations"], json!({"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}));
}

#[test]
fn layers_that_were_left_out_are_not_missed_and_one_platform_can_stand_alone() {
    let desk = desk();
    let root = desk.index();
    let sparse = [desk.named("up.example/app:1", &root, &["linux/arm64"])];
    let archive = desk.write(&sparse, &oci(None)).unwrap();
    assert_eq!((archive.check(), text(&archive.json("index.json")["manifests"][0])), (7, text(&root)));
    let one = desk.write(&sparse, &oci(Some("linux/arm64"))).unwrap();
    assert_eq!((one.check(), &one.json("index.json")["manifests"][0]["mediaType"]), (4, &json!(media_type::MANIFEST)));
    let said = desk.error(&sparse, &oci(Some("linux/amd64")));
    assert!(said.starts_with("up.example/app:1: 1 of its layers for linux/amd64 are not in the store\nhint: "), "{said}");
    let said = desk.error(&sparse, &oci(Some("linux/s390x")));
    assert_eq!(said, "up.example/app:1: it has nothing for linux/s390x (it has: linux/amd64, linux/arm64)");
}

#[test]
fn docker_gets_one_platform_with_its_layers_as_they_are() {
    let desk = desk();
    let root = desk.index();
    let whole = [desk.named("app:1", &root, &[])];
    let said = desk.error(&whole, &docker(None));
    assert!(said.contains("for linux/amd64, linux/arm64") && said.ends_with("hint: --platform linux/amd64"), "{said}");
    // Where only one platform is there, it need not be said which.
    let sparse = [desk.named("app:1", &root, &["linux/arm64"])];
    let (named, meant) = (desk.write(&whole, &docker(Some("linux/arm64"))).unwrap(), desk.write(&sparse, &docker(None)).unwrap());
    assert_eq!(named.contents, meant.contents);
    assert_eq!(meant.names[..3], ["oci-layout", "index.json", "manifest.json"]);
    let entry = &meant.json("manifest.json")[0];
    assert_eq!(entry["RepoTags"], json!(["docker.io/library/app:1"]));
    let path = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).hex());
    assert_eq!(entry["Layers"], json!([path(b"shared"), path(b"arm64")]));
    assert!(meant.names.contains(&entry["Config"].as_str().unwrap().to_owned()));
}

#[test]
fn several_images_share_layers_and_equal_ones_are_one_with_several_names() {
    let desk = desk();
    let (amd64, arm64) = (desk.image("amd64", LAYER), desk.image("arm64", LAYER));
    let images = [("a:1", &amd64), ("b:1", &arm64), ("c:1", &amd64)].map(|(name, root)| desk.named(name, root, &[]));
    let archive = desk.write(&images, &docker(None)).unwrap();
    assert_eq!(archive.check(), 2 + 2 + 3);
    let manifest = archive.json("manifest.json");
    let tags: Vec<_> = manifest.as_array().unwrap().iter().map(|one| one["RepoTags"].clone()).collect();
    assert_eq!(tags, [json!(["docker.io/library/a:1", "docker.io/library/c:1"]), json!(["docker.io/library/b:1"])]);
    assert_eq!(archive.json("index.json")["manifests"].as_array().unwrap().len(), 3);
    let twice = [desk.named("a:1", &amd64, &[]), desk.named("a:1", &arm64, &[])];
    assert!(desk.error(&twice, &oci(None)).starts_with("two images are called docker.io/library/a:1"));
}

#[test]
fn an_image_without_a_tag_is_called_by_its_digest() {
    let desk = desk();
    let root = desk.image("amd64", LAYER);
    let name = format!("up.example/app@{}", text(&root));
    let images = [desk.named(&name, &root, &[])];
    let archive = desk.write(&images, &docker(None)).unwrap();
    assert_eq!(archive.json("index.json")["manifests"][0]["annotations"]["io.containerd.image.name"], json!(name));
    assert_eq!(archive.json("manifest.json")[0]["RepoTags"], json!([]));
    let both = [desk.named(&format!("up.example/app:1@{}", text(&root)), &root, &[])];
    let entry = &desk.write(&both, &oci(None)).unwrap().json("index.json")["manifests"][0];
    assert_eq!(entry["annotations"]["io.containerd.image.name"], json!("up.example/app:1"));
}

#[test]
fn what_refers_to_an_image_is_there_when_asked_for() {
    let desk = desk();
    let root = desk.index();
    let mut image = desk.named("up.example/app:1", &root, &[]);
    let config = desk.add("application/vnd.oci.empty.v1+json", b"{}");
    let signature = json!({"schemaVersion": 2, "config": config, "layers": [desk.add("text/plain", b"signed")], "subject": root});
    let signature = desk.json(media_type::MANIFEST, &signature);
    let tag = format!("{}.sig", text(&root).replace(':', "-"));
    for tag in [Some(tag.parse().unwrap()), None, None] {
        let (root, survey) = desk.survey(&signature, &[]);
        image.referrers.push(Referrer { tag, root, survey });
    }
    let with = ArchiveOptions { referrers: true, ..oci(None) };
    let archive = desk.write(std::slice::from_ref(&image), &with).unwrap();
    assert_eq!(archive.check(), 8 + 3);
    let entries = archive.json("index.json")["manifests"].as_array().unwrap().clone();
    assert_eq!(entries.len(), 3, "the same without a tag stands there once");
    assert_eq!(entries[1]["annotations"]["org.opencontainers.image.ref.name"], json!(format!("up.example/app:{tag}")));
    assert_eq!((text(&entries[2]), entries[2].get("annotations")), (text(&signature), None));
    assert_eq!(desk.write(std::slice::from_ref(&image), &oci(None)).unwrap().check(), 8);
    assert_eq!(desk.write(&[image], &ArchiveOptions { referrers: true, ..docker(Some("linux/amd64")) }).unwrap().check(), 4);
}

#[test]
fn what_docker_cannot_load_is_refused_before_a_byte_is_written() {
    let desk = desk();
    let root = desk.image("amd64", "application/vnd.oci.image.layer.v1.tar+zstd");
    let images = [desk.named("a:1", &root, &[])];
    let mut out = Vec::new();
    let said = write(&desk.store, &images, &docker(None), &mut out, &|_| {}).unwrap_err().to_string();
    assert!(said.contains("zstd") && said.contains("--format oci") && out.is_empty(), "{said}");
    assert!(desk.write(&images, &oci(None)).is_ok());
    assert!(matches!(write(&desk.store, &[], &oci(None), &mut out, &|_| {}), Err(ArchiveError::Nothing)));
}

#[test]
fn a_damaged_or_incomplete_store_leaves_no_file() {
    let desk = desk();
    let root = desk.image("amd64", LAYER);
    let images = [desk.named("a:1", &root, &[])];
    let path = desk.store.root().join("x.tar");
    let blob = desk.store.root().join("blobs/sha256").join(Digest::of(b"shared").hex());
    for content in ["shaped", "short"] {
        fs::write(&blob, content).unwrap();
        let result = write_to_path(&desk.store, &images, &oci(None), &path, &|_| {});
        assert!(matches!(result, Err(ArchiveError::Blob(digest)) if digest == Digest::of(b"shared")));
    }
    fs::remove_file(&blob).unwrap();
    assert!(matches!(write_to_path(&desk.store, &images, &oci(None), &path, &|_| {}), Err(ArchiveError::Store(_))));
    let left: Vec<_> = fs::read_dir(desk.store.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().contains("x.tar"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    desk.store.put(b"shared").unwrap();
    let summary = write_to_path(&desk.store, &images, &oci(None), &path, &|_| {}).unwrap();
    assert_eq!((summary.blobs, summary.size), (4, fs::metadata(&path).unwrap().len()));
}
