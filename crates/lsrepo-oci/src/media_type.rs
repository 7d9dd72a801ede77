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
/// The same of RPM packages.
pub const RPM_RECORDS: &str = "application/vnd.lambdastack.rpm-records.v1+json+zstd";
/// Groups of RPM packages.
pub const COMPS: &str = "application/vnd.lambdastack.comps.v1+xml+zstd";
/// Streams of RPM modules.
pub const MODULES: &str = "application/vnd.lambdastack.modules.v1+yaml+zstd";
/// Advisories about RPM packages.
pub const UPDATEINFO: &str = "application/vnd.lambdastack.updateinfo.v1+xml+zstd";
/// All that describe packages, and are no packages.
pub const DESCRIBING: [&str; 6] = [LOCK, RECORDS, RPM_RECORDS, COMPS, MODULES, UPDATEINFO];
/// A file that is neither package nor image.
pub const FILE: &str = "application/vnd.lambdastack.file.v1";
/// An `.rpm`.
pub const RPM: &str = "application/x-rpm";
/// A `.deb`.
pub const DEB: &str = "application/vnd.debian.binary-package";
/// A public key, armoured.
pub const KEY: &str = "application/pgp-keys";
/// Docker's first manifest, signed or not: it has no content addresses for what it describes.
pub const DOCKER_SCHEMA_1: [&str; 2] =
    ["application/vnd.docker.distribution.manifest.v1+json", "application/vnd.docker.distribution.manifest.v1+prettyjws"];
/// An artifact's manifest of a draft that a few registries still hold.
pub const ARTIFACT_MANIFEST: &str = "application/vnd.oci.artifact.manifest.v1+json";
/// All that a client should say it takes.
pub const MANIFESTS: [&str; 5] = [MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST, ARTIFACT_MANIFEST];
/// The config of an OCI image.
pub const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The config of a Docker image.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// Whether it is the type of a manifest or an index, and not of a config or a layer.
pub fn is_manifest(media_type: &str) -> bool {
    MANIFESTS.contains(&media_type) || DOCKER_SCHEMA_1.contains(&media_type)
}

/// Whether layers of this type are not to be distributed by registries other than their owner's.
pub fn is_foreign(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.oci.image.layer.nondistributable.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.")
}

/// Whether it is the type of a layer of an image's file system, and not of some artifact.
pub fn is_layer(media_type: &str) -> bool {
    is_foreign(media_type)
        || media_type.starts_with("application/vnd.oci.image.layer.v1.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.diff.")
}
