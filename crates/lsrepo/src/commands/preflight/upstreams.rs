//! Which upstreams of packages answer. Images and files are looked at one by one.

use super::report::Upstream;
use crate::{
    cli::Upstreams,
    upstreams::{apt, yum},
    wanted::Wanted,
};
use anyhow::Result;
use futures_util::{StreamExt, stream};
use lsrepo_fetch::Client;
use lsrepo_types::Family;
use std::{collections::BTreeMap, time::Instant};
use tokio::runtime::Runtime;

/// How many are asked at once.
const AT_ONCE: usize = 8;

/// An upstream: who asks for it, and the addresses any of which shows that it is there.
type Place = (Client, Vec<String>);

/// Asks each once, with this machine's passwords and certificates.
pub(super) fn ask(runtime: &Runtime, client: &Client, all: &[Wanted], flags: &Upstreams) -> Result<Vec<Upstream>> {
    let mut places: BTreeMap<String, (Place, Vec<String>)> = BTreeMap::new();
    for wanted in all.iter().filter(|wanted| !wanted.asked.requirements.is_empty()) {
        for (name, place) in upstreams(client, wanted, flags)? {
            places.entry(name).or_insert((place, Vec::new())).1.push(wanted.platform.to_string());
        }
    }
    let asks = places.into_iter().map(|(name, ((client, urls), platforms))| async move {
        let begun = Instant::now();
        let failure = answer(&client, &urls).await.err().map(|failures| failures.join("; "));
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Upstream { name, platforms, milliseconds, failure }
    });
    Ok(runtime.block_on(stream::iter(asks).buffered(AT_ONCE).collect()))
}

/// Whether one of these addresses is there, or why none is.
async fn answer(client: &Client, urls: &[String]) -> Result<(), Vec<String>> {
    let mut failures = Vec::new();
    for url in urls {
        match client.status(url).await {
            Ok(status @ 400..) => failures.push(format!("{url}: the server answered {status}")),
            Ok(_) => return Ok(()),
            Err(error) => failures.push(error.to_string()),
        }
    }
    Err(failures)
}

/// The package upstreams of a platform, by the address that stands for each.
fn upstreams(client: &Client, wanted: &Wanted, flags: &Upstreams) -> Result<Vec<(String, Place)>> {
    let (platform, asked) = (&wanted.platform, &wanted.asked);
    let below = |base: &str, path: &str| format!("{}/{path}", base.trim_end_matches('/'));
    let mut all = Vec::new();
    match platform.os.family() {
        Family::Debian => {
            for source in apt::find(platform, asked, flags)?.sources {
                for suite in &source.suites {
                    let folder =
                        if suite.ends_with('/') { suite.trim_matches(['.', '/']).to_owned() } else { format!("dists/{suite}") };
                    let file = |uri: &String, name: &str| below(uri, format!("{folder}/{name}").trim_start_matches('/'));
                    let urls: Vec<String> =
                        source.uris.iter().flat_map(|uri| ["InRelease", "Release"].map(|name| file(uri, name))).collect();
                    all.extend(source.uris.first().map(|uri| (below(uri, &folder), (client.clone(), urls))));
                }
            }
        }
        Family::RedHat => {
            for repository in yum::find(platform, asked, flags)?.repositories.into_iter().filter(|one| one.enabled) {
                let own = client.for_repository(&repository)?;
                let lists = repository.mirrorlist.into_iter().chain(repository.metalink);
                let urls: Vec<String> =
                    repository.baseurl.iter().map(|base| below(base, "repodata/repomd.xml")).chain(lists).collect();
                all.extend(urls.first().cloned().map(|url| (url, (own, urls))));
            }
        }
    }
    Ok(all)
}
