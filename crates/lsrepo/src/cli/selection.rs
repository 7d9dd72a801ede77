//! The flags that say what is wanted, and where it comes from.

use clap::{Args, ValueEnum};
use lsrepo_types::{Arch, Os};
use std::path::PathBuf;

/// A kind of wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// packages from repositories and by URL
    Packages,
    /// files by URL
    Files,
    /// container images
    Images,
}

/// What is wanted, and for which platforms.
#[derive(Args, Clone, Debug, Default)]
pub struct Selection {
    /// Operating system, such as debian-12; repeat it or give a list [default: this machine's]
    #[arg(long, value_delimiter = ',', value_name = "OS")]
    pub os: Vec<Os>,
    /// Architecture in any usual spelling (x86_64, amd64, arm64, aarch64); repeat it or give a list [default: this machine's]
    #[arg(long, value_delimiter = ',', value_name = "ARCH")]
    pub arch: Vec<Arch>,
    /// Package to carry: NAME, NAME=VERSION (with * and ?), NAME:ARCH or NAME/SUITE; repeat it or give a list
    #[arg(short, long = "package", value_delimiter = ',', value_name = "PACKAGE")]
    pub packages: Vec<lsrepo_bom::PackageRequest>,
    /// Module of the stack to carry, with those that it requires; repeat it or give a list [default: all]
    #[arg(short, long = "module", value_delimiter = ',', value_name = "MODULE")]
    pub modules: Vec<lsrepo_bom::ModuleName>,
    /// Carry every module of the BOM
    #[arg(long, conflicts_with_all = ["modules", "cluster"])]
    pub all: bool,
    /// Carry what a cluster takes: a document of the kind lambdastack-cluster, its components with a count above zero
    #[arg(short = 'f', long, value_name = "FILE")]
    pub cluster: Option<PathBuf>,
    /// Folder with modules of your own (*.yml), beside those of lsrepo or in their place; repeatable
    #[arg(long, value_name = "DIR")]
    pub bom: Vec<PathBuf>,
    /// Container image to carry, as one writes it for podman or docker: nginx:1.27, quay.io/org/app@sha256:…; repeat it or
    /// give a list
    #[arg(short, long = "image", value_delimiter = ',', value_name = "IMAGE")]
    pub images: Vec<lsrepo_oci::Reference>,
    /// File to carry: an address, then maybe the name to keep it under and sha256:HEX; or a path; repeatable
    #[arg(long = "file", value_name = "FILE")]
    pub files: Vec<String>,
    /// Helm chart to carry: the address of its repository, its name, and maybe a version; repeatable
    #[arg(long = "chart", value_name = "CHART")]
    pub charts: Vec<lsrepo_bom::chart::ChartRequest>,
    /// Leave these of the modules' wishes out: packages, files, images; repeat it or give a list
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub without: Vec<Kind>,
    /// Read wishes from a requirements file (sections packages, files, images)
    #[arg(long, value_name = "FILE")]
    pub requirements: Vec<PathBuf>,
    /// What the hosts already have: none (an empty root), minbase, or a file (dpkg status, or names)
    #[arg(long, value_name = "none|minbase|FILE")]
    pub base: Option<String>,
    /// Take along what packages recommend
    #[arg(long)]
    pub with_recommends: bool,
    /// Take along what packages suggest
    #[arg(long)]
    pub with_suggests: bool,
    /// Package that must not be taken; repeat it or give a list
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub exclude: Vec<String>,
    /// Module stream (RPM) to take instead of the default one: NAME:STREAM; repeat it or give a list
    #[arg(long = "module-stream", value_delimiter = ',', value_name = "NAME:STREAM")]
    pub module_streams: Vec<String>,
    /// Take an older version of what is requested (RPM) where the newest cannot be installed
    #[arg(long)]
    pub no_best: bool,
    /// Take the layers of every platform that an image has, not just the chosen architecture's
    #[arg(long)]
    pub all_platforms: bool,
    /// Leave signatures, attestations and SBOMs of images behind
    #[arg(long)]
    pub no_referrers: bool,
    /// Take layers of images that only their owner may distribute
    #[arg(long)]
    pub foreign_layers: bool,
}

impl Selection {
    /// Whether nothing was chosen at all.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
            && self.modules.is_empty()
            && self.images.is_empty()
            && !self.all
            && self.cluster.is_none()
            && self.bom.is_empty()
            && self.files.is_empty()
            && self.charts.is_empty()
            && self.without.is_empty()
            && self.requirements.is_empty()
            && self.os.is_empty()
            && self.arch.is_empty()
            && self.base.is_none()
            && !self.with_recommends
            && !self.with_suggests
            && self.exclude.is_empty()
            && self.module_streams.is_empty()
            && !self.no_best
            && !self.all_platforms
            && !self.no_referrers
            && !self.foreign_layers
    }
}

/// Where packages come from.
#[derive(Args, Clone, Debug, Default)]
pub struct Upstreams {
    /// Upstream instead of the platform's own: 'deb [signed-by=KEYRING] URL SUITE COMPONENT…'; repeatable
    #[arg(long = "source", value_name = "LINE")]
    pub sources: Vec<String>,
    /// Keyring for upstreams that name none; repeatable
    #[arg(long = "keyring", value_name = "FILE")]
    pub keyrings: Vec<PathBuf>,
    /// Accept indexes whose Valid-Until has passed
    #[arg(long)]
    pub allow_expired: bool,
    /// Accept indexes whose Date lies ahead of this machine's clock
    #[arg(long)]
    pub allow_future: bool,
    /// Proxy for http and https [default: http_proxy, https_proxy, no_proxy]
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
}
