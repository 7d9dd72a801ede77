//! The places where clients come in: sockets that the system hands over, or ones that are opened here.

use super::config::Listen;
use crate::failure::Hint;
use anyhow::{Context as _, Result, bail};
use listenfd::ListenFd;
use lsrepo_serve::{Door, Identity};
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;

/// A door and its address.
pub(crate) struct Opened {
    pub(crate) door: Door,
    pub(crate) address: SocketAddr,
}

impl Opened {
    /// As people open it in a browser.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.door.identity.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/", self.address)
    }
}

/// Opens all doors. Sockets that systemd hands over (socket activation) come instead of those that would be opened here;
/// one of them speaks TLS where an address with its port was to do so. Needs a runtime.
pub(crate) async fn open(asked: &[Listen], identity: Option<&Arc<Identity>>) -> Result<Vec<Opened>> {
    let mut doors = Vec::new();
    let mut given = ListenFd::from_env();
    for index in 0..given.len() {
        let listener = given.take_tcp_listener(index).context("socket activation")?;
        let Some(listener) = listener else { continue };
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let secure = asked.iter().any(|one| one.address.port() == address.port() && one.secure);
        doors.push(door(TcpListener::from_std(listener)?, secure, identity)?);
    }
    if !doors.is_empty() {
        return Ok(doors);
    }
    for one in asked {
        let listener = TcpListener::bind(one.address).await;
        let listener = listener.with_context(|| one.address.to_string()).hint("choose another address with --listen")?;
        doors.push(door(listener, one.secure, identity)?);
    }
    Ok(doors)
}

fn door(listener: TcpListener, secure: bool, identity: Option<&Arc<Identity>>) -> Result<Opened> {
    let address = listener.local_addr()?;
    let identity = match (secure, identity) {
        (false, _) => None,
        (true, Some(identity)) => Some(identity.clone()),
        (true, None) => bail!(
            "https://{address}: there is no certificate\nhint: `lsrepo tls init` makes an authority and one, or name files with --tls-certificate and --tls-key"
        ),
    };
    Ok(Opened { door: Door { listener, identity }, address })
}

/// As many connections as the system allows need as many descriptors.
pub(crate) fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}
