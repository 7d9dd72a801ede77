//! A registry on the loopback that has images made here, and remembers what it was asked.

use lsrepo_oci::media_type;
use lsrepo_types::Digest;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

#[derive(Default)]
struct State {
    /// by path: what it is, and its bytes
    content: BTreeMap<String, (String, Vec<u8>)>,
    asked: Vec<String>,
    /// the next answer from this path ends after so many bytes, and its connection stays open; then this is told
    park: Option<(String, usize, Sender<()>)>,
    parked: Vec<TcpStream>,
    /// what `Authorization` must be, where anything
    password: Option<String>,
}

/// Ends with the process.
pub(crate) struct Registry {
    /// `127.0.0.1:PORT`
    pub(crate) host: String,
    state: Arc<Mutex<State>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = Self { host: listener.local_addr().unwrap().to_string(), state: Arc::default() };
        let state = this.state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = state.clone();
                thread::spawn(move || answer(&state, stream));
            }
        });
        this
    }

    /// What it was asked since this was asked last: `HEAD /v2/app/manifests/1`.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// From now on it wants this after `Authorization: `.
    pub(crate) fn wants(&self, authorization: &str) {
        self.state.lock().unwrap().password = Some(authorization.to_owned());
    }

    /// The next answer from a path stands still after so many bytes. What comes back hears of it then.
    pub(crate) fn park(&self, path: &str, bytes: usize) -> Receiver<()> {
        let (tell, heard) = channel();
        self.state.lock().unwrap().park = Some((path.to_owned(), bytes, tell));
        heard
    }

    pub(crate) fn blob(&self, repository: &str, media_type: &str, bytes: &[u8]) -> Value {
        self.put(repository, "blobs", media_type, bytes)
    }

    /// A manifest, under its digest and these tags.
    pub(crate) fn manifest(&self, repository: &str, media_type: &str, manifest: &Value, tags: &[&str]) -> Value {
        let bytes = serde_json::to_vec(manifest).unwrap();
        for tag in tags {
            let path = format!("/v2/{repository}/manifests/{tag}");
            self.state.lock().unwrap().content.insert(path, (media_type.to_owned(), bytes.clone()));
        }
        self.put(repository, "manifests", media_type, &bytes)
    }

    fn put(&self, repository: &str, below: &str, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        let path = format!("/v2/{repository}/{below}/{digest}");
        self.state.lock().unwrap().content.insert(path, (media_type.to_owned(), bytes.to_vec()));
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    /// An image for one platform: a layer that all have, and one of its own.
    pub(crate) fn image(&self, repository: &str, arch: &str, tags: &[&str]) -> Value {
        let config = json!({"os": "linux", "architecture": arch, "rootfs": {"type": "layers", "diff_ids": []}});
        let config = self.blob(repository, media_type::IMAGE_CONFIG, &serde_json::to_vec(&config).unwrap());
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        let layers = [self.blob(repository, layer, b"what all have"), self.blob(repository, layer, arch.as_bytes())];
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": layers});
        let mut descriptor = self.manifest(repository, media_type::MANIFEST, &manifest, tags);
        descriptor["platform"] = json!({"os": "linux", "architecture": arch});
        descriptor
    }

    /// An image for amd64 and arm64.
    pub(crate) fn index(&self, repository: &str, tags: &[&str]) -> Value {
        let manifests = ["amd64", "arm64"].map(|arch| self.image(repository, arch, &[]));
        let index = json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": manifests});
        self.manifest(repository, media_type::INDEX, &index, tags)
    }

    /// Something that cosign's tag ties to an image.
    pub(crate) fn signature(&self, repository: &str, image: &Value) -> Value {
        let config = self.blob(repository, media_type::IMAGE_CONFIG, b"{}");
        let layer = self.blob(repository, "application/vnd.dev.cosign.simplesigning.v1+json", b"signed");
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": [layer]});
        let tag = format!("{}.sig", image["digest"].as_str().unwrap().replace(':', "-"));
        self.manifest(repository, media_type::MANIFEST, &manifest, &[&tag])
    }
}

fn answer(state: &Mutex<State>, mut stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    // Somebody who tries TLS first.
    if reader.fill_buf().ok()?.first() == Some(&0x16) {
        return None;
    }
    loop {
        let mut first = String::new();
        reader.read_line(&mut first).ok()?;
        let (method, rest) = first.split_once(' ')?;
        let path = rest.split(' ').next()?.to_owned();
        let (mut from, mut authorization) = (None, String::new());
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                from = range.trim_end().trim_end_matches('-').parse::<usize>().ok();
            }
            if let Some((_, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
                value.trim().clone_into(&mut authorization);
            }
            if line.trim_end().is_empty() {
                break;
            }
        }
        let unknown = state.lock().unwrap().password.as_ref().is_some_and(|password| *password != authorization);
        let (found, parks) = {
            let mut state = state.lock().unwrap();
            let range = from.map_or(String::new(), |from| format!(" from {from}"));
            state.asked.push(format!("{method} {path}{range}"));
            (state.content.get(&path).cloned(), state.park.take_if(|(parked, ..)| *parked == path))
        };
        let mut more = String::new();
        let (status, media_type, bytes) = match found {
            _ if unknown => {
                more = "www-authenticate: Basic realm=\"test\"\r\n".to_owned();
                (401, "application/json".to_owned(), b"{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}".to_vec())
            }
            Some((media_type, bytes)) => match from {
                Some(from) => {
                    more = format!("content-range: bytes {from}-{}/{}\r\n", bytes.len() - 1, bytes.len());
                    (206, media_type, bytes[from..].to_vec())
                }
                None => (200, media_type, bytes),
            },
            None => (404, "application/json".to_owned(), b"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}".to_vec()),
        };
        let digest = Digest::of(&bytes);
        let length = bytes.len();
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n{more}docker-content-digest: {digest}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        if let Some((_, most, tell)) = parks {
            stream.write_all(&bytes[..most]).ok()?;
            state.lock().unwrap().parked.push(stream);
            return tell.send(()).ok();
        }
        if method != "HEAD" {
            stream.write_all(&bytes).ok()?;
        }
    }
}
