//! The words of `lsrepo image`.

use super::RegistryFlags;
use crate::output::Format;
use clap::{Args, Subcommand, ValueEnum};
use lsrepo_oci::ImagePlatform;
use lsrepo_types::Bytes;
use std::path::PathBuf;

/// `lsrepo image`
#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Show the container images of the store
    List {
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Write images into a file that docker, podman, containerd or skopeo load
    Export(ImageExportArgs),
    /// Push images into a registry
    Push(ImagePushArgs),
}

/// `lsrepo image export`
#[derive(Args, Debug)]
pub struct ImageExportArgs {
    /// Image of the store, by its name or the end of it: nginx:1.27, org/app
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// oci keeps all digests; docker-archive is for docker without the containerd image store
    #[arg(long, value_enum, default_value_t = ImageFormat::Oci, value_name = "FORMAT")]
    pub format: ImageFormat,
    /// Only this platform, without the image's index: linux/arm64 [default for docker-archive: the one that is carried, or
    /// this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<ImagePlatform>,
    /// With signatures, attestations and the like; podman load does not take such a file
    #[arg(long)]
    pub with_referrers: bool,
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImageFormat {
    /// an image layout in a tar
    Oci,
    /// what `docker save` writes
    DockerArchive,
}

/// `lsrepo image push`
#[derive(Args, Debug)]
pub struct ImagePushArgs {
    /// Images of the store, then the registry, maybe with what their names shall begin with there:
    /// nginx:1.27 org/app harbor.example/project
    #[arg(required = true, value_name = "IMAGE… REGISTRY[/PREFIX]")]
    pub words: Vec<String>,
    /// All images of the store
    #[arg(long)]
    pub all: bool,
    /// Keep the upstream registry in their names: PREFIX/quay.io/org/app instead of PREFIX/org/app
    #[arg(long)]
    pub keep_host: bool,
    /// Only this platform, without the images' indexes: linux/arm64
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<ImagePlatform>,
    /// Leave signatures, attestations and SBOMs behind
    #[arg(long)]
    pub no_referrers: bool,
    /// Send blobs in pieces of this size, for registries behind a proxy that limits requests: 50M
    #[arg(long, value_name = "SIZE")]
    pub chunk_size: Option<Bytes>,
    /// Show which image would go where; send nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub(crate) registries: RegistryFlags,
    /// Proxy for http and https [default: http_proxy, https_proxy, no_proxy]
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}
