//! Which modules of the BOM are wanted: named ones, those of a cluster, or all.

use crate::cli::Selection;
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    Module, ModuleName,
    cluster::Cluster,
    embedded,
    selection::{self, Reason, Selected},
};
use std::{fs, path::Path};

/// Modules that were chosen, out of all that are known.
pub(crate) struct Chosen {
    known: Vec<Module>,
    selected: Selected,
}

impl Chosen {
    /// What the flags choose. Where they name nothing at all, everything is wanted.
    pub(crate) fn of(flags: &Selection) -> Result<Self> {
        let known = known(&flags.bom)?;
        let mut wanted: Vec<(ModuleName, Reason)> = flags.modules.iter().map(|name| (name.clone(), Reason::Named)).collect();
        if let Some(file) = &flags.cluster {
            wanted.extend(of_cluster(file)?.into_iter().map(|(module, component)| (module, Reason::Component(component))));
        }
        let named = !flags.packages.is_empty()
            || !flags.images.is_empty()
            || !flags.files.is_empty()
            || !flags.charts.is_empty()
            || !flags.requirements.is_empty()
            || !flags.modules.is_empty()
            || flags.cluster.is_some();
        if flags.all || !named {
            wanted.extend(known.iter().map(|module| (module.name.clone(), Reason::All)));
        }
        let selected = selection::select(&known, wanted)?;
        Ok(Self { known, selected })
    }

    /// The modules, sorted by name, and why each is taken.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&Module, &Reason)> {
        self.known.iter().filter_map(|module| Some((module, self.selected.modules.get(&module.name)?)))
    }

    /// What to say of the choice: who came along and why, and what could.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let along = self.selected.modules.iter().filter(|(_, reason)| matches!(reason, Reason::RequiredBy(_)));
        let along: Vec<String> = along.map(|(name, reason)| format!("{name} ({reason})")).collect();
        if !along.is_empty() {
            notes.push(format!("taken along: {}", along.join(", ")));
        }
        let offered: Vec<&str> = self.selected.offered.keys().map(ModuleName::as_str).collect();
        if !offered.is_empty() {
            notes.push(format!("would go with it: {} (--module NAME takes one along)", offered.join(", ")));
        }
        notes
    }
}

/// The modules of lsrepo, with those of `folders` beside them or in their place; sorted by name.
pub(crate) fn known(folders: &[impl AsRef<Path>]) -> Result<Vec<Module>> {
    let mut known = embedded::modules()?;
    for folder in folders {
        let folder = folder.as_ref();
        let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "yml" || extension == "yaml"));
        files.sort();
        for file in files {
            let name = file.display().to_string();
            let module = Module::parse(&fs::read_to_string(&file).with_context(|| name.clone())?, &name)?;
            known.retain(|other| other.name != module.name);
            known.push(module);
        }
    }
    known.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(known)
}

/// The modules that a cluster takes, and the component that each belongs to.
pub(crate) fn of_cluster(file: &Path) -> Result<Vec<(ModuleName, String)>> {
    let name = file.display().to_string();
    let cluster = Cluster::parse(&fs::read_to_string(file).with_context(|| name.clone())?, &name)?;
    let components = cluster.modules(&embedded::components()?).map_err(|why| anyhow::anyhow!("{name}: {why}"))?;
    let of = |(component, modules): (String, Vec<ModuleName>)| modules.into_iter().map(move |module| (module, component.clone()));
    Ok(components.into_iter().flat_map(of).collect())
}
