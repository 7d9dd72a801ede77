//! Names of annotations.

/// The file name of a layer.
pub const TITLE: &str = "org.opencontainers.image.title";
/// The name of a manifest within an index.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The whole name of an image, as containerd will call it.
pub const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// When it was made, as RFC 3339.
pub const CREATED: &str = "org.opencontainers.image.created";
/// `debian-12/x86_64`
pub const PLATFORM: &str = "com.lambdastack.lsrepo.platform";
/// The module whose part a manifest is.
pub const MODULE: &str = "com.lambdastack.lsrepo.module";
