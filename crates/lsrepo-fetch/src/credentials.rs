//! User names and passwords by host, in the form of apt's auth.conf (netrc).

use crate::FetchError;
use percent_encoding::percent_decode_str;
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

    /// Takes user and password out of an address, where it has them, and remembers them for what lies below it.
    pub fn take_from(&mut self, address: &str) -> String {
        let Ok(mut url) = address.parse::<Url>() else { return address.to_owned() };
        if url.username().is_empty() && url.password().is_none() {
            return address.to_owned();
        }
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (login, password) = (plain(url.username()), plain(url.password().unwrap_or("")));
        if url.set_password(None).and_then(|()| url.set_username("")).is_err() {
            return address.to_owned();
        }
        self.machines.insert(0, Machine { name: url.as_str().to_owned(), login, password });
        url.into()
    }

    /// Remembers user and password for what lies below an address.
    pub(crate) fn add(&mut self, below: &str, login: &str, password: &str) {
        let name = below.split(['?', '#']).next().unwrap_or(below).to_owned();
        self.machines.insert(0, Machine { name, login: login.to_owned(), password: password.to_owned() });
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
    fn an_address_loses_its_password_and_who_asks_below_it_has_it() {
        let mut credentials = Credentials::default();
        assert_eq!(credentials.take_from("http://me:p%40ss@a.example:81/debian/"), "http://a.example:81/debian/");
        assert_eq!(credentials.take_from("http://a.example/x"), "http://a.example/x");
        let find = |url: &str| credentials.find(&url.parse().unwrap());
        assert_eq!(find("http://a.example:81/debian/pool/x.deb"), Some(("me", "p@ss")));
        assert_eq!(find("http://a.example:81/other"), None);
        assert_eq!(find("http://a.example/debian/"), None);
    }

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
