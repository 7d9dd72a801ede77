//! The script of a host, from the server.

use crate::{
    cli::ClientApplyArgs,
    commands::runtime,
    failure::{of_fetch, unsatisfied},
    host,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_fetch::{Client, ClientOptions, FetchError, certificate_with};
use lsrepo_publish::client::BaseUrl;
use lsrepo_types::{Digest, Os};
use std::{fs, path::Path};

/// A script has keys in it, and no more.
const MOST: u64 = 4 << 20;

/// Fetches the script for the host below `root`.
pub(super) fn script(url: &BaseUrl, root: &Path, args: &ClientApplyArgs) -> Result<String> {
    let os = args.os.clone().map_or_else(|| host::os_below(root), Ok)?;
    runtime()?.block_on(async {
        let client = client(url, args).await?;
        for name in names(&os) {
            match client.document(&format!("{url}/setup/{name}.sh"), MOST).await {
                Err(FetchError::Status { status: 404, .. }) => {}
                Ok(bytes) => return checked(&format!("{url}/setup/{name}.sh"), bytes),
                Err(error) => return Err(of_fetch(untrusted(error))),
            }
        }
        Err(unsatisfied(format!("{url} has nothing for `{os}`\nhint: {url}/setup/ lists what it has; name one with --os")))
    })
}

/// One that trusts what it was told to trust.
async fn client(url: &BaseUrl, args: &ClientApplyArgs) -> Result<Client> {
    // Over plain http the script itself could be anybody's, whatever authority came before it.
    if (args.ca.is_some() || args.ca_sha256.is_some()) && !url.as_str().starts_with("https://") {
        bail!("--ca and --ca-sha256 say whom to believe over TLS, and {url} speaks none\nhint: --url https://…");
    }
    if let Some(file) = &args.ca {
        let pem = fs::read(file).with_context(|| file.display().to_string())?;
        return Client::trusting(ClientOptions::default(), &pem).with_context(|| file.display().to_string());
    }
    match &args.ca_sha256 {
        Some(fingerprint) => by_fingerprint(url, fingerprint).await,
        None => Ok(Client::new(ClientOptions::default())?),
    }
}

/// Nothing but the fingerprint vouches for the authority that the server sends, and nothing else of it is believed.
async fn by_fingerprint(url: &BaseUrl, fingerprint: &Digest) -> Result<Client> {
    let address = format!("{url}/keys/ca.crt");
    let sent = Client::believing(ClientOptions::default())?.document(&address, MOST).await.map_err(of_fetch)?;
    let pem = certificate_with(&String::from_utf8_lossy(&sent), fingerprint).ok_or_else(|| {
        unsatisfied(format!(
            "{address}: no certificate there has the fingerprint {}\nhint: is this the right server?",
            fingerprint.hex()
        ))
    })?;
    Ok(Client::trusting(ClientOptions::default(), pem.as_bytes())?)
}

/// An OS as servers may call it: 9.4 is 9, and Red Hat has two names for itself.
fn names(os: &Os) -> Vec<String> {
    let major = os.version().split('.').next().unwrap_or_default();
    let distributions = match os.distribution() {
        "rhel" | "redhat" => vec!["rhel", "redhat"],
        other => vec![other],
    };
    let mut names: Vec<String> = [os.version(), major]
        .iter()
        .flat_map(|version| distributions.iter().map(move |name| format!("{name}-{version}")))
        .collect();
    names.dedup();
    names
}

/// Something else that answers at that address must not be run.
fn checked(address: &str, bytes: Vec<u8>) -> Result<String> {
    match String::from_utf8(bytes) {
        Ok(text) if text.starts_with("#!/bin/sh\n") && text.contains("\nlsrepo_setup() {\n") => Ok(text),
        _ => Err(unsatisfied(format!(
            "{address}: this is no set-up script of lsrepo\nhint: does the server have this version of lsrepo?"
        ))),
    }
}

fn untrusted(error: FetchError) -> FetchError {
    match error {
        FetchError::Network { url, why } if why.contains("certificate") => {
            FetchError::Network { url, why: format!("{why}\nhint: name its authority with --ca FILE, or --ca-sha256 HEX") }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_host_is_looked_for_under_all_its_names() {
        let names = |os: &str| names(&os.parse().unwrap());
        assert_eq!(names("debian-12"), ["debian-12"]);
        assert_eq!(names("almalinux-9.4"), ["almalinux-9.4", "almalinux-9"]);
        assert_eq!(names("rhel-8.9"), ["rhel-8.9", "redhat-8.9", "rhel-8", "redhat-8"]);
        assert_eq!(names("ubuntu-18.04"), ["ubuntu-18.04", "ubuntu-18"]);
    }
}
