//! What is wanted, for which platforms: flags, modules, requirement files, or what a lock was asked.

use crate::{cli::Selection, failure::Hint, host};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    Lock, Module, ModuleName, Requirement, embedded,
    lock::Asked,
    requirements_file::{self, RequirementsFile},
};
use lsrepo_types::{Arch, Digest, Os, Platform, nearest};
use std::fs;

/// The module that is prepared where nothing was chosen.
const DEFAULT_MODULE: &str = "tools";

/// One platform and what is asked of it.
pub(crate) struct Wanted {
    pub(crate) platform: Platform,
    pub(crate) asked: Asked,
    /// the text of the base file, where `asked.base` is a file's digest
    pub(crate) base_text: Option<String>,
}

/// What the flags ask for; where they say nothing, what `lock` was asked; where there is none, the default set.
pub(crate) fn gather(selection: &Selection, lock: Option<&Lock>) -> Result<Vec<Wanted>> {
    match lock {
        Some(lock) if selection.is_empty() && !lock.platforms.is_empty() => {
            lock.platforms.iter().map(|part| from_lock(&part.name, &part.asked)).collect()
        }
        _ => platforms(selection)?.into_iter().map(|platform| from_flags(selection, platform)).collect(),
    }
}

fn from_lock(platform: &Platform, asked: &Asked) -> Result<Wanted> {
    Ok(Wanted { platform: platform.clone(), asked: asked.clone(), base_text: None })
}

/// Every pair of the chosen OSes and architectures.
pub(crate) fn platforms(selection: &Selection) -> Result<Vec<Platform>> {
    let oses: Vec<Os> = if selection.os.is_empty() { vec![host::os()?] } else { selection.os.clone() };
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

fn from_flags(selection: &Selection, platform: Platform) -> Result<Wanted> {
    let mut requirements: Vec<Requirement> = Vec::new();
    let own = ModuleName::command_line();
    requirements.extend(selection.packages.iter().map(|package| Requirement { module: own.clone(), package: package.clone() }));
    for path in &selection.requirements {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| name.clone())?;
        let RequirementsFile { packages, prerequisites, files, images } = requirements_file::parse(&text, &name)?;
        if !files.is_empty() || !images.is_empty() {
            bail!(
                "{name}: sections [files] and [images] cannot be carried by this version\nhint: remove them, or keep them in a file of their own"
            );
        }
        let wishes = prerequisites.into_iter().chain(packages);
        requirements.extend(wishes.map(|package| Requirement { module: own.clone(), package }));
    }
    let nothing_named = requirements.is_empty() && selection.modules.is_empty();
    let default = nothing_named.then(|| DEFAULT_MODULE.parse()).transpose()?;
    for name in selection.modules.iter().chain(&default) {
        let module = module(name)?;
        if !module.supports(platform.arch) {
            bail!("the module `{name}` does not support {}", platform.arch);
        }
        requirements.extend(module.packages_for(&platform));
    }
    requirements.sort();
    requirements.dedup();
    let (base, base_text) = base(selection.base.as_deref())?;
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
    };
    Ok(Wanted { platform, asked, base_text })
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

/// The word that stands in the lock for a base, and its text where it is a file.
fn base(word: Option<&str>) -> Result<(String, Option<String>)> {
    match word {
        None | Some("minbase") => Ok(("minbase".to_owned(), None)),
        Some("none") => Ok(("none".to_owned(), None)),
        Some(file) => {
            let hint = match nearest(file, ["none", "minbase"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a dpkg status file, a list of names, `none` or `minbase`".to_owned(),
            };
            let text = fs::read_to_string(file).with_context(|| format!("base `{file}`")).hint(&hint)?;
            Ok((format!("file:{}", Digest::of(text.as_bytes())), Some(text)))
        }
    }
}
