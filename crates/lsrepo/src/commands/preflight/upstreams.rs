//! Which upstreams answer.

use super::report::Upstream;
use crate::{
    cli::{RegistryFlags, Upstreams},
    upstreams::{apt, yum},
    wanted::Wanted,
};
use anyhow::Result;
use futures_util::{StreamExt, stream};
use lsrepo_fetch::Client;
use lsrepo_oci::Reference;
use lsrepo_types::Family;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// How many are asked at once.
const AT_ONCE: usize = 8;

/// Asks each once, with this machine's passwords.
pub(super) async fn ask(
    client: &Client,
    all: &[Wanted],
    upstreams: &Upstreams,
    registries: &RegistryFlags,
) -> Result<Vec<Upstream>> {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for wanted in all {
        for url in addresses(wanted, upstreams, registries)? {
            places.entry(url).or_default().insert(wanted.platform.to_string());
        }
    }
    let asks = places.into_iter().map(|(url, platforms)| async move {
        let begun = Instant::now();
        let answer = client.status(&url).await;
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let failure = match answer {
            // Registries want to be asked for something in particular before they say more.
            Ok(401) if url.ends_with("/v2/") => None,
            Ok(status @ 400..) => Some(format!("the server answered {status}")),
            Ok(_) => None,
            Err(error) => Some(error.to_string().replace(&format!("{url}: "), "")),
        };
        Upstream { url, platforms: platforms.into_iter().collect(), milliseconds, failure }
    });
    Ok(stream::iter(asks).buffered(AT_ONCE).collect().await)
}

/// What shows of each upstream that it is there.
fn addresses(wanted: &Wanted, upstreams: &Upstreams, registries: &RegistryFlags) -> Result<Vec<String>> {
    let (platform, asked) = (&wanted.platform, &wanted.asked);
    let mut all = Vec::new();
    let below = |base: &str, path: &str| format!("{}/{path}", base.trim_end_matches('/'));
    match platform.os.family() {
        _ if asked.requirements.is_empty() => {}
        Family::Debian => {
            for source in apt::find(platform, asked, upstreams)?.sources {
                for uri in &source.uris {
                    all.extend(source.suites.iter().map(|suite| match suite.strip_suffix('/') {
                        Some(flat) => below(uri, below(flat, "InRelease").trim_start_matches('/')),
                        None => below(uri, &format!("dists/{suite}/InRelease")),
                    }));
                }
            }
        }
        Family::RedHat => {
            for repository in yum::find(platform, asked, upstreams)?.repositories.into_iter().filter(|one| one.enabled) {
                let base = repository.baseurl.first().map(|base| below(base, "repodata/repomd.xml"));
                all.extend(base.or(repository.metalink).or(repository.mirrorlist));
            }
        }
    }
    all.extend(asked.charts.iter().map(|wish| wish.chart.index_url()));
    for wish in &asked.images {
        let host = wish.image.parse::<Reference>()?.registry;
        let plain = registries.plain_http.contains(&host);
        all.push(format!("{}://{}/v2/", if plain { "http" } else { "https" }, api_host(&host.to_string())));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// Where a registry answers that people call otherwise.
fn api_host(name: &str) -> &str {
    match name {
        "docker.io" => "registry-1.docker.io",
        "k8s.gcr.io" => "registry.k8s.io",
        other => other,
    }
}
