//! What is wanted, for which platforms: flags, modules, requirement files, or what a lock was asked.

mod modules;

use crate::{
    cli::{Kind, Selection},
    context::Context,
    failure::Hint,
    host,
    upstreams::yum,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    FileKind, FileRequest, FileRequirement, ImageRequirement, Lock, ModuleName, Requirement, WishList, chart::ChartRequirement,
    lock::Asked, requirements_file, selection::Reason,
};
use lsrepo_oci::Reference;
use lsrepo_rpm::Repomd;
use lsrepo_types::{Arch, Digest, Family, Os, Platform, nearest};
pub(crate) use modules::{Chosen, known, of_cluster};
use std::{fs, path::Path};

/// The largest list of packages of a base, plain.
const MOST_PRIMARY: u64 = 1 << 30;

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
pub(crate) fn gather(context: &Context, selection: &Selection, sources: &[String], lock: Option<&Lock>) -> Result<Vec<Wanted>> {
    match lock {
        Some(lock) if selection.is_empty() && !lock.platforms.is_empty() => {
            lock.platforms.iter().map(|part| from_lock(&part.name, &part.asked)).collect()
        }
        _ => chosen(context, selection, sources, &Chosen::of(selection)?),
    }
}

/// What the flags ask for, where it is known already which modules they mean.
pub(crate) fn chosen(context: &Context, selection: &Selection, sources: &[String], chosen: &Chosen) -> Result<Vec<Wanted>> {
    chosen.notes().iter().for_each(|note| context.progress.note(note));
    let own = of_flags(selection)?;
    let mut all = Vec::new();
    for platform in platforms(selection, sources)? {
        let mut wishes = own.clone();
        for (module, reason) in chosen.modules() {
            match (module.supports(platform.arch), reason) {
                (true, _) => wishes.add(&module.name, module.wishes_for(&platform), &selection.without)?,
                (false, Reason::Named) => bail!("the module `{}` does not support {}", module.name, platform.arch),
                (false, reason) => context.progress.note(&format!(
                    "{platform}: the module {} ({reason}) does not support {}, and is left out",
                    module.name, platform.arch
                )),
            }
        }
        all.push(asked(selection, platform, wishes)?);
    }
    Ok(all)
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

/// What the command line names itself, and the requirements files that it names.
fn of_flags(selection: &Selection) -> Result<Wishes> {
    let own = ModuleName::command_line();
    let mut wishes = Wishes::default();
    let named = WishList {
        packages: selection.packages.clone(),
        files: selection.files.iter().map(|text| file(text)).collect::<Result<_>>()?,
        images: selection.images.iter().map(ToString::to_string).collect(),
        charts: selection.charts.clone(),
        ..WishList::default()
    };
    wishes.add(&own, named, &[])?;
    for path in &selection.requirements {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| name.clone())?;
        wishes.add(&own, requirements_file::parse(&text, &name)?, &[]).with_context(|| name)?;
    }
    Ok(wishes)
}

fn asked(selection: &Selection, platform: Platform, wishes: Wishes) -> Result<Wanted> {
    let Wishes { mut requirements, mut images, mut files, mut charts } = wishes;
    each_once(&mut requirements);
    each_once(&mut images);
    each_once(&mut files);
    each_once(&mut charts);
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
        files,
        charts,
        all_platforms: selection.all_platforms,
        no_referrers: selection.no_referrers,
        foreign_layers: selection.foreign_layers,
    };
    Ok(Wanted { platform, asked, base: given })
}

fn each_once<T: Ord>(list: &mut Vec<T>) {
    list.sort();
    list.dedup();
}

/// Wishes of all kinds, with who has each.
#[derive(Clone, Default)]
struct Wishes {
    requirements: Vec<Requirement>,
    images: Vec<ImageRequirement>,
    files: Vec<FileRequirement>,
    charts: Vec<ChartRequirement>,
}

impl Wishes {
    /// Adds what `module` wants, but for these kinds.
    fn add(&mut self, module: &ModuleName, list: WishList, without: &[Kind]) -> Result<()> {
        let WishList { prerequisites, packages, package_files, files, images, charts } = list;
        let with = |kind: Kind| !without.contains(&kind);
        let own = || module.clone();
        let file = |kind: FileKind| move |file: FileRequest| FileRequirement { module: module.clone(), kind, file };
        if with(Kind::Packages) {
            let packages = prerequisites.into_iter().chain(packages);
            self.requirements.extend(packages.map(|package| Requirement { module: own(), package }));
            self.files.extend(package_files.into_iter().map(file(FileKind::Package)));
        }
        if with(Kind::Files) {
            self.files.extend(files.into_iter().map(file(FileKind::File)));
            self.charts.extend(charts.into_iter().map(|chart| ChartRequirement { module: own(), chart }));
        }
        for image in images.iter().filter(|_| with(Kind::Images)) {
            self.images.push(ImageRequirement { module: own(), image: written_out(image)? });
        }
        Ok(())
    }
}

/// A file that was named: `URL [NAME] [sha256:HEX]`, or a path in place of the URL.
fn file(text: &str) -> Result<FileRequest> {
    let (place, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    if place.contains("://") {
        return Ok(text.parse()?);
    }
    let path = fs::canonicalize(place).with_context(|| place.to_owned()).hint("name a file, or an address: https://…")?;
    Ok(format!("file://{} {rest}", path.display()).parse()?)
}

/// An image's name with all that people leave out.
pub(crate) fn written_out(image: &str) -> Result<String> {
    Ok(image.parse::<Reference>()?.to_string())
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
