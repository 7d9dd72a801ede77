//! Object storage on the loopback, in memory: as much of S3 as a client needs that asks for whole objects.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A server with one bucket, which it calls `stack`.
pub(crate) struct Bucket {
    /// `http://127.0.0.1:PORT`
    pub(crate) endpoint: String,
    objects: Objects,
    is_away: Arc<AtomicBool>,
}

struct Request {
    method: String,
    /// within the bucket
    key: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Bucket {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (objects, is_away): (Objects, Arc<AtomicBool>) = Default::default();
        let (of_server, away) = (objects.clone(), is_away.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (objects, away) = (of_server.clone(), away.clone());
                thread::spawn(move || talk(stream, &objects, &away));
            }
        });
        Self { endpoint, objects, is_away }
    }

    /// From now on it answers nothing, or again.
    pub(crate) fn set_away(&self, away: bool) {
        self.is_away.store(away, SeqCst);
    }

    /// Its objects' names.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    /// Changes a bit of an object.
    pub(crate) fn damage(&self, key: &str) {
        self.objects.lock().unwrap().get_mut(key).unwrap()[0] ^= 1;
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.objects.lock().unwrap().contains_key(key)
    }
}

fn talk(stream: TcpStream, objects: &Objects, away: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = read(&mut reader) {
        if away.load(SeqCst) {
            return;
        }
        let (status, headers, body) = answer(&request, &mut objects.lock().unwrap());
        let body = if request.method == "HEAD" { &[][..] } else { &body };
        let mut out = format!("HTTP/1.1 {status} x\r\n{headers}");
        if request.method != "HEAD" {
            out += &format!("content-length: {}\r\n", body.len());
        }
        if (&stream).write_all(&[(out + "\r\n").as_bytes(), body].concat()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let key = path.strip_prefix("/stack").unwrap().trim_start_matches('/').to_owned();
    assert!(
        headers.get("authorization").is_some_and(|login| login.contains("Credential=us/")) || query.contains("Signature"),
        "{target}"
    );
    Some(Request { method, key, query: query.replace("%2F", "/"), headers, body })
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &lsrepo_types::Digest::of(bytes).hex()[..32])
}

fn answer(request: &Request, objects: &mut BTreeMap<String, Vec<u8>>) -> (u16, String, Vec<u8>) {
    let Request { method, key, query, headers, body } = request;
    let header = |name: &str| headers.get(name).map(String::as_str);
    let there = objects.get(key);
    match method.as_str() {
        "GET" if key.is_empty() => {
            let prefix = query.split('&').find_map(|word| word.strip_prefix("prefix=")).unwrap_or_default();
            let mut xml = "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
            for (key, bytes) in objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
                xml += &format!(
                    "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>",
                    bytes.len()
                );
            }
            (200, "content-type: application/xml\r\n".into(), (xml + "</ListBucketResult>").into_bytes())
        }
        "PUT" => {
            let is_in_the_way = header("if-none-match") == Some("*") && there.is_some();
            let is_another = header("if-match").is_some_and(|tag| there.map(|bytes| etag(bytes)).as_deref() != Some(tag));
            if is_in_the_way || is_another {
                return (412, String::new(), Vec::new());
            }
            objects.insert(key.clone(), body.clone());
            (200, format!("etag: {}\r\n", etag(body)), Vec::new())
        }
        "POST" if query.starts_with("delete") => {
            let text = String::from_utf8_lossy(body);
            let named: Vec<&str> = text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).collect();
            named.iter().for_each(|key| drop(objects.remove(*key)));
            let rows: String = named.iter().map(|key| format!("<Deleted><Key>{key}</Key></Deleted>")).collect();
            (200, String::new(), format!("<?xml version=\"1.0\"?><DeleteResult>{rows}</DeleteResult>").into_bytes())
        }
        "DELETE" => {
            objects.remove(key);
            (204, String::new(), Vec::new())
        }
        "GET" | "HEAD" => {
            let Some(bytes) = there else { return (404, String::new(), Vec::new()) };
            let common = format!("etag: {}\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n", etag(bytes));
            if header("if-none-match") == Some(&etag(bytes)) {
                return (304, common, Vec::new());
            }
            let range = header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
            if let Some((first, last)) = range {
                let first: usize = first.parse().unwrap();
                let last = last.parse().unwrap_or(usize::MAX).min(bytes.len() - 1);
                let range = format!("content-range: bytes {first}-{last}/{}\r\n", bytes.len());
                return (206, common + &range, bytes[first..=last].to_vec());
            }
            let length = if method == "HEAD" { format!("content-length: {}\r\n", bytes.len()) } else { String::new() };
            (200, common + &length, bytes.clone())
        }
        _ => (405, String::new(), Vec::new()),
    }
}
