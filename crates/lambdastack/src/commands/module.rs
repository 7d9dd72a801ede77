//! `lambdastack module`: what modules say, and whether it is true; and modules as artifacts.

mod pack;

use super::{Context, of_catalogue};
use crate::{
    cli::ModuleCommand,
    failure::{self, unsatisfied},
    module::{self, Catalogue, Files, Manifest, Method, Module, Shelf},
    output::{self, Format},
    schema,
    source::unknown,
};
use anyhow::{Context as _, Result};
use lsrepo_bom::{Misfit, ModuleName, module::Rule};
use serde::Serialize;
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

pub(super) fn run(context: &Context, command: &ModuleCommand) -> Result<u8> {
    match command {
        ModuleCommand::List { output } => list(&context.catalogue()?, *output)?,
        ModuleCommand::Show { name, output } => show(&context.catalogue()?, name, *output)?,
        ModuleCommand::Check { paths } => check(context, paths)?,
        ModuleCommand::Pack { folder, out, output } => pack::run(context, folder, out, *output)?,
    }
    Ok(0)
}

/// What is printed of a module.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a ModuleName,
    version: String,
    summary: &'a str,
    labels: &'a BTreeMap<String, String>,
    strong: Vec<String>,
    weak: Vec<String>,
    influences: Vec<String>,
    supported_os: Vec<String>,
    methods: &'a BTreeSet<Method>,
    roles: &'a [String],
    health: Vec<&'a str>,
    from: String,
}

impl<'a> Shown<'a> {
    fn new(module: &'a Module) -> Self {
        let Manifest { name, version, summary, labels, requires, influences, supported_os, methods, roles, health, .. } =
            &module.manifest;
        let told = |rules: &[Rule]| rules.iter().map(ToString::to_string).collect();
        Self {
            name,
            version: version.to_string(),
            summary,
            labels,
            strong: told(&requires.strong),
            weak: told(&requires.weak),
            influences: told(influences),
            supported_os: supported_os.iter().map(ToString::to_string).collect(),
            methods,
            roles,
            health: health.iter().map(|check| check.name.as_str()).collect(),
            from: module.origin.to_string(),
        }
    }
}

fn list(modules: &Catalogue, format: Format) -> Result<()> {
    let all: Vec<Shown<'_>> = modules.iter().map(Shown::new).collect();
    output::print(format, &all, |all| {
        all.iter().map(|one| format!("{:<24} {:<8} {}\n", one.name, one.version, one.summary)).collect()
    })
}

fn show(modules: &Catalogue, name: &str, format: Format) -> Result<()> {
    let found = name.parse().ok().and_then(|name: ModuleName| modules.get(&name));
    let module = found.ok_or_else(|| unsatisfied(unknown("module", name, modules.names().map(ModuleName::as_str))))?;
    output::print(format, &Shown::new(module), |one| {
        let mut text = format!("{} {}: {}\n", one.name, one.version, one.summary);
        let methods: Vec<&str> = one.methods.iter().map(|method| method.word()).collect();
        let labels: Vec<String> = one.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let lines = [
            ("labels", labels),
            ("requires", one.strong.clone()),
            ("would like", one.weak.clone()),
            ("influences", one.influences.clone()),
            ("runs on", one.supported_os.clone()),
            ("methods", methods.into_iter().map(str::to_owned).collect()),
            ("health", one.health.iter().map(|&name| name.to_owned()).collect()),
            ("from", vec![one.from.clone()]),
        ];
        for (word, values) in lines.iter().filter(|(_, values)| !values.is_empty()) {
            text += &format!("{word}: {}\n", values.join(", "));
        }
        let (configuration, returns) = (module.manifest.configuration.fields(), module.manifest.returns.fields());
        text + "configuration:\n" + &schema::template(configuration, &Json::Null, 1) + "returns:\n" + &schema::description(returns)
    })
}

fn check(context: &Context, paths: &[PathBuf]) -> Result<()> {
    let mut misfits = Vec::new();
    for path in paths {
        let found = match Shelf::of(path) {
            Shelf::Folder(folder) => Looked::at(context, &folder)?.misfits,
            Shelf::Layout(layout, _) => artifacts(context, path, &layout)?,
        };
        if found.is_empty() {
            context.note(&format!("{}: is what it claims to be", path.display()));
        }
        misfits.extend(found);
    }
    if misfits.is_empty() { Ok(()) } else { Err(failure::misfits(&misfits)) }
}

/// All that is wrong with the modules of an image layout.
fn artifacts(context: &Context, named: &Path, layout: &Path) -> Result<Vec<Misfit>> {
    let (mut all, mut known) = (Catalogue::default(), context.catalogue()?);
    all.add(named).map_err(of_catalogue)?;
    all.iter().cloned().for_each(|module| known.insert(module));
    let prefix = layout.display().to_string();
    Ok(all.iter().flat_map(|one| module::check(one.manifest.name.as_str(), &prefix, &one.files, &known)).collect())
}

/// A module in a folder, and all that is wrong with it.
struct Looked {
    /// the whole path of the folder
    folder: PathBuf,
    /// that of the folder, and of the module where it does not lie
    name: String,
    files: Files,
    /// what is known beside it, and the roles that it may share
    known: Catalogue,
    misfits: Vec<Misfit>,
}

impl Looked {
    fn at(context: &Context, named: &Path) -> Result<Self> {
        let folder = fs::canonicalize(named).with_context(|| named.display().to_string())?;
        let files = Files::load(&folder).with_context(|| named.display().to_string())?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut known = context.catalogue()?;
        neighbours(&mut known, &folder);
        let shown = named.components().collect::<PathBuf>();
        let prefix = shown.parent().filter(|_| shown.ends_with(&name)).unwrap_or(Path::new("")).display().to_string();
        let misfits = module::check(&name, &prefix, &files, &known);
        Ok(Self { folder, name, files, known, misfits })
    }
}

/// The modules beside it that can be read, and the roles that they share. What is wrong with those is not asked.
fn neighbours(catalogue: &mut Catalogue, folder: &Path) {
    let mut beside = Catalogue::default();
    if let Some(parent) = folder.parent()
        && beside.add(parent).is_ok()
    {
        beside.iter().cloned().for_each(|module| catalogue.insert(module));
        catalogue.shared.0.extend(beside.shared.0);
    }
}
