//! What is wanted, for which platforms: flags, modules, requirement files, or what a lock was asked.

use crate::{cli::Selection, failure::Hint, host, upstreams::yum};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    ImageRequirement, Lock, Module, ModuleName, Requirement, embedded,
    lock::Asked,
    requirements_file::{self, RequirementsFile},
};
use lsrepo_oci::Reference;
use lsrepo_rpm::Repomd;
use lsrepo_types::{Arch, Digest, Family, Os, Platform, nearest};
use std::{fs, path::Path};

/// The largest list of packages of a base, plain.
const MOST_PRIMARY: u64 = 1 << 30;

/// The module that is prepared where nothing was chosen.
const DEFAULT_MODULE: &str = "tools";

/// The OS of repositories of RPM packages of which nothing else is known.
const UNKNOWN_RPM_OS: &str = "rpm-0";

/// One platform and what is asked of it.
pub(crate) struct Wanted {
    pub(crate) platform: Platform,
    pub(crate) asked: Asked,
    /// what `--base` names, where `asked.base` is its digest
    pub(crate) base: Option<BaseGiven>,
}

/// What a host has, told by somebody.
#[derive(Clone, Debug)]
pub(crate) enum BaseGiven {
    /// a dpkg status file, what `rpm -qa` prints, or a list of names
    Text(String),
    /// a folder with `repodata/`: everything in it
    Folder {
        /// plain
        primary: Vec<u8>,
    },
}

impl BaseGiven {
    /// The text of a file.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            BaseGiven::Text(text) => Some(text),
            BaseGiven::Folder { .. } => None,
        }
    }
}

/// What the flags ask for; where they say nothing, what `lock` was asked; where there is none, the default set.
///
/// `sources` are those of the command line: of which kind they are tells the family where no OS is named.
pub(crate) fn gather(selection: &Selection, sources: &[String], lock: Option<&Lock>) -> Result<Vec<Wanted>> {
    match lock {
        Some(lock) if selection.is_empty() && !lock.platforms.is_empty() => {
            lock.platforms.iter().map(|part| from_lock(&part.name, &part.asked)).collect()
        }
        _ => platforms(selection, sources)?.into_iter().map(|platform| from_flags(selection, platform)).collect(),
    }
}

fn from_lock(platform: &Platform, asked: &Asked) -> Result<Wanted> {
    Ok(Wanted { platform: platform.clone(), asked: asked.clone(), base: None })
}

/// Every pair of the chosen OSes and architectures.
pub(crate) fn platforms(selection: &Selection, sources: &[String]) -> Result<Vec<Platform>> {
    let oses: Vec<Os> = if selection.os.is_empty() { vec![default_os(sources)?] } else { selection.os.clone() };
    let arches: Vec<Arch> = if selection.arch.is_empty() { vec![host::arch()?] } else { selection.arch.clone() };
    let mut all = Vec::new();
    for os in &oses {
        for &arch in &arches {
            let platform = Platform { os: os.clone(), arch };
            if !all.contains(&platform) {
                all.push(platform);
            }
        }
    }
    Ok(all)
}

/// This machine's OS; where all sources are of the other kind, an OS of which nothing is known but that.
fn default_os(sources: &[String]) -> Result<Os> {
    let rpm = !sources.is_empty() && sources.iter().all(|line| yum::is_source(line));
    match host::os() {
        Ok(os) if rpm && os.family() == Family::Debian => Ok(UNKNOWN_RPM_OS.parse()?),
        Err(_) if rpm => Ok(UNKNOWN_RPM_OS.parse()?),
        other => other,
    }
}

fn from_flags(selection: &Selection, platform: Platform) -> Result<Wanted> {
    let mut requirements: Vec<Requirement> = Vec::new();
    let own = ModuleName::command_line();
    let mut images: Vec<ImageRequirement> = Vec::new();
    images.extend(selection.images.iter().map(|image| ImageRequirement { module: own.clone(), image: image.to_string() }));
    requirements.extend(selection.packages.iter().map(|package| Requirement { module: own.clone(), package: package.clone() }));
    for path in &selection.requirements {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| name.clone())?;
        let RequirementsFile { packages, prerequisites, files, images: listed } = requirements_file::parse(&text, &name)?;
        if !files.is_empty() {
            bail!(
                "{name}: its section [files] cannot be carried by this version\nhint: remove it, or keep it in a file of its own"
            );
        }
        for image in listed {
            images.push(ImageRequirement { module: own.clone(), image: written_out(&image).with_context(|| name.clone())? });
        }
        let wishes = prerequisites.into_iter().chain(packages);
        requirements.extend(wishes.map(|package| Requirement { module: own.clone(), package }));
    }
    let nothing_named = requirements.is_empty() && images.is_empty() && selection.modules.is_empty();
    let default = nothing_named.then(|| DEFAULT_MODULE.parse()).transpose()?;
    for name in selection.modules.iter().chain(&default) {
        let module = module(name)?;
        if !module.supports(platform.arch) {
            bail!("the module `{name}` does not support {}", platform.arch);
        }
        requirements.extend(module.packages_for(&platform));
        for image in module.images_for(&platform) {
            images.push(ImageRequirement { module: name.clone(), image: written_out(&image)? });
        }
    }
    requirements.sort();
    requirements.dedup();
    images.sort();
    images.dedup();
    let (base, given) = base(selection.base.as_deref())?;
    let mut exclude = selection.exclude.clone();
    exclude.sort();
    let asked = Asked {
        base,
        recommends: selection.with_recommends,
        suggests: selection.with_suggests,
        exclude,
        streams: selection.module_streams.clone(),
        any_version: selection.no_best,
        requirements,
        images,
        all_platforms: selection.all_platforms,
        no_referrers: selection.no_referrers,
        foreign_layers: selection.foreign_layers,
    };
    Ok(Wanted { platform, asked, base: given })
}

/// An image's name with all that people leave out.
fn written_out(image: &str) -> Result<String> {
    Ok(image.parse::<Reference>()?.to_string())
}

/// The module of that name in the embedded BOM.
fn module(name: &ModuleName) -> Result<Module> {
    let known = embedded::modules()?;
    if let Some(found) = known.iter().find(|module| module.name == *name) {
        return Ok(found.clone());
    }
    let names: Vec<&str> = known.iter().map(|module| module.name.as_str()).collect();
    let near = nearest(name.as_str(), names.iter().copied());
    bail!(
        "there is no module `{name}` (there are: {}){}",
        names.join(", "),
        near.map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?"))
    )
}

/// The word that stands in the lock for a base, and what it is where it is somebody's file or folder.
fn base(word: Option<&str>) -> Result<(String, Option<BaseGiven>)> {
    match word {
        None | Some("minbase") => Ok(("minbase".to_owned(), None)),
        Some("none") => Ok(("none".to_owned(), None)),
        Some(folder) if Path::new(folder).join("repodata/repomd.xml").is_file() => {
            let primary = primary_in(Path::new(folder)).with_context(|| format!("base `{folder}`"))?;
            Ok((format!("file:{}", Digest::of(&primary)), Some(BaseGiven::Folder { primary })))
        }
        Some(file) => {
            let hint = match nearest(file, ["none", "minbase"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a dpkg status file, a list of packages, a folder with repodata, `none` or `minbase`".to_owned(),
            };
            let text = fs::read_to_string(file).with_context(|| format!("base `{file}`")).hint(&hint)?;
            Ok((format!("file:{}", Digest::of(text.as_bytes())), Some(BaseGiven::Text(text))))
        }
    }
}

/// The plain list of packages of a repository on the disk.
fn primary_in(folder: &Path) -> Result<Vec<u8>> {
    let repomd = Repomd::parse(&fs::read(folder.join("repodata/repomd.xml"))?[..])?;
    let record = repomd.record("primary").context("its repomd.xml lists no primary")?;
    let packed = fs::read(folder.join(record.location.as_str())).with_context(|| record.location.to_string())?;
    lsrepo_fetch::unpacked(&packed, MOST_PRIMARY).map_err(|why| anyhow::anyhow!("{}: {why}", record.location))
}
