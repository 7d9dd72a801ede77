//! User names and passwords by host, in the form of apt's auth.conf (netrc).

use crate::FetchError;
use url::Url;

/// Who we are, and to whom.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    machines: Vec<Machine>,
}

#[derive(Clone)]
struct Machine {
    /// `host`, `host:port` or `https://host`, then maybe a path
    name: String,
    login: String,
    password: String,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Machine({})", self.name)
    }
}

impl Credentials {
    /// Reads `machine HOST login USER password SECRET` entries.
    pub fn parse_auth_conf(text: &str) -> Result<Self, FetchError> {
        let without_comments = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let mut words = without_comments.flat_map(str::split_whitespace);
        let mut machines: Vec<Machine> = Vec::new();
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_default().to_owned();
            match (word, machines.last_mut()) {
                ("machine", _) => machines.push(Machine { name: value(), login: String::new(), password: String::new() }),
                ("login", Some(machine)) => machine.login = value(),
                ("password", Some(machine)) => machine.password = value(),
                _ => {}
            }
        }
        Ok(Self { machines })
    }

    /// User and password for an address; apt sends them over plain http only where the entry says `http://`.
    pub(crate) fn find(&self, url: &Url) -> Option<(&str, &str)> {
        let host = url.host_str()?;
        let fits = |machine: &&Machine| {
            let (scheme, rest) = match machine.name.split_once("://") {
                Some((scheme, rest)) => (scheme, rest),
                None => ("https", machine.name.as_str()),
            };
            let (place, path) = rest.split_once('/').map_or((rest, String::new()), |(place, path)| (place, format!("/{path}")));
            let here = match url.port() {
                Some(port) => place == format!("{host}:{port}") || (place == host && machine.name.contains("://")),
                None => place == host,
            };
            scheme == url.scheme() && here && url.path().starts_with(&path)
        };
        self.machines.iter().find(fits).map(|machine| (machine.login.as_str(), machine.password.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_to_its_own_host_only() {
        let text = "# mine\nmachine a.example/debian login me password s3\nmachine http://b.example\n login you\n password x\n";
        let credentials = Credentials::parse_auth_conf(text).unwrap();
        let find = |url: &str| credentials.find(&url.parse().unwrap()).map(|(login, _)| login);
        assert_eq!(find("https://a.example/debian/x"), Some("me"));
        assert_eq!(find("http://b.example/x"), Some("you"));
        for other in
            ["http://a.example/debian/x", "https://a.example/other", "https://evil.example/debian", "https://a.example.evil/debian"]
        {
            assert_eq!(find(other), None, "{other}");
        }
    }
}
