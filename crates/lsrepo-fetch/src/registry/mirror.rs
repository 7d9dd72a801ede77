//! Other places for a registry's images.

use super::Registries;
use crate::FetchError;
use lsrepo_oci::{Reference, ReferenceError, RegistryHost, RepositoryName};
use std::str::FromStr;

/// A registry that has another's images. As text: `docker.io=mirror.example:5000/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// whose images
    pub of: RegistryHost,
    /// where they are
    pub host: RegistryHost,
    /// what their names begin with there
    pub prefix: Option<RepositoryName>,
}

/// Text that is no mirror.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// no `=`
    #[error("`{0}` is not a mirror: expected REGISTRY=HOST[:PORT][/PREFIX], such as docker.io=mirror.example:5000")]
    Form(String),
    /// not a host or not a prefix
    #[error(transparent)]
    Name(#[from] ReferenceError),
}

impl FromStr for Mirror {
    type Err = MirrorError;
    fn from_str(text: &str) -> Result<Self, MirrorError> {
        let (of, place) = text.split_once('=').ok_or_else(|| MirrorError::Form(text.chars().take(200).collect()))?;
        let (host, prefix) = match place.split_once('/') {
            Some((host, prefix)) => (host, Some(prefix.parse()?)),
            None => (place, None),
        };
        Ok(Self { of: of.parse()?, host: host.parse()?, prefix })
    }
}

impl Registries {
    /// Where an image may be had: its mirrors, then its own registry, or what `registries.conf` says instead.
    pub(crate) fn places(&self, image: &Reference) -> Result<Vec<Reference>, FetchError> {
        let mirrors = self.0.options.mirrors.iter().filter(|mirror| mirror.of == image.registry);
        let mirrored = mirrors.filter_map(|mirror| {
            let repository = match &mirror.prefix {
                Some(prefix) => format!("{prefix}/{}", image.repository).parse().ok()?,
                None => image.repository.clone(),
            };
            Some(Reference { registry: mirror.host.clone(), repository, ..image.clone() })
        });
        let own = match self.0.options.conf.rule(image) {
            Some(rule) if rule.blocked => {
                let why = "registries.conf of this machine blocks it".to_owned();
                return Err(FetchError::Image { image: image.to_string(), why });
            }
            Some(rule) => rule.places(image),
            None => vec![image.clone()],
        };
        Ok(mirrored.chain(own).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::RegistryOptions;

    #[test]
    fn mirrors_come_before_the_registry_itself() {
        let mirrors = ["docker.io=mirror.example:5000/hub", "quay.io=other.example"].map(|text| text.parse::<Mirror>().unwrap());
        let registries = Registries::new(RegistryOptions { mirrors: mirrors.into(), ..RegistryOptions::default() }).unwrap();
        let places =
            |image: &str| registries.places(&image.parse().unwrap()).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(places("nginx:1"), ["mirror.example:5000/hub/library/nginx:1", "docker.io/library/nginx:1"]);
        assert_eq!(places("ghcr.io/a/b:1"), ["ghcr.io/a/b:1"]);
        assert!("docker.io".parse::<Mirror>().is_err() && "docker.io=x/UP".parse::<Mirror>().is_err());
    }
}
