//! Where a store is copied from.

use crate::{
    cli::SyncArgs,
    failure::{Hint, of_fetch, unsatisfied},
    head::Piece,
    host, storage,
};
use anyhow::{Context as _, Result};
use lsrepo_depot::{Depot, Found, Place, Version};
use lsrepo_fetch::{Client, ClientOptions, Download, FetchError};
use lsrepo_publish::client::BaseUrl;
use std::fs;

/// No head is larger, in bytes.
const MOST: u64 = 16 << 20;

/// A place that has a head and blobs.
pub(super) struct Source {
    /// as people know it, without a password
    pub(super) name: String,
    pub(super) client: Client,
    place: Kind,
}

enum Kind {
    Server(BaseUrl),
    Depot(Depot),
}

impl Source {
    /// The place that a word names. Nothing is asked yet.
    pub(super) fn open(from: &str, args: &SyncArgs) -> Result<Self> {
        let ca = |file: &std::path::PathBuf| fs::read(file).with_context(|| file.display().to_string());
        if Place::is_meant(from) {
            let place: Place = from.parse()?;
            let depot = storage::depot(&place, &args.s3, &Default::default())?;
            let client = client(ClientOptions::default(), args.s3.s3_ca.as_ref().map(ca).transpose()?)?;
            return Ok(Self { name: place.to_string(), client, place: Kind::Depot(depot) });
        }
        let mut credentials = host::credentials()?;
        let address = credentials.take_from(from);
        let url: BaseUrl = address.parse().hint("name a server as http://HOST:PORT, or object storage as s3://BUCKET/PREFIX")?;
        let options = ClientOptions { credentials, ..ClientOptions::default() };
        let client = client(options, args.ca.as_ref().map(ca).transpose()?)?;
        Ok(Self { name: url.to_string(), client, place: Kind::Server(url) })
    }

    /// The bytes of the head.
    pub(super) async fn head(&self) -> Result<Vec<u8>> {
        let nothing = |hint: &str| unsatisfied(format!("{}: there is nothing to take\nhint: {hint}", self.name));
        match &self.place {
            Kind::Depot(depot) => match depot.head(&Version::default()).await? {
                Found::Head(bytes, _) => Ok(bytes.to_vec()),
                Found::Same | Found::Nothing => Err(nothing("`lsrepo sync --to` puts something there")),
            },
            Kind::Server(url) => match self.client.document(&format!("{url}/sync/head"), MOST).await {
                Err(FetchError::Status { status: 404, .. }) => Err(nothing("does an lsrepo of this version run there?")),
                Err(error @ FetchError::Status { status: 401 | 403, .. }) => Err(unsatisfied(format!(
                    "{error}\nhint: whoever copies everything must be allowed to read everything: http://NAME:TOKEN@HOST, or a line in auth.conf"
                ))),
                Err(FetchError::Network { url, why }) if why.contains("certificate") => Err(anyhow::anyhow!("{url}: {why}"))
                    .hint("name its authority with --ca FILE; the server has it at /keys/ca.crt"),
                other => other.map_err(of_fetch),
            },
        }
    }

    /// What has to be fetched for these blobs.
    pub(super) async fn downloads(&self, pieces: &[Piece]) -> Result<Vec<Download>> {
        let mut all = Vec::with_capacity(pieces.len());
        for Piece { digest, size } in pieces {
            let url = match &self.place {
                Kind::Server(url) => format!("{url}/sync/blobs/sha256/{}", digest.hex()),
                Kind::Depot(depot) => depot.address_of(digest).await?,
            };
            all.push(Download { digest: *digest, size: *size, urls: vec![url], name: digest.hex()[..12].to_owned() });
        }
        Ok(all)
    }
}

fn client(options: ClientOptions, ca: Option<Vec<u8>>) -> Result<Client> {
    Ok(match ca {
        Some(pem) => Client::trusting(options, &pem)?,
        None => Client::new(options)?,
    })
}
