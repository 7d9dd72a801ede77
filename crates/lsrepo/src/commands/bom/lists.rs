//! `lsrepo bom import`: the requirement lists that users of LambdaStack and Epiphany have, in our form.

use crate::{cli::ImportListsArgs, context::Context, failure::Hint, wanted};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    origin::{self, Texts},
    requirements_file,
};
use lsrepo_types::Arch;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub(super) fn import(context: &Context, args: &ImportListsArgs) -> Result<()> {
    let features = args.manifest.as_deref().map(wanted::of_cluster).transpose()?;
    let features: Option<BTreeSet<String>> = features.map(|all| all.into_iter().map(|(module, _)| module.to_string()).collect());
    let mut found = plain_lists(&args.folder)?;
    found.extend(yaml_lists(&args.folder, features.as_ref())?);
    if found.is_empty() {
        bail!(
            "{}: there is no requirement list\nhint: name the folder download-requirements, with <os>/requirements.<arch>.txt or requirements/<arch>/… in it",
            args.folder.display()
        );
    }
    for (os, arch, text) in found {
        let file = args.output.join(format!("{os}/requirements_{arch}.txt"));
        super::save(&file, &text)?;
        context.progress.note(&file.display().to_string());
    }
    Ok(())
}

/// `<os>/requirements.<arch>.txt`
fn plain_lists(folder: &Path) -> Result<Vec<(String, Arch, String)>> {
    let mut found = Vec::new();
    for os in folders(folder)? {
        for file in entries(&os)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let arch =
                name.strip_prefix("requirements.").and_then(|rest| rest.strip_suffix(".txt")).and_then(|arch| arch.parse().ok());
            let Some(arch) = arch else { continue };
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let wishes = requirements_file::parse(&text, &file.display().to_string())?;
            found.push((last(&os), arch, wishes.to_string()));
        }
    }
    Ok(found)
}

/// `requirements/<arch>/<family>/<distribution>/packages.yml`, and what stands above it
fn yaml_lists(folder: &Path, features: Option<&BTreeSet<String>>) -> Result<Vec<(String, Arch, String)>> {
    let top = if folder.join("requirements").is_dir() { folder.join("requirements") } else { folder.to_owned() };
    let mut found = Vec::new();
    for arch_folder in folders(&top)? {
        let Ok(arch) = last(&arch_folder).parse::<Arch>() else { continue };
        for family in folders(&arch_folder)? {
            for distribution in folders(&family)? {
                let texts = Texts {
                    packages: texts(&[family.join("packages.yml"), distribution.join("packages.yml")])?,
                    files: texts(&[distribution.join("files.yml"), arch_folder.join("files.yml")])?,
                    images: texts(&[arch_folder.join("images.yml")])?,
                    dashboards: texts(&[top.join("grafana-dashboards.yml")])?,
                };
                let wishes = origin::read(&texts, features)?;
                found.push((last(&distribution), arch, wishes.to_string()));
            }
        }
    }
    Ok(found)
}

/// Those of the files that are there.
fn texts(files: &[PathBuf]) -> Result<Vec<(String, String)>> {
    let there = files.iter().filter(|file| file.is_file());
    there
        .map(|file| Ok((file.display().to_string(), fs::read_to_string(file).with_context(|| file.display().to_string())?)))
        .collect()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let all = fs::read_dir(folder).with_context(|| folder.display().to_string()).hint("name a folder")?;
    let mut all = all.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    all.sort();
    Ok(all)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn last(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
