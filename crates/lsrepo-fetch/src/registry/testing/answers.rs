//! What the registry does when nothing goes wrong.

use super::{Asked, Registry, Reply, basic, error, id};
use lsrepo_oci::{AnyDigest, Content, media_type};
use lsrepo_types::Digest;
use serde_json::json;

impl Registry {
    pub(crate) fn answer(&self, asked: &Asked, body: Vec<u8>) -> Reply {
        let path = asked.path.split('?').next().unwrap();
        if path == "/token" {
            return self.token(asked, &body);
        }
        if path.starts_with("/up/") {
            return self.upload(asked, &body);
        }
        let path = path.strip_prefix("/v2/").unwrap();
        let (repository, kind, name) = ["/blobs/", "/manifests/", "/referrers/"]
            .into_iter()
            .find_map(|kind| path.split_once(kind).map(|(repository, name)| (repository.to_owned(), kind, name.to_owned())))
            .unwrap();
        match (asked.method.as_str(), kind) {
            ("POST", "/blobs/") => self.begin(asked, &repository),
            ("HEAD", "/blobs/") => {
                let digest: AnyDigest = name.parse().unwrap();
                match self.state().blobs.contains(&(repository, digest)) {
                    true => Reply(200, vec![("docker-content-digest".into(), name)], Vec::new()),
                    false => error(404, "BLOB_UNKNOWN"),
                }
            }
            ("GET", "/blobs/") => self.blob(asked, repository, &name),
            ("GET" | "HEAD", "/manifests/") => match self.state().manifests.get(&(repository, name)) {
                Some((kind, bytes)) => {
                    let digest = Digest::of(bytes).to_string();
                    Reply(200, vec![("content-type".into(), kind.clone()), ("docker-content-digest".into(), digest)], bytes.clone())
                }
                None => error(404, "MANIFEST_UNKNOWN"),
            },
            ("PUT", "/manifests/") => self.manifest(asked, repository, name, body),
            ("GET", "/referrers/") if self.manner.api => {
                let state = self.state();
                let own = state.manifests.iter().filter(|((found, name), _)| *found == repository && name.starts_with("sha256:"));
                let about = own.filter(|(_, (kind, bytes))| {
                    Content::parse(kind, bytes).unwrap().subject.is_some_and(|subject| subject.digest.to_string() == name)
                });
                let list: Vec<_> = about
                    .map(|((_, digest), (kind, bytes))| json!({"mediaType": kind, "digest": digest, "size": bytes.len()}))
                    .collect();
                let at = asked.query("at").map_or(0, |at| at.parse().unwrap());
                let mut headers = vec![("content-type".to_owned(), media_type::INDEX.to_owned())];
                let page = if self.manner.paged { &list[at..list.len().min(at + 1)] } else { &list[..] };
                if self.manner.paged && at + 1 < list.len() {
                    let path = asked.path.split('?').next().unwrap();
                    headers.push(("link".into(), format!("<{path}?at={}>; rel=\"next\"", at + 1)));
                }
                let index = json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": page});
                Reply(200, headers, serde_json::to_vec(&index).unwrap())
            }
            _ => error(404, "NAME_UNKNOWN"),
        }
    }

    fn blob(&self, asked: &Asked, repository: String, name: &str) -> Reply {
        if let Some(elsewhere) = &self.manner.elsewhere {
            return Reply(307, vec![("location".into(), format!("{elsewhere}{}", asked.path))], Vec::new());
        }
        let digest: AnyDigest = name.parse().unwrap();
        let state = self.state();
        let Some(bytes) = state.blobs.contains(&(repository, digest)).then(|| &state.content[&digest]) else {
            return error(404, "BLOB_UNKNOWN");
        };
        let first = asked.header("range").map(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap());
        match first {
            None => Reply(200, Vec::new(), bytes.clone()),
            Some(first) if first < bytes.len() => {
                let range = format!("bytes {first}-{}/{}", bytes.len() - 1, bytes.len());
                Reply(206, vec![("content-range".into(), range)], bytes[first..].to_vec())
            }
            Some(_) => Reply(416, Vec::new(), Vec::new()),
        }
    }

    fn token(&self, asked: &Asked, body: &[u8]) -> Reply {
        let form = String::from_utf8_lossy(body);
        let lasting = self.manner.identity.is_some_and(|identity| {
            form.contains("grant_type=refresh_token")
                && form.contains(&format!("refresh_token={identity}&"))
                && form.contains("&scope=repository%3Aapp%3Apull")
        });
        if !lasting && asked.header("authorization") != self.manner.login.map(|(login, _)| basic(login)).as_deref() {
            return error(401, "UNAUTHORIZED");
        }
        let mut state = self.state();
        state.next += 1;
        let token = format!("token-{}", state.next);
        state.tokens.insert(token.clone());
        Reply(200, Vec::new(), serde_json::to_vec(&json!({"token": token, "expires_in": 300})).unwrap())
    }

    fn begin(&self, asked: &Asked, repository: &str) -> Reply {
        let mut state = self.state();
        if let (Some(digest), Some(from)) = (asked.query("mount"), asked.query("from")) {
            let digest: AnyDigest = digest.parse().unwrap();
            if state.blobs.contains(&(from, digest)) && !self.manner.mounts_nothing {
                state.blobs.insert((repository.to_owned(), digest));
                return Reply(201, vec![("location".into(), format!("/v2/{repository}/blobs/{digest}"))], Vec::new());
            }
        }
        state.next += 1;
        let id = format!("{repository}:{}", state.next);
        state.uploads.insert(id.clone(), Vec::new());
        let location = self.manner.location.unwrap_or("/up/{id}?_state=a%2Fb").replace("{host}", &self.host).replace("{id}", &id);
        let mut headers = vec![("location".to_owned(), location)];
        headers.extend(self.manner.least.map(|least| ("OCI-Chunk-Min-Length".to_owned(), least.to_string())));
        Reply(202, headers, Vec::new())
    }

    fn upload(&self, asked: &Asked, body: &[u8]) -> Reply {
        let mut state = self.state();
        let id = id(&asked.path).to_owned();
        let Some(upload) = state.uploads.get_mut(&id) else { return error(404, "BLOB_UPLOAD_UNKNOWN") };
        let start = asked.header("content-range").map_or(0, |range| range.split('-').next().unwrap().parse().unwrap());
        let range = |upload: &[u8]| ("range".to_owned(), format!("0-{}", upload.len().max(1) - 1));
        if !body.is_empty() && start != upload.len() {
            return Reply(416, vec![range(upload)], Vec::new());
        }
        upload.extend_from_slice(body);
        let here = ("location".to_owned(), asked.path.clone());
        match asked.method.as_str() {
            "PATCH" => Reply(202, vec![here, range(upload)], Vec::new()),
            "GET" => Reply(204, vec![here, range(upload)], Vec::new()),
            _ => {
                assert_eq!(asked.query("_state").as_deref(), Some("a/b"), "the query of a location is kept");
                let digest: AnyDigest = asked.query("digest").unwrap().parse().unwrap();
                let bytes = state.uploads.remove(&id).unwrap();
                if !digest.is_of(&bytes) {
                    return error(400, "DIGEST_INVALID");
                }
                state.content.insert(digest, bytes);
                state.blobs.insert((id.split(':').next().unwrap().to_owned(), digest));
                Reply(201, vec![("docker-content-digest".into(), digest.to_string())], Vec::new())
            }
        }
    }

    fn manifest(&self, asked: &Asked, repository: String, name: String, body: Vec<u8>) -> Reply {
        let kind = asked.header("content-type").unwrap().to_owned();
        let digest = Digest::of(&body).to_string();
        assert!(!name.starts_with("sha256:") || name == digest);
        let content = Content::parse(&kind, &body).unwrap();
        let mut state = self.state();
        let lacks = |blob: &AnyDigest| !state.blobs.contains(&(repository.clone(), *blob));
        let lacks_manifest = |child: &AnyDigest| !state.manifests.contains_key(&(repository.clone(), child.to_string()));
        if !self.manner.lenient && content.blobs().any(|blob| lacks(&blob.digest)) {
            return error(404, "MANIFEST_BLOB_UNKNOWN");
        }
        if !self.manner.lenient && content.children().iter().any(|child| lacks_manifest(&child.digest)) {
            return error(404, "MANIFEST_UNKNOWN");
        }
        for name in [name, digest.clone()] {
            state.manifests.insert((repository.clone(), name), (kind.clone(), body.clone()));
        }
        let mut headers = vec![("docker-content-digest".to_owned(), digest)];
        headers.extend(
            content.subject.filter(|_| self.manner.api).map(|subject| ("OCI-Subject".to_owned(), subject.digest.to_string())),
        );
        Reply(201, headers, Vec::new())
    }
}
