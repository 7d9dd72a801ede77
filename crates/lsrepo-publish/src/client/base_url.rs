//! Where clients find the repository: `http://host[:port][/path]`, safe in scripts and sources files.

use std::{fmt, str::FromStr};

/// An address to which `/apt/…` can be appended. It has only characters that mean nothing to a shell, a
/// sources list or a web page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(Box<str>);

impl BaseUrl {
    /// From what a client put into its `Host` header: `repo.example:8080`, `[::1]`.
    pub fn from_host(scheme: &str, host: &str) -> Result<Self, BaseUrlError> {
        match host.contains('/') {
            true => Err(BaseUrlError { text: host.chars().take(80).collect() }),
            false => format!("{scheme}://{host}").parse(),
        }
    }

    /// Without a `/` at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Text that cannot be a base address.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not a base address: expected `http://host[:port][/path]`", text.escape_debug())]
pub struct BaseUrlError {
    text: String,
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let wrong = || BaseUrlError { text: text.chars().take(80).collect() };
        let trimmed = text.trim_end_matches('/');
        let rest = trimmed.strip_prefix("http://").or_else(|| trimmed.strip_prefix("https://")).ok_or_else(wrong)?;
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, path),
            None => (rest, ""),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~');
        let path_fits = path.split('/').all(|part| part.chars().all(plain) && part != "..");
        match is_authority(authority) && path_fits && text.len() <= 300 {
            true => Ok(Self(trimmed.into())),
            false => Err(wrong()),
        }
    }
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => ("v6", port),
            _ => return false,
        },
        None => match text.find(':') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        },
    };
    let host_fits = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let port_fits = match port.strip_prefix(':') {
        Some(digits) => digits.parse::<u16>().is_ok_and(|port| port > 0) && !digits.starts_with('+'),
        None => port.is_empty(),
    };
    host_fits && port_fits
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn hosts_of_clients_become_addresses_or_are_refused() {
        let shown = |host: &str| BaseUrl::from_host("http", host).map(|base| base.to_string()).ok();
        for host in ["repo", "10.0.0.1:8080", "repo.example.org", "[::1]:80", "[fe80::1]"] {
            assert_eq!(shown(host).unwrap(), format!("http://{host}"));
        }
        for host in ["", "a b", "a'b", "a\"", "$(id)", "a/b", "a:0", "a:x", "a:+1", "[::1", "[x]", "-a", "a@b", "a\nb", "a:1:2"] {
            assert_eq!(shown(host), None, "{host:?}");
        }
    }

    #[test]
    fn a_configured_address_may_have_a_path() {
        let parse = |text: &str| text.parse::<BaseUrl>().map(|base| base.to_string()).ok();
        assert_eq!(parse("https://repo/lsrepo/").as_deref(), Some("https://repo/lsrepo"));
        assert_eq!(parse("ftp://repo"), None);
        assert_eq!(parse("http://repo/a b"), None);
        assert_eq!(parse("http://repo/.."), None);
    }
}
