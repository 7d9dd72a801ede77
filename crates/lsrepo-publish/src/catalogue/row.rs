//! What the catalogue says of each thing: all that its page shows.

use super::format::cut;
use lsrepo_types::Digest;
use serde::{Deserialize, Serialize};

/// What a thing is. The order is that of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// all versions of a package of one platform
    Package,
    /// a container image under one name
    Image,
    /// a file by URL
    File,
    /// a Helm chart
    Chart,
    /// a module of the BOM
    Module,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Package, Self::Image, Self::File, Self::Chart, Self::Module];

    /// The word for one of them, as it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Package => "package",
            Kind::Image => "image",
            Kind::File => "file",
            Kind::Chart => "chart",
            Kind::Module => "module",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // each is the kind of that name
pub enum Row {
    Package(Package),
    Image(Image),
    File(File),
    Chart(Chart),
    Module(Module),
}

impl Row {
    /// Keeps the first of every list that is longer than anybody reads.
    pub(super) fn shorten(&mut self) {
        match self {
            Row::Package(package) => {
                package.versions.truncate(20);
                package.needed_by.truncate(100);
                for one in &mut package.versions {
                    one.description = cut(&one.description, 2000).to_owned();
                    one.needs.truncate(60);
                    one.urls.truncate(4);
                    one.vouched_by.truncate(8);
                    one.wanted_by.truncate(50);
                }
            }
            Row::Image(image) => {
                image.platforms.truncate(20);
                image.referrers.truncate(50);
                image.platforms.iter_mut().for_each(|platform| platform.layers.truncate(50));
            }
            Row::File(file) => file.shorten(),
            Row::Chart(chart) => {
                chart.images.truncate(200);
                chart.file.shorten();
            }
            Row::Module(module) => {
                module.parts.truncate(20);
                for part in &mut module.parts {
                    [&mut part.asked, &mut part.packages, &mut part.images, &mut part.files]
                        .into_iter()
                        .for_each(|list| list.truncate(80));
                }
            }
        }
    }
}

impl File {
    fn shorten(&mut self) {
        [&mut self.urls, &mut self.platforms, &mut self.wanted_by, &mut self.vouched_by]
            .into_iter()
            .for_each(|list| list.truncate(50));
    }
}

/// A package of a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// the newest first
    pub versions: Vec<PackageVersion>,
    /// packages of the platform that need it, sorted; the first of them where there are very many
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needed_by: Vec<String>,
    /// how many these are
    #[serde(default)]
    pub needed_by_count: u64,
}

/// One build of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackageVersion {
    /// the ecosystem's version, epoch included
    pub version: String,
    /// the ecosystem's word
    pub arch: String,
    /// bytes
    pub size: u64,
    /// of the file
    pub digest: Option<Digest>,
    /// package URL
    pub purl: String,
    /// as the package states it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// the long text, plain
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// an address that the package names
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// the source package
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// where it lies here, without a `/` in front
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// where it came from
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// the modules that want it, sorted
    pub wanted_by: Vec<String>,
    /// the sets (components) that it is in
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<String>,
    /// who vouched for it upstream, in words
    pub vouched_by: Vec<String>,
    /// whether one of those is an upstream's signature
    pub signed: bool,
    /// what it needs, in its own order
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
}

/// A relation to other packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// `Depends`, `Requires`, `Recommends` …
    pub how: String,
    /// as the package writes it
    pub text: String,
    /// packages of this platform that meet it
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met_by: Vec<String>,
}

/// A container image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `docker.io/library/nginx`
    pub repository: String,
    /// none where it is named by digest alone
    pub tag: Option<String>,
    /// of the first manifest
    pub digest: String,
    /// of that
    pub media_type: String,
    /// all that is carried of it
    pub bytes: u64,
    /// the modules that want it, sorted
    pub wanted_by: Vec<String>,
    /// who vouched for it upstream, in words
    pub vouched_by: Vec<String>,
    /// the images of its index, or the one that it is
    pub platforms: Vec<ImagePlatform>,
    /// signatures, attestations, SBOMs
    pub referrers: Vec<ImageReferrer>,
}

/// An image for one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagePlatform {
    /// `linux/amd64`; empty where nothing says so
    pub platform: String,
    /// of its manifest
    pub digest: String,
    /// whether all its layers are here
    pub carried: bool,
    /// in order
    pub layers: Vec<ImageLayer>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageLayer {
    /// of its bytes
    pub digest: String,
    /// how many
    pub size: u64,
    /// what it is
    pub media_type: String,
}

/// Something that refers to an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageReferrer {
    /// of its manifest
    pub digest: String,
    /// what it says that it is
    pub artifact_type: String,
    /// its own tag, where it has one
    pub tag: Option<String>,
    /// bytes of all that is carried of it
    pub bytes: u64,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// bytes
    pub size: u64,
    /// of its content
    pub digest: Digest,
    /// where it came from
    pub urls: Vec<String>,
    /// the platforms that it is for, sorted
    pub platforms: Vec<String>,
    /// the modules that want it, sorted
    pub wanted_by: Vec<String>,
    /// who vouched for it upstream, in words
    pub vouched_by: Vec<String>,
}

/// A Helm chart, which is a file too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// as Helm knows it
    pub name: String,
    /// as it was asked for; empty: the newest then
    pub version: String,
    /// the repository or registry that it came from
    pub repository: String,
    /// where it lies below `/files/`
    pub path: String,
    /// the file
    pub file: File,
    /// the images that it uses, as far as that can be seen
    pub images: Vec<String>,
}

/// What is carried for a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// by platform, sorted
    pub parts: Vec<ModulePart>,
}

/// What is carried for a module on one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModulePart {
    /// `debian-12/x86_64`
    pub platform: String,
    /// what was asked for, as it was asked for
    pub asked: Vec<String>,
    /// names of all packages, sorted; the first of them where there are very many
    pub packages: Vec<String>,
    /// how many packages these are
    pub package_count: u64,
    /// names, sorted
    pub images: Vec<String>,
    /// names, sorted
    pub files: Vec<String>,
    /// of all of it
    pub bytes: u64,
}
