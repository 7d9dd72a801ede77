//! The modules of an image layout: from the index to the manifest to the layer, each only where it is what was said before.

use super::{LAYER, LayerError, MOST_OF_ALL, MOST_UNPACKED, TYPE, layout::Layout, unpack};
use crate::module::Files;
use flate2::read::GzDecoder;
use lsrepo_oci::{Descriptor, Index, MOST_MANIFEST, Manifest, annotation::REF_NAME, media_type};
use lsrepo_types::Digest;
use std::{
    collections::BTreeSet,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// A module that came in a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// the folder in its layer
    pub folder: String,
    /// below that
    pub files: Files,
    /// of its manifest: what a registry calls it
    pub digest: Digest,
}

/// Why there are no modules in a layout, or others than were meant.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// it cannot be read
    #[error("{}: {error}", path.display())]
    Io {
        /// what was read
        path: PathBuf,
        /// why not
        error: io::Error,
    },
    /// it is no layout, or a broken one
    #[error("{}: {why}", path.display())]
    Layout {
        /// the layout
        path: PathBuf,
        /// why
        why: String,
    },
    /// a blob is not what its descriptor says, or a manifest not what a module has
    #[error("{}: {digest}: {why}", path.display())]
    Blob {
        /// the layout
        path: PathBuf,
        /// the blob
        digest: Digest,
        /// why
        why: String,
    },
    /// a layer that cannot be taken
    #[error("{}: layer {digest}: {error}{}", path.display(), hint(error))]
    Layer {
        /// the layout
        path: PathBuf,
        /// the layer
        digest: Digest,
        /// why
        error: LayerError,
    },
}

/// What one does about a layer that no module has.
fn hint(error: &LayerError) -> &'static str {
    match error {
        LayerError::Beside { .. } | LayerError::NoModule => "",
        _ => "\nhint: `lambdastack module pack` writes no such layer: ask whoever made it",
    }
}

/// The modules of a layout, sorted by name; with `tag`, only what is called so there. What is something else, such as an image, is
/// not looked at.
pub fn read(path: &Path, tag: Option<&str>) -> Result<Vec<Artifact>, ArtifactError> {
    let layout = Layout::open(path)?;
    let index = Index::parse(&layout.index()?).map_err(|error| layout.wrong(error.to_string()))?;
    let is_meant = |told: &&Descriptor| tag.is_none_or(|tag| told.annotation(REF_NAME).is_some_and(|name| is_called(name, tag)));
    // the same manifest under two tags is one module
    let (mut seen, mut all, mut left) = (BTreeSet::new(), Vec::<Artifact>::new(), MOST_OF_ALL);
    let mut others = false;
    for told in index.manifests.iter().filter(is_meant) {
        if !seen.insert(told.digest) {
            continue;
        }
        let Some(found) = one(&layout, told, left)? else {
            others = true;
            continue;
        };
        if let Some(same) = all.iter().find(|one| one.folder == found.folder) {
            let (name, first, second) = (&found.folder, same.digest, found.digest);
            let hint = format!("`oci:{}:TAG` takes one of them", path.display());
            return Err(layout.wrong(format!("the module `{name}` is in it twice: {first} and {second}\nhint: {hint}")));
        }
        left = left.saturating_sub(found.files.0.values().map(|bytes| bytes.len() as u64).sum());
        all.push(found);
    }
    if all.is_empty() {
        return Err(layout.wrong(nothing(&index, tag, others)));
    }
    all.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(all)
}

/// A name in an index is a tag, or a whole name that ends with one.
fn is_called(name: &str, tag: &str) -> bool {
    name == tag || name.strip_suffix(tag).is_some_and(|front| front.ends_with([':', '/']))
}

/// Why no module was found.
fn nothing(index: &Index, tag: Option<&str>, others: bool) -> String {
    let names: Vec<&str> = index.manifests.iter().filter_map(|told| told.annotation(REF_NAME)).take(24).collect();
    match tag {
        Some(tag) if !others && names.is_empty() => format!("nothing in it is called `{tag}`, or anything else"),
        Some(tag) if !others => format!("nothing in it is called `{tag}`\nhint: there are: {}", names.join(", ")),
        _ => format!(
            "there is no module in it\nhint: a module is an artifact of the type `{TYPE}`, as `lambdastack module pack` writes it"
        ),
    }
}

const PACK: &str = "`lambdastack module pack` writes an artifact of the right form";

/// The module that a descriptor tells of; `None` where it is something else.
fn one(layout: &Layout, told: &Descriptor, left: u64) -> Result<Option<Artifact>, ArtifactError> {
    let is_module = |kind: &Option<String>| kind.as_deref() == Some(TYPE);
    if !matches!(told.media_type.as_str(), "" | media_type::MANIFEST)
        || told.artifact_type.is_some() && !is_module(&told.artifact_type)
    {
        return Ok(None);
    }
    let wrong = |why: String| ArtifactError::Blob { path: layout.path().to_owned(), digest: told.digest, why };
    let manifest = Manifest::parse(&layout.blob(told, MOST_MANIFEST)?).map_err(|error| wrong(error.to_string()))?;
    // before OCI 1.1 the type of an artifact was that of its config
    if !is_module(&manifest.artifact_type) && manifest.config.media_type != TYPE {
        return Ok(None);
    }
    let [layer] = &manifest.layers[..] else {
        return Err(wrong(format!("a module has one layer, and this has {}\nhint: {PACK}", manifest.layers.len())));
    };
    if layer.media_type != LAYER {
        return Err(wrong(format!("its layer is `{:.120}`, expected `{LAYER}`\nhint: {PACK}", layer.media_type)));
    }
    let most = MOST_UNPACKED.min(left);
    let packed = layout.blob(layer, MOST_UNPACKED)?;
    let of_layer = |error: LayerError| ArtifactError::Layer { path: layout.path().to_owned(), digest: layer.digest, error };
    let (folder, files) = gunzip(&packed, most).and_then(|tar| unpack(&tar)).map_err(of_layer)?;
    Ok(Some(Artifact { folder, files, digest: told.digest }))
}

fn gunzip(packed: &[u8], most: u64) -> Result<Vec<u8>, LayerError> {
    let mut tar = Vec::new();
    GzDecoder::new(packed).take(most + 1).read_to_end(&mut tar)?;
    if tar.len() as u64 > most { Err(LayerError::Large(most)) } else { Ok(tar) }
}
