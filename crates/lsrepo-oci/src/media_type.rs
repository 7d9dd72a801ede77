//! Media types.

/// An OCI manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The artifact type of a prepared set: one platform's part for one module.
pub const ARTIFACT_TYPE: &str = "application/vnd.lambdastack.bundle.v1+json";
/// The config of a prepared set: its part of the lock.
pub const LOCK: &str = "application/vnd.lambdastack.lock.v1+toml+zstd";
/// What the packages' own headers say, by digest.
pub const RECORDS: &str = "application/vnd.lambdastack.records.v1+json+zstd";
/// A `.deb`.
pub const DEB: &str = "application/vnd.debian.binary-package";
/// A public key, armoured.
pub const KEY: &str = "application/pgp-keys";
