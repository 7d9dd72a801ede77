//! A module as an OCI artifact: what registries keep, `lsrepo prepare --image` carries and `lsrepo image export` hands out.
//! Nothing is fetched here: it arrives as an image layout, which is a folder or a tar.
//!
//! ```text
//! oci-layout · index.json                 what is in the layout; `org.opencontainers.image.ref.name` is a tag
//! └─ manifest                             artifactType application/vnd.lambdastack.module.v1
//!    ├─ config                            application/vnd.oci.empty.v1+json: {}
//!    └─ layer                             application/vnd.lambdastack.module.layer.v1.tar+gzip: shop/module.yml, shop/playbooks/…
//! ```
//! Each is looked at only after its size and digest are what was said one step above. The layer has the form that `oras` gives a
//! folder (gzip, the folder's name within), so that `oras pull` writes the folder again, and what `oras push` makes is taken here.
//! Spec: <https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage>.

mod layer;
mod layout;
mod read;
mod write;

pub use layer::{LayerError, pack, unpack};
pub use read::{Artifact, ArtifactError, read};
pub use write::{Packed, write};

/// What a manifest says that it is.
pub const TYPE: &str = "application/vnd.lambdastack.module.v1";
/// The files of a module.
pub const LAYER: &str = "application/vnd.lambdastack.module.layer.v1.tar+gzip";
/// The config of an artifact that has none.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// No module is larger, however well it is compressed.
const MOST_UNPACKED: u64 = 64 << 20;
/// All modules of a layout together.
const MOST_OF_ALL: u64 = 256 << 20;

#[cfg(test)]
pub(crate) mod tests;
