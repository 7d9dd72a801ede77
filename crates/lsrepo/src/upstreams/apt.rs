//! Suites of apt: `--source`, this machine's own apt, or the platform's document.

use crate::{
    cli::Upstreams,
    context::{files_in, load_keyring},
    failure::of_fetch,
    host,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{lock::Asked, platforms::AptUpstream};
use lsrepo_deb::sources::{SignedBy, Source};
use lsrepo_fetch::Client;
use lsrepo_sign::Keyring;
use lsrepo_types::{Os, Platform};
use std::{fs, path::Path};

/// The largest file of keys.
const MOST_KEY: u64 = 1 << 20;

/// The upstreams of one platform.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) sources: Vec<Source>,
    /// apt's preferences that hold for them, as text
    pub(crate) pins: String,
}

/// The sources for `platform`.
pub(crate) fn find(platform: &Platform, asked: &Asked, flags: &Upstreams) -> Result<Found> {
    if !flags.sources.is_empty() {
        let sources = flags.sources.iter().map(|line| line.parse::<Source>()).collect::<Result<_, _>>()?;
        return Ok(Found { sources, pins: String::new() });
    }
    let own = host::os().is_ok_and(|os| os == platform.os);
    if own {
        let deb = platform.arch.deb();
        let fits = |source: &Source| source.architectures.is_empty() || source.architectures.iter().any(|arch| arch == deb);
        let sources: Vec<Source> = host::apt_sources()?.into_iter().filter(fits).collect();
        if !sources.is_empty() {
            // What the distribution itself has is asked where this machine asks for it.
            let others = from_document(platform, asked, |upstream| !upstream.modules.is_empty()).unwrap_or_default();
            return Ok(Found { sources: [sources, others.sources].concat(), pins: host::apt_pins()? });
        }
    }
    from_document(platform, asked, |_| true)
}

fn from_document(platform: &Platform, asked: &Asked, take: impl Fn(&AptUpstream) -> bool) -> Result<Found> {
    let Platform { os, arch } = platform;
    let document = super::document(os)?;
    let fits = |upstream: &&AptUpstream| {
        take(upstream)
            && asked.has_one_of(&upstream.modules)
            && (upstream.architectures.is_empty() || upstream.architectures.contains(arch))
    };
    let sources = document.apt.iter().filter(fits).map(|upstream| source_of(upstream, os)).collect::<Result<_>>()?;
    Ok(Found { sources, pins: document.pins() })
}

/// Gets the keys that sources name by address.
pub(crate) async fn fetch_keys(client: &Client, sources: &mut [Source]) -> Result<()> {
    for signed_by in sources.iter_mut().flat_map(|source| &mut source.signed_by) {
        let SignedBy::Path(url) = signed_by else { continue };
        if url.contains("://") {
            let bytes = client.text(url, MOST_KEY).await.map_err(of_fetch)?;
            let keys = Keyring::parse(&bytes).with_context(|| url.clone())?.keys();
            *signed_by = SignedBy::Inline(keys.into_iter().map(|key| key.armored.trim_end().to_owned() + "\n").collect());
        }
    }
    Ok(())
}

/// A source line of a platform document; `mirror` becomes the address that this machine's own apt uses.
fn source_of(upstream: &AptUpstream, os: &Os) -> Result<Source> {
    let uri = match (&upstream.uri, &upstream.mirror) {
        (Some(uri), _) => uri.clone(),
        (None, Some(mirror)) => own_mirror(mirror, os)?,
        (None, None) => bail!("{os}: an upstream names neither `uri` nor `mirror`"),
    };
    let signed_by = upstream.signed_by.iter().cloned().map(|key| match key.starts_with("-----BEGIN") {
        true => SignedBy::Inline(key),
        false => SignedBy::Path(key),
    });
    Ok(Source {
        uris: vec![uri],
        suites: upstream.suites.clone(),
        components: upstream.components.clone(),
        signed_by: signed_by.collect(),
        ..Source::default()
    })
}

/// The address where this machine's own apt finds the archive called `mirror` (`main`, `security`).
fn own_mirror(mirror: &str, os: &Os) -> Result<String> {
    let security = mirror == "security";
    let is_security = |suite: &str| suite.ends_with("-security") || suite.ends_with("/updates");
    let same = host::os().is_ok_and(|own| own.distribution() == os.distribution());
    let found = host::apt_sources()?.into_iter().filter(|_| same).find(|source| {
        let debian = source.components.iter().any(|component| component == "main");
        debian && source.suites.iter().any(|suite| is_security(suite)) == security
    });
    match found.and_then(|source| source.uris.into_iter().next()) {
        Some(uri) => Ok(uri),
        None => bail!(
            "{os}: this machine's apt knows no {mirror} archive of {}\nhint: name it with --source 'deb [signed-by=KEYRING] URL SUITE COMPONENT…'",
            os.distribution()
        ),
    }
}

/// The keys that may sign `source`.
pub(crate) fn keyring(signed_by: &[SignedBy], flags: &Upstreams) -> Result<Keyring> {
    let mut keyring = Keyring::default();
    let mut wanted: Vec<&str> = Vec::new();
    for entry in signed_by {
        match entry {
            SignedBy::Path(path) => keyring.extend(load_keyring(Path::new(path))?),
            SignedBy::Inline(text) => keyring.extend(Keyring::parse(text.as_bytes()).context("Signed-By")?),
            SignedBy::Fingerprint(fingerprint) => wanted.push(fingerprint),
        }
    }
    if signed_by.is_empty() || !wanted.is_empty() {
        let mut all = Keyring::default();
        for file in &flags.keyrings {
            all.extend(load_keyring(file)?);
        }
        if flags.keyrings.is_empty() {
            all.extend(host::apt_keyring()?);
            for file in files_in(Path::new("/usr/share/keyrings"))? {
                let archive = file.file_name().is_some_and(|name| name.to_string_lossy().ends_with("-archive-keyring.gpg"));
                if archive && fs::metadata(&file).is_ok_and(|data| data.len() > 0) {
                    all.extend(load_keyring(&file)?);
                }
            }
        }
        keyring.extend(if wanted.is_empty() { all } else { all.only(&wanted) });
    }
    Ok(keyring)
}
