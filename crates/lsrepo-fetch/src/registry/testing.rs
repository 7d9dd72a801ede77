//! A registry on the loopback that keeps what it is given, and misbehaves where it is told to.

mod answers;

use lsrepo_oci::AnyDigest;
use lsrepo_types::Digest;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

/// A request's head.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// with its query
    pub(crate) path: String,
    headers: BTreeMap<String, String>,
    /// bytes of its body that came
    pub(crate) bytes: u64,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn query(&self, name: &str) -> Option<String> {
        let url: url::Url = format!("http://x{}", self.path).parse().unwrap();
        url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// the connection ends after so many bytes of the body; what came is kept
    Cut(usize),
    /// the same, and the upload is forgotten
    Lost(usize),
    /// this is answered, and nothing done; the body is not read
    Answer(u16, Vec<(&'static str, String)>, &'static str),
    /// it is done, and the answer gets another header
    Header(&'static str, &'static str),
    /// it is done, and the answer does not arrive
    Silent,
    /// nothing is read, and nothing answered
    Stall,
    /// the answer ends after so many bytes of its body
    Short(usize),
    /// what is asked for from some byte on is answered as a whole
    Whole,
    /// a byte of the answer's body is another
    Corrupt,
}

/// How the registry is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    /// it keeps lists of referrers by itself
    pub(crate) api: bool,
    /// those lists come in pages of one
    pub(crate) paged: bool,
    /// it takes manifests whose content it lacks
    pub(crate) lenient: bool,
    /// user and password, and whether tokens are given for them
    pub(crate) login: Option<(&'static str, bool)>,
    /// a token that lasts, for which others are given
    pub(crate) identity: Option<&'static str>,
    /// mounts end as uploads
    pub(crate) mounts_nothing: bool,
    /// `OCI-Chunk-Min-Length`
    pub(crate) least: Option<u64>,
    /// how `Location` is written: `{host}`, `{id}`
    pub(crate) location: Option<&'static str>,
    /// who has the blobs: `http://127.0.0.1:PORT`
    pub(crate) elsewhere: Option<String>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) blobs: BTreeSet<(String, AnyDigest)>,
    pub(crate) content: BTreeMap<AnyDigest, Vec<u8>>,
    pub(crate) manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    uploads: BTreeMap<String, Vec<u8>>,
    next: u64,
    /// tokens that are good
    tokens: BTreeSet<String>,
    pub(crate) asked: Vec<Asked>,
    /// bytes of bodies of answers
    pub(crate) given: u64,
    parked: Vec<TcpStream>,
    /// a method and a part of a path, what goes wrong, how often
    faults: Vec<(&'static str, &'static str, Fault, u32)>,
}

impl State {
    /// Nothing goes wrong any more.
    pub(crate) fn forgive(&mut self) {
        self.faults.clear();
    }
}

#[derive(Clone)]
pub(crate) struct Registry {
    pub(crate) host: String,
    manner: Manner,
    state: Arc<Mutex<State>>,
}

pub(crate) struct Reply(u16, Vec<(String, String)>, Vec<u8>);

impl Registry {
    pub(crate) fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let this = Self { host, manner, state: Arc::default() };
        let server = this.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let server = server.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        this
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next `times` requests of that method and with that text in their path go wrong.
    pub(crate) fn fault(&self, method: &'static str, path: &'static str, fault: Fault, times: u32) {
        self.state().faults.push((method, path, fault, times));
    }

    /// All tokens that were given are worth nothing.
    pub(crate) fn expire(&self) {
        self.state().tokens.clear();
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// Methods and paths, with `<digest>` for long ones.
    pub(crate) fn log(&self) -> Vec<String> {
        let short = |path: &str| {
            path.split('?')
                .next()
                .unwrap()
                .split('/')
                .map(|part| if part.starts_with("sha256:") { "<digest>" } else { part })
                .collect::<Vec<_>>()
                .join("/")
        };
        self.asked().iter().map(|asked| format!("{} {}", asked.method, short(&asked.path))).collect()
    }

    /// Bytes of uploads that arrived.
    pub(crate) fn received(&self) -> u64 {
        self.asked().iter().filter(|asked| asked.path.starts_with("/up/")).map(|asked| asked.bytes).sum()
    }

    /// Puts a blob there.
    pub(crate) fn put_blob(&self, repository: &str, bytes: &[u8]) {
        let digest = Digest::of(bytes).into();
        let mut state = self.state();
        state.content.insert(digest, bytes.to_vec());
        state.blobs.insert((repository.to_owned(), digest));
    }

    /// Puts a manifest there, under its digest and a name.
    pub(crate) fn put_manifest(&self, repository: &str, name: &str, media_type: &str, bytes: &[u8]) {
        for name in [name, &Digest::of(bytes).to_string()] {
            self.state().manifests.insert((repository.to_owned(), name.to_owned()), (media_type.to_owned(), bytes.to_vec()));
        }
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut words = lines.first()?.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let mut asked = Asked { method, path, headers, bytes: 0 };
        let length: usize = asked.header("content-length").unwrap_or("0").parse().ok()?;
        let fault = self.next_fault(&asked);
        let keep = match &fault {
            Some(Fault::Cut(most) | Fault::Lost(most)) => length.min(*most),
            Some(Fault::Answer(..) | Fault::Stall) => 0,
            _ if self.unknown(&asked) => 0,
            _ => length,
        };
        let mut body = vec![0; keep];
        reader.read_exact(&mut body).ok()?;
        asked.bytes = keep as u64;
        self.state().asked.push(asked.clone());
        let reply = match &fault {
            Some(Fault::Cut(_)) => {
                self.append(&asked, &body);
                return None;
            }
            Some(Fault::Lost(_)) => {
                self.state().uploads.remove(id(&asked.path));
                return None;
            }
            Some(Fault::Stall) => {
                // The connection stays open for as long as the registry.
                self.state().parked.push(stream);
                return None;
            }
            Some(Fault::Answer(status, headers, body)) => {
                let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
                Reply(*status, headers, body.as_bytes().to_vec())
            }
            _ if self.unknown(&asked) => self.challenge(),
            _ => self.answer(&asked, body),
        };
        let Reply(mut status, mut headers, mut body) = reply;
        let mut sent = body.len();
        match fault {
            Some(Fault::Silent) => return None,
            Some(Fault::Short(most)) => sent = sent.min(most),
            Some(Fault::Corrupt) => body.iter_mut().skip(sent / 2).take(1).for_each(|byte| *byte ^= 1),
            Some(Fault::Whole) if status == 206 => {
                let first = asked.header("range")?.trim_start_matches("bytes=").trim_end_matches('-').parse().ok()?;
                let whole = self.state().content.values().find(|whole| whole.get(first..) == Some(&body)).cloned()?;
                (status, sent, body) = (200, whole.len(), whole);
                headers.retain(|(name, _)| name != "content-range");
            }
            Some(Fault::Header(name, value)) => {
                headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
                headers.push((name.to_owned(), value.to_owned()));
            }
            _ => {}
        }
        let mut head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
        if asked.method != "HEAD" {
            stream.write_all(&body[..sent]).ok()?;
            self.state().given += sent as u64;
        }
        // What was not read would turn the answer into a reset connection.
        stream.shutdown(std::net::Shutdown::Write).ok()?;
        std::io::copy(&mut reader, &mut std::io::sink()).ok().map(drop)
    }

    fn next_fault(&self, asked: &Asked) -> Option<Fault> {
        let mut state = self.state();
        let found = state
            .faults
            .iter_mut()
            .find(|(method, path, _, times)| *times > 0 && asked.method == *method && asked.path.contains(path))?;
        found.3 -= 1;
        Some(found.2.clone())
    }

    fn unknown(&self, asked: &Asked) -> bool {
        let given = asked.header("authorization").unwrap_or_default();
        match self.manner.login {
            None => false,
            Some(_) if asked.path.starts_with("/token") => false,
            Some((_, true)) => !self.state().tokens.contains(given.trim_start_matches("Bearer ")),
            Some((login, false)) => given != basic(login),
        }
    }

    fn challenge(&self) -> Reply {
        let how = match self.manner.login {
            Some((_, true)) => format!("Bearer realm=\"http://{}/token\",service=\"test\"", self.host),
            _ => "Basic realm=\"test\"".to_owned(),
        };
        Reply(
            401,
            vec![("www-authenticate".into(), how)],
            br#"{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}"#.to_vec(),
        )
    }

    fn append(&self, asked: &Asked, body: &[u8]) {
        if let Some(upload) = self.state().uploads.get_mut(id(&asked.path)) {
            upload.extend_from_slice(body);
        }
    }
}

fn id(path: &str) -> &str {
    path.split('?').next().unwrap().rsplit_once("/up/").unwrap_or_default().1
}

fn basic(login: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    format!("Basic {}", BASE64_STANDARD.encode(login))
}

fn error(status: u16, code: &str) -> Reply {
    Reply(status, Vec::new(), format!(r#"{{"errors":[{{"code":"{code}","message":"it is so"}}]}}"#).into_bytes())
}
