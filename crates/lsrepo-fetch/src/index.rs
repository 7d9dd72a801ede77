//! A `Packages` file: the smallest compression that the Release lists, checked twice, kept plain.

use crate::{
    FetchError,
    client::{Ask, shown},
    event::Event,
    release::Ground,
};
use lsrepo_deb::release::{IndexFile, Release};
use lsrepo_types::{Digest, Hasher, RelPath};
use std::{io::Read, path::PathBuf};

/// The largest index, plain.
const MOST: u64 = 2 << 30;
/// In the order in which they are wanted.
const FORMS: [&str; 4] = [".xz", ".zst", ".gz", ""];

impl Ground<'_> {
    /// The plain index at `path` below `base`; `None` where the Release does not list it.
    pub(crate) async fn index(
        &self,
        base: &str,
        path: &str,
        release: &Release,
        by_hash: bool,
    ) -> Result<Option<(PathBuf, Digest)>, FetchError> {
        let listed = |form: &str| Some((form.to_owned(), *release.files.get(format!("{path}{form}").as_str())?));
        let plain = release.files.get(path).copied();
        let key = plain.or_else(|| FORMS.iter().find_map(|form| listed(form)).map(|(_, file)| file));
        let Some(key) = key else { return Ok(None) };
        let file = self.cache.by_digest(&key.sha256);
        if file.is_file() {
            let url = format!("{base}{path}");
            (self.on_event)(Event::Unchanged { url: &shown(&url) });
            return Ok(Some((file, key.sha256)));
        }
        let mut last = None;
        for (form, listed) in FORMS.iter().filter_map(|form| listed(form)) {
            match self.fetch_form(base, &format!("{path}{form}"), listed, by_hash).await {
                Ok(packed) => {
                    let bytes = tokio::task::spawn_blocking(move || unpack(&form, packed, plain)).await;
                    let bytes = bytes.map_err(|error| FetchError::Client(error.to_string()))?;
                    let bytes = bytes.map_err(|why| FetchError::Content { url: shown(&format!("{base}{path}")), why })?;
                    self.cache.write(&file, &bytes)?;
                    return Ok(Some((file, key.sha256)));
                }
                Err(FetchError::Status { status: 404, url }) => last = Some(FetchError::Status { status: 404, url }),
                Err(other) => return Err(other),
            }
        }
        Err(last.unwrap_or_else(|| FetchError::Status { url: shown(&format!("{base}{path}")), status: 404 }))
    }

    async fn fetch_form(&self, base: &str, path: &str, listed: IndexFile, by_hash: bool) -> Result<Vec<u8>, FetchError> {
        let named = format!("{base}{path}");
        let dir = path.rsplit_once('/').map_or(String::new(), |(dir, _)| format!("{dir}/"));
        let hashed = format!("{base}{dir}by-hash/SHA256/{}", listed.sha256.hex());
        let urls = if by_hash { vec![hashed, named] } else { vec![named] };
        let mut last = None;
        for url in urls {
            if self.policy.offline {
                return Err(FetchError::Offline { url: shown(&url) });
            }
            let answer = match self.client.ask_again(&url, &Ask::default()).await {
                Ok(answer) if answer.status == 200 => answer,
                Ok(answer) => {
                    last = Some(FetchError::Status { url: shown(&url), status: answer.status });
                    continue;
                }
                Err(error @ FetchError::Status { .. }) => {
                    last = Some(error);
                    continue;
                }
                Err(other) => return Err(other),
            };
            let bytes = self.client.read(answer, &url, listed.size).await?;
            if Digest::of(&bytes) != listed.sha256 {
                let why = "it is not what the signed Release lists (is the mirror being updated? try again)".to_owned();
                last = Some(FetchError::Content { url: shown(&url), why });
                continue;
            }
            (self.on_event)(Event::Index { url: &shown(&url), bytes: bytes.len() as u64 });
            return Ok(bytes);
        }
        Err(last.unwrap_or_else(|| FetchError::Offline { url: base.to_owned() }))
    }
}

/// The plain bytes; a bomb is cut where the listed size ends.
fn unpack(form: &str, packed: Vec<u8>, plain: Option<IndexFile>) -> Result<Vec<u8>, String> {
    let limit = plain.map_or(MOST, |plain| plain.size);
    let source: Box<dyn Read + '_> = match form {
        ".xz" => Box::new(liblzma::read::XzDecoder::new_multi_decoder(&packed[..])),
        ".gz" => Box::new(flate2::read::MultiGzDecoder::new(&packed[..])),
        ".zst" => Box::new(zstd::Decoder::new(&packed[..]).map_err(|error| error.to_string())?),
        _ => Box::new(&packed[..]),
    };
    let mut bytes = Vec::with_capacity(plain.map_or(0, |plain| plain.size.min(MOST) as usize));
    source.take(limit + 1).read_to_end(&mut bytes).map_err(|error| format!("unpacking: {error}"))?;
    if bytes.len() as u64 > limit {
        return Err(format!("it unpacks to more than {limit} bytes"));
    }
    let mut hasher = Hasher::new();
    hasher.update(&bytes);
    match plain.is_none_or(|plain| plain.sha256 == hasher.finish()) {
        true => Ok(bytes),
        false => Err("what it unpacks to is not what the signed Release lists".to_owned()),
    }
}

/// The index of a component for an architecture.
pub(crate) fn path_of(component: &str, arch: &str) -> Option<RelPath> {
    format!("{component}/binary-{arch}/Packages").parse().ok()
}
