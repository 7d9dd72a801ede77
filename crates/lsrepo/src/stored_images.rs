//! The images of the store: what all sets together carry of each, found by the names that people write.

use crate::{failure::unsatisfied, prepared};
use anyhow::{Result, bail};
use lsrepo_oci::{Image, Reference};
use lsrepo_store::Store;
use lsrepo_types::{Platform, nearest};
use std::collections::BTreeSet;

/// An image, and the platforms for which it was prepared.
pub(crate) struct StoredImage {
    pub(crate) image: Image,
    pub(crate) platforms: BTreeSet<Platform>,
}

/// All of them, sorted by name. A name stands there twice where two platforms were prepared when it meant different things.
pub(crate) fn all(store: &Store) -> Result<Vec<StoredImage>> {
    let mut all: Vec<StoredImage> = Vec::new();
    for (name, digest) in store.roots()? {
        let lock = prepared::lock_of(store, &name, &digest)?;
        for image in prepared::images::images(store, &lock)? {
            let same =
                |known: &&mut StoredImage| known.image.reference == image.reference && known.image.root.digest == image.root.digest;
            match all.iter_mut().find(same) {
                Some(known) => {
                    known.image.join(&image);
                    known.platforms.insert(lock.name.clone());
                }
                None => all.push(StoredImage { image, platforms: [lock.name.clone()].into() }),
            }
        }
    }
    all.sort_by(|a, b| (&a.image.reference, a.image.root.digest).cmp(&(&b.image.reference, b.image.root.digest)));
    Ok(all)
}

/// The one that somebody means: by its whole name, without its tag, or by the end of its path; a digest tells those of one
/// name apart.
pub(crate) fn find<'a>(all: &'a [StoredImage], text: &str) -> Result<&'a StoredImage> {
    let meant: Reference = text.parse()?;
    let (named, by_digest) = text.split_once('@').map_or((text, None), |(named, _)| (named, meant.digest));
    let digest_fits = |one: &&StoredImage| by_digest.is_none_or(|digest| one.image.root.digest == digest);
    let exact: Vec<&StoredImage> = all.iter().filter(digest_fits).filter(|one| one.image.reference == meant).collect();
    let found = match exact.is_empty() {
        false => exact,
        true => all.iter().filter(digest_fits).filter(|one| ends(&one.image.reference, named)).collect(),
    };
    match found[..] {
        [one] => Ok(one),
        [] => {
            let names: Vec<String> = all.iter().map(|one| one.image.reference.to_string()).collect();
            let near = nearest(&meant.to_string(), names.iter().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`lsrepo image list` shows what is there".to_owned(),
            };
            Err(unsatisfied(format!("`{text}` is not in the store\nhint: {hint}")))
        }
        ref several => {
            let names: Vec<String> =
                several.iter().map(|one| format!("  {} ({})", one.image.reference, one.image.root.digest)).collect();
            bail!(
                "`{text}` may be one of several:\n{}\nhint: write more of its name, or its digest behind an `@`",
                names.join("\n")
            )
        }
    }
}

/// Whether a name ends with these parts of a path, with its tag or without.
fn ends(reference: &Reference, text: &str) -> bool {
    let name = reference.name();
    let end = |whole: &str| whole == text || whole.strip_suffix(text).is_some_and(|before| before.ends_with('/'));
    end(&name) || reference.tag.as_ref().is_some_and(|tag| end(&format!("{name}:{tag}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsrepo_oci::{AnyDigest, Descriptor, Survey};
    use lsrepo_types::Digest;

    fn stored(names: &[&str]) -> Vec<StoredImage> {
        let image = |name: &&str| Image {
            reference: name.parse().unwrap(),
            root: Descriptor::new("", AnyDigest::from(Digest::of(name.as_bytes())), 1),
            survey: Survey::default(),
            referrers: Vec::new(),
        };
        names.iter().map(|name| StoredImage { image: image(name), platforms: BTreeSet::new() }).collect()
    }

    fn found(all: &[StoredImage], text: &str) -> String {
        find(all, text).map_or_else(|error| format!("{error:#}"), |one| one.image.reference.to_string())
    }

    #[test]
    fn an_image_is_found_by_what_people_write() {
        let all = stored(&["docker.io/library/nginx:1", "quay.io/org/app:1", "quay.io/org/app:2", "ghcr.io/other/app:3"]);
        assert_eq!(found(&all, "nginx:1"), "docker.io/library/nginx:1");
        assert_eq!(found(&all, "nginx"), "docker.io/library/nginx:1");
        assert_eq!(found(&all, "quay.io/org/app:2"), "quay.io/org/app:2");
        assert_eq!(found(&all, "org/app:1"), "quay.io/org/app:1");
        assert_eq!(found(&all, "app:3"), "ghcr.io/other/app:3");
        assert_eq!(found(&all, &format!("app@{}", Digest::of(b"quay.io/org/app:2"))), "quay.io/org/app:2");
        assert!(found(&all, "org/app").contains("may be one of several"));
        assert!(found(&all, "nginx:2").contains("did you mean `docker.io/library/nginx:1`?"));
        assert!(found(&all, "rg/app:1").contains("is not in the store"));
    }
}
