//! A wanted package: by name from the platform's repositories, or by URL.

use super::{FileWish, file::FileEntry};
use crate::{
    module::only::{Only, Words},
    requirement::{PackageRequest, RequirementError},
};
use lsrepo_types::{Arch, Family, Os};
use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};

/// A wanted package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "PackageEntry")]
#[schemars(with = "PackageEntry")]
pub enum PackageWish {
    /// from the platform's repositories
    FromRepository {
        /// as the platform's package manager knows it
        name: String,
        /// versions, several side by side; none: the newest. `*` and `?` may stand in them
        versions: Vec<String>,
        /// whether the repository machine itself needs it
        prerequisite: bool,
        /// where
        only: Only,
    },
    /// one that lies in no repository: it is put into ours
    FromUrl(FileWish),
}

impl PackageWish {
    pub(super) fn only(&self) -> &Only {
        match self {
            PackageWish::FromRepository { only, .. } => only,
            PackageWish::FromUrl(file) => &file.only,
        }
    }

    /// What the package manager of `family` would be asked for: `name=version` of apt, `name-version` of dnf and yum.
    pub(super) fn requests(&self, family: Family) -> Vec<PackageRequest> {
        let PackageWish::FromRepository { name, versions, .. } = self else { return Vec::new() };
        // What they say was read as a request before.
        requests(name, versions, family).filter_map(Result::ok).collect()
    }
}

fn requests<'a>(
    name: &'a str,
    versions: &'a [String],
    family: Family,
) -> impl Iterator<Item = Result<PackageRequest, RequirementError>> + 'a {
    let plain = versions.is_empty().then(|| name.parse());
    let joint = match family {
        Family::Debian => '=',
        Family::RedHat => '-',
    };
    plain.into_iter().chain(versions.iter().map(move |version| format!("{name}{joint}{version}").parse()))
}

/// A package: `name`, maybe with versions; or `url`, as for a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Package")]
pub(super) struct PackageEntry {
    /// name in the platform's repositories
    name: Option<String>,
    /// a version, or several side by side; `*` and `?` may stand in them
    version: Option<Words>,
    /// the repository machine itself needs it
    #[serde(default)]
    prerequisite: bool,
    /// address of a package that lies in no repository; `{arch:A|B}` is A on x86_64 and B on arm64
    url: Option<String>,
    /// other addresses of the same bytes
    #[serde(default)]
    mirrors: Vec<String>,
    /// of the file, one for all architectures or one for each
    sha256: Option<super::file::Sha256>,
    /// where its digest is published
    checksums: Option<super::file::ChecksumsEntry>,
    /// never good enough: refused with what to do instead
    #[schemars(skip)]
    allow_mismatch: Option<IgnoredAny>,
    /// only on these: `debian-12`
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    os: Vec<Os>,
    /// only on these: `debian` or `redhat`
    #[schemars(with = "Option<String>")]
    os_family: Option<Family>,
    /// only on these: `x86_64`, `arm64`
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    arch: Vec<Arch>,
}

impl TryFrom<PackageEntry> for PackageWish {
    type Error = String;

    fn try_from(entry: PackageEntry) -> Result<Self, String> {
        let PackageEntry { name, version, prerequisite, url, os, os_family, arch, mirrors, sha256, checksums, allow_mismatch } =
            entry;
        match (name, url) {
            (Some(_), Some(_)) | (None, None) => Err("a package has either a `name` or a `url`".to_owned()),
            (None, Some(_)) if version.is_some() || prerequisite => {
                Err("a package by `url` has no `version` and is no `prerequisite`: it is what its address gives".to_owned())
            }
            (None, Some(url)) => {
                let file =
                    FileEntry { url, name: None, folder: None, mirrors, sha256, checksums, allow_mismatch, os, os_family, arch };
                let file = FileWish::try_from(file)?;
                for arch in Arch::ALL {
                    let name = file.request(arch).name;
                    if !name.ends_with(".deb") && !name.ends_with(".rpm") {
                        return Err(format!("`{name}` is no package: its name ends neither in .deb nor in .rpm"));
                    }
                }
                Ok(PackageWish::FromUrl(file))
            }
            (Some(_), None) if sha256.is_some() || checksums.is_some() || !mirrors.is_empty() || allow_mismatch.is_some() => {
                Err("only a package by `url` has `mirrors`, `sha256` and `checksums`; others are checked by their repository"
                    .to_owned())
            }
            (Some(name), None) => {
                let versions = version.map(Words::into_vec).unwrap_or_default();
                let named = |text: &String| text.parse::<PackageRequest>().map_err(|error| error.to_string());
                named(&name)?;
                for family in [Family::Debian, Family::RedHat] {
                    requests(&name, &versions, family)
                        .try_for_each(|request| request.map(|_| ()).map_err(|error| error.to_string()))?;
                }
                if let Some(wrong) = versions.iter().find(|version| version.is_empty() || version.contains([' ', '=', '<', '>'])) {
                    return Err(format!("`{wrong}` is not a version of a package"));
                }
                Ok(PackageWish::FromRepository { name, versions, prerequisite, only: Only { os, os_family, arch } })
            }
        }
    }
}
