//! One way to ask for an address, be it `http:`, `https:` or `file:`.

mod document;
mod tls;

pub use document::certificate_with;

use crate::{Credentials, FetchError, registry::Registries};
use bytes::Bytes;
use std::{fs::File, io::Read, path::PathBuf, sync::Arc, time::Duration};
use url::Url;

/// What is wrong with an answer that nothing but the way it came vouches for.
pub(crate) const UNGUARDED: &str = "it leads from https to http, and nothing else says what it has to be";
/// How often an index is asked for.
const TRIES: u32 = 3;

/// How the network is used.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// for all addresses, instead of what the environment says
    pub proxy: Option<String>,
    /// who we are to whom
    pub credentials: Credentials,
    /// the wait before a request is made for the second time; each further one waits twice as long
    pub first_wait: Duration,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { proxy: None, credentials: Credentials::default(), first_wait: Duration::from_millis(500) }
    }
}

/// Asks servers.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    credentials: Credentials,
    proxy: Option<String>,
    first_wait: Duration,
    /// addresses with their `/` at the end, and who asks for what lies below them
    routes: Arc<Vec<(String, Client)>>,
    /// asks for what begins with `oci://`
    pub(crate) registries: Option<Registries>,
}

/// The head of an answer, and its body to be read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(crate) length: Option<u64>,
    /// whether the answer came over `http:` though `https:` was asked
    pub(crate) unguarded: bool,
    body: Body,
}

enum Body {
    Http(Box<reqwest::Response>),
    File(File),
}

/// What is asked beyond the address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) etag: Option<String>,
    pub(crate) modified: Option<String>,
    /// from this byte on
    pub(crate) offset: u64,
    /// only what it would answer
    pub(crate) head: bool,
}

impl Client {
    /// A client; needs no runtime yet.
    pub fn new(options: ClientOptions) -> Result<Self, FetchError> {
        Self::build(options, Ok)
    }

    fn build(
        options: ClientOptions,
        change: impl FnOnce(reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, FetchError>,
    ) -> Result<Self, FetchError> {
        // The first provider of the process stays; a second installation is no fault.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("lsrepo/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(32)
            .http1_only();
        if let Some(proxy) = &options.proxy {
            let proxy = reqwest::Proxy::all(proxy).map_err(|error| FetchError::Client(format!("proxy `{proxy}`: {error}")))?;
            builder = builder.proxy(proxy);
        }
        let http = change(builder)?.build().map_err(|error| FetchError::Client(whole(&error)))?;
        let ClientOptions { proxy, credentials, first_wait } = options;
        Ok(Self { http, credentials, proxy, first_wait, routes: Arc::default(), registries: None })
    }

    /// A client that leaves what lies below an address to another.
    #[must_use]
    pub fn with_routes(mut self, routes: impl IntoIterator<Item = (String, Client)>) -> Self {
        let mut all = self.routes.to_vec();
        all.extend(routes.into_iter().filter(|(below, _)| below.ends_with('/')));
        self.routes = Arc::new(all);
        self
    }

    /// A client that knows registries of container images too.
    #[must_use]
    pub fn with_registries(self, registries: Registries) -> Self {
        Self { registries: Some(registries), ..self }
    }

    /// The wait after so many tries.
    pub(crate) fn backoff(&self, tries: u32) -> Duration {
        self.first_wait * (1 << tries.saturating_sub(1).min(6))
    }

    /// [`Client::ask`], again where the network or the server fails in passing.
    pub(crate) async fn ask_again(&self, address: &str, ask: &Ask) -> Result<Answer, FetchError> {
        let mut tries = 1;
        loop {
            let passing = |answer: &Answer| matches!(answer.status, 408 | 429 | 500..=599);
            match self.ask(address, ask).await {
                Ok(answer) if passing(&answer) && tries < TRIES => {}
                Err(FetchError::Network { .. }) if tries < TRIES => {}
                last => return last,
            }
            tokio::time::sleep(self.backoff(tries)).await;
            tries += 1;
        }
    }

    /// Any answer of the server, whatever its status.
    pub(crate) async fn ask(&self, address: &str, ask: &Ask) -> Result<Answer, FetchError> {
        let network = |why: String| FetchError::Network { url: shown(address), why };
        let url: Url = address.parse().map_err(|error| network(format!("not an address: {error}")))?;
        if url.scheme() == "file" {
            return file(&url, address, ask);
        }
        let other = self.routes.iter().find(|(below, _)| url.as_str().starts_with(below)).map(|(_, client)| client);
        let (http, credentials) = other.map_or((&self.http, &self.credentials), |other| (&other.http, &other.credentials));
        let mut request = if ask.head { http.head(url.clone()) } else { http.get(url.clone()) };
        if let Some((login, password)) = credentials.find(&url).filter(|_| url.username().is_empty()) {
            request = request.basic_auth(login, Some(password));
        }
        if ask.offset > 0 {
            request = request.header("range", format!("bytes={}-", ask.offset));
        }
        if let Some(etag) = &ask.etag {
            request = request.header("if-none-match", etag);
        }
        if let Some(modified) = &ask.modified {
            request = request.header("if-modified-since", modified);
        }
        let response = request.send().await.map_err(|error| network(whole(&error)))?;
        let (status, headers, length) = (response.status().as_u16(), response.headers().clone(), response.content_length());
        let unguarded = url.scheme() == "https" && response.url().scheme() != "https";
        Ok(Answer { status, headers, length, unguarded, body: Body::Http(Box::new(response)) })
    }

    /// A whole body of at most `limit` bytes.
    pub(crate) async fn read(&self, mut answer: Answer, address: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::with_capacity(answer.length.unwrap_or(0).min(limit) as usize);
        while let Some(chunk) = answer.chunk().await.map_err(|why| FetchError::Network { url: shown(address), why })? {
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                return Err(FetchError::Content { url: shown(address), why: format!("more than {limit} bytes") });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

impl Answer {
    /// What a registry answered.
    pub(crate) fn of_registry(status: u16, headers: reqwest::header::HeaderMap, response: reqwest::Response) -> Self {
        let length = response.content_length();
        Self { status, headers, length, unguarded: false, body: Body::Http(Box::new(response)) }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next piece of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, String> {
        match &mut self.body {
            Body::Http(response) => response.chunk().await.map_err(|error| whole(&error)),
            Body::File(file) => {
                let mut buffer = vec![0; 1 << 18];
                let read = file.read(&mut buffer).map_err(|error| error.to_string())?;
                buffer.truncate(read);
                Ok((read > 0).then(|| buffer.into()))
            }
        }
    }
}

fn file(url: &Url, address: &str, ask: &Ask) -> Result<Answer, FetchError> {
    use std::io::Seek;
    let network = |why: String| FetchError::Network { url: address.to_owned(), why };
    let path: PathBuf = url.to_file_path().map_err(|()| network("not a path".to_owned()))?;
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(FetchError::Status { url: address.to_owned(), status: 404 });
        }
        Err(error) => return Err(network(error.to_string())),
    };
    let length = file.metadata().map_err(|error| network(error.to_string()))?.len();
    file.seek(std::io::SeekFrom::Start(ask.offset)).map_err(|error| network(error.to_string()))?;
    let mut headers = reqwest::header::HeaderMap::new();
    if ask.offset > 0 {
        let range = format!("bytes {}-{}/{length}", ask.offset, length.saturating_sub(1));
        headers.extend(range.parse().map(|range| (reqwest::header::CONTENT_RANGE, range)));
    }
    let status = match ask.offset {
        0 => 200,
        offset if offset < length => 206,
        _ => 416,
    };
    Ok(Answer { status, headers, length: Some(length.saturating_sub(ask.offset)), unguarded: false, body: Body::File(file) })
}

/// An error with its causes; reqwest's own text leaves them out.
pub(crate) fn whole(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.find(" for url (") {
        text.truncate(at);
    }
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// An address without its password.
pub(crate) fn shown(address: &str) -> String {
    match address.parse::<Url>() {
        Ok(mut url) => {
            let is_signed = url.query().is_some_and(|query| query.contains("Signature="));
            if url.password().is_none() && !is_signed {
                return address.to_owned();
            }
            let _ = url.set_password(None);
            if is_signed {
                url.set_query(None);
            }
            url.to_string()
        }
        _ => address.to_owned(),
    }
}
