//! Proxies before the server: of those that are known, it is believed whom they ask for.
//!
//! `X-Forwarded-For` is a list that each proxy adds its own client to. It is read from its end, and only as far as those who
//! wrote it are known; what a client wrote in front of that is its own invention.

use crate::app::Ends;
use http::HeaderMap;
use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

/// An address, or all that begin like it: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// bits that count
    prefix: u8,
}

/// Text that names no network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no address or network: expected one such as 10.0.0.5 or 10.0.0.0/8", .0.escape_debug())]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.chars().take(80).collect());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |prefix| prefix.parse().map_err(|_| wrong()))?;
        if prefix > bits { Err(wrong()) } else { Ok(Self { address, prefix }) }
    }
}

impl Network {
    fn has(&self, other: IpAddr) -> bool {
        match (self.address, other.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros() >= u32::from(self.prefix),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros() >= u32::from(self.prefix),
            _ => false,
        }
    }
}

/// Whether an address is that of a known proxy.
pub(crate) fn is_known(known: &[Network], address: IpAddr) -> bool {
    known.iter().any(|network| network.has(address))
}

/// The ends of a connection as its client sees them.
pub(crate) fn ends(known: &[Network], ends: Ends, headers: &HeaderMap) -> Ends {
    let Some(peer) = ends.peer.filter(|peer| is_known(known, peer.ip())) else { return ends };
    // What a client wrote in front may be any bytes.
    let all = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        values.map(|hop| String::from_utf8_lossy(hop).trim().to_owned()).collect()
    };
    let mut client = peer.ip();
    for hop in all("x-forwarded-for").iter().rev() {
        let Some(address) = address_of(hop) else { break };
        client = address;
        if !is_known(known, address) {
            break;
        }
    }
    let secure = ends.secure || all("x-forwarded-proto").last().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    // Its port is known to nobody.
    let port = if client == peer.ip() { peer.port() } else { 0 };
    Ends { peer: Some(SocketAddr::new(client, port)), secure, ..ends }
}

/// Some write the port too.
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn known(all: &[&str]) -> Vec<Network> {
        all.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn client(known: &[Network], peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let given = Ends { peer: Some(SocketAddr::new(peer.parse().unwrap(), 9)), ..Ends::default() };
        ends(known, given, &headers).peer.unwrap().ip().to_string()
    }

    #[test]
    fn networks_are_read_as_people_write_them() {
        for (network, inside, outside) in [
            ("10.0.0.5", "10.0.0.5", "10.0.0.4"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("::1", "::1", "::2"),
            ("127.0.0.1", "::ffff:127.0.0.1", "::1"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.has(inside.parse().unwrap()), "{network:?} {inside}");
            assert!(!network.has(outside.parse().unwrap()), "{network:?} {outside}");
        }
        for wrong in ["", "proxy.example", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_known_proxies_are_believed_and_no_further_than_that() {
        let known = known(&["10.0.0.1", "10.0.0.2"]);
        for (peer, forwarded, expected) in [
            ("10.0.0.1", &["192.0.2.7"][..], "192.0.2.7"),
            ("10.0.0.1", &["1.1.1.1, 192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["1.1.1.1", "192.0.2.7", "10.0.0.2"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7:4711"], "192.0.2.7"),
            ("10.0.0.1", &["caf\u{e9}, 192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["[2001:db8::1]:80"], "2001:db8::1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("192.0.2.9", &["192.0.2.7"], "192.0.2.9"),
        ] {
            assert_eq!(client(&known, peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_there_somebody_asks(values in proptest::collection::vec(proptest::collection::vec(0x20u8..0x7f, 0..40), 0..4)) {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append("x-forwarded-for", HeaderValue::from_bytes(value).unwrap());
            }
            let peer = SocketAddr::new("10.0.0.1".parse().unwrap(), 9);
            let given = Ends { peer: Some(peer), ..Ends::default() };
            let found = ends(&known(&["10.0.0.0/8"]), given, &headers).peer.unwrap();
            let written = values.concat();
            let is_written = String::from_utf8(written).unwrap().contains(&found.ip().to_string());
            proptest::prop_assert!(found == peer || is_written || found.is_ipv6());
        }
    }

    #[test]
    fn tls_may_end_at_a_proxy() {
        let known = known(&["::1"]);
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let from = |peer: &str| Ends { peer: Some(SocketAddr::new(peer.parse().unwrap(), 9)), ..Ends::default() };
        assert!(ends(&known, from("::1"), &headers).secure);
        assert!(!ends(&known, from("::2"), &headers).secure);
    }
}
