//! The server as image names spell it.

use crate::client::BaseUrl;

/// Where images are.
pub(super) struct Server {
    /// `http://repo.example:8080`, without a path
    pub(super) url: String,
    /// `repo.example:8080`, as it stands before the first `/` of an image's name
    pub(super) name: String,
    /// whether it speaks plain http
    pub(super) insecure: bool,
    /// the file with the authority that its certificate is of, on the client's machine, where it needs one
    pub(super) ca: Option<&'static str>,
}

impl Server {
    pub(super) fn of(base: &BaseUrl) -> Self {
        let (scheme, rest) = base.as_str().split_once("://").unwrap_or(("http", base.as_str()));
        let host = rest.split('/').next().unwrap_or(rest).to_ascii_lowercase();
        let insecure = scheme == "http";
        let ported = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        // `repo/app` is an image of Docker Hub, `repo:80/app` is not. And who knows port 80 tries no TLS on 443 first.
        let name = match (ported, insecure) {
            (true, _) => host,
            (false, true) => format!("{host}:80"),
            (false, false) if host.contains('.') || host.contains(':') => host,
            (false, false) => format!("{host}:443"),
        };
        Self { url: format!("{scheme}://{name}"), name, insecure, ca: None }
    }
}
