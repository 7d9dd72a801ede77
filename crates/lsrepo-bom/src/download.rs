//! What is not a package: a file by its URL, and a container image by its reference.

use crate::requirement::RequirementError;
use lsrepo_types::{Digest, RelPath};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A file to download, and the name to keep it under. As text: `URL [NAME] [sha256:HEX]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRequest {
    /// where it is: `https:`, `http:` or `file:`
    pub url: String,
    /// a file name, maybe below folders
    pub name: String,
    /// what it must be, where the author says so
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// other addresses of the same bytes
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
    /// where its digest is published
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksums: Option<Checksums>,
}

/// A published file of checksums.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checksums {
    /// `SHA256SUMS`, or a file that holds one digest
    pub url: String,
    /// its detached OpenPGP signature
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// address, file or text of the key that makes it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl FileRequest {
    /// The last part of a URL's path.
    pub fn name_in(url: &str) -> &str {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The last part of its name.
    pub fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Whether the addresses and the name can be used.
    pub(crate) fn check(&self) -> Result<(), RequirementError> {
        let letter = |c: char| c.is_ascii_graphic() && !"#?\"\\<>|".contains(c);
        let named = self.name.parse::<RelPath>().is_ok() && self.name.chars().all(letter);
        let sums = self.checksums.iter().flat_map(|sums| [&sums.url].into_iter().chain(&sums.signature));
        if let Some(Checksums { signature: Some(_), key: None, .. } | Checksums { signature: None, key: Some(_), .. }) =
            &self.checksums
        {
            return Err(RequirementError::Checksums);
        }
        let addresses = [&self.url].into_iter().chain(&self.mirrors).chain(sums);
        match addresses.into_iter().find(|url| !is_address(url)) {
            Some(url) => Err(RequirementError::File(url.clone())),
            None if !named => Err(RequirementError::File(format!("{} {}", self.url, self.name))),
            None => Ok(()),
        }
    }
}

fn is_address(url: &str) -> bool {
    if let Some(path) = url.strip_prefix("file://") {
        return path.starts_with('/') && !path.ends_with('/') && url.len() <= 4096 && url.chars().all(|c| c.is_ascii_graphic());
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let (host, path) = rest.and_then(|rest| rest.split_once('/')).unwrap_or_default();
    !host.is_empty() && !path.is_empty() && url.len() <= 4096 && url.chars().all(|c| c.is_ascii_graphic())
}

impl FromStr for FileRequest {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let mut words = text.split_whitespace();
        let refuse = || RequirementError::File(text.chars().take(200).collect());
        let url = words.next().ok_or_else(refuse)?;
        let (digests, names): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with("sha256:"));
        if names.len() > 1 || digests.len() > 1 {
            return Err(refuse());
        }
        let digest = digests.first().map(|word| word.parse::<Digest>().map_err(|_| RequirementError::Digest((*word).to_owned())));
        let name = names.first().copied().unwrap_or_else(|| Self::name_in(url)).to_owned();
        let request = Self { url: url.to_owned(), name, digest: digest.transpose()?, mirrors: Vec::new(), checksums: None };
        request.check()?;
        Ok(request)
    }
}

impl fmt::Display for FileRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)?;
        if Self::name_in(&self.url) != self.name {
            write!(f, " {}", self.name)?;
        }
        self.digest.map_or(Ok(()), |digest| write!(f, " {digest}"))
    }
}

/// `text` if it can be the reference of an image: it names a tag or a digest, so that it means one thing.
pub(crate) fn image_reference(text: &str) -> Result<&str, RequirementError> {
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    let of = |part: &str, more: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let fits = path.split('/').all(|part| of(part, "._-:[]"))
        && tag.is_none_or(|tag| of(tag, "._-") && tag.len() <= 128)
        && digest.is_none_or(|digest| digest.parse::<Digest>().is_ok())
        && (tag.is_some() || digest.is_some())
        && text.len() <= 512;
    match fits {
        true => Ok(text),
        false => Err(RequirementError::Image(text.chars().take(200).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_url_unless_it_says_otherwise() {
        let name = |text: &str| text.parse::<FileRequest>().map(|file| (file.name.clone(), file.to_string()));
        assert_eq!(name("https://a.example/x/kafka.tgz").unwrap(), ("kafka.tgz".into(), "https://a.example/x/kafka.tgz".into()));
        let renamed = "https://a.example/7249/download dashboard.json";
        assert_eq!(name(renamed).unwrap(), ("dashboard.json".into(), renamed.into()));
        assert_eq!(name("https://a.example/x.tgz?raw=1#top").unwrap().0, "x.tgz");
        let digested = format!("https://a.example/7249/download dashboards/7249.json sha256:{}", "0".repeat(64));
        assert_eq!(name(&digested).unwrap(), ("dashboards/7249.json".into(), digested));
        assert_eq!(name("file:///srv/x.tgz").unwrap().0, "x.tgz");
        for bad in [
            "",
            "x.tgz",
            "file://host/x",
            "file:///x/",
            "https://a.example/",
            "https://a.example",
            "https://a.example/x ../y",
            "https://a.example/x y z",
            "https://a.example/x sha256:12",
            "https://a.example/x y?z",
        ] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_image_means_one_thing() {
        let digest = format!("busybox@sha256:{}", "0".repeat(64));
        for good in ["haproxy:2.2.2-alpine", "docker.io/bitnami/pgpool:4.1.1-debian-10-r29", "localhost:5000/x/y:1", &digest] {
            assert_eq!(image_reference(good).unwrap(), good);
        }
        for bad in ["", "haproxy", "localhost:5000/x", "a b:1", "a//b:1", "x:", "x@sha256:12"] {
            assert!(image_reference(bad).is_err(), "{bad}");
        }
    }
}
