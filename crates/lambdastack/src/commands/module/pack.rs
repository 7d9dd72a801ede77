//! `lambdastack module pack`: a module as an archive that registries take.

use super::{Context, Looked};
use crate::{
    failure::{self, unsatisfied},
    module::{self, Catalogue, Files, Manifest, artifact},
    output::{self, Format},
};
use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use std::{fs, path::Path};

/// What was written.
#[derive(Serialize)]
struct Written {
    file: String,
    name: String,
    version: String,
    /// of the manifest: what a registry calls it
    digest: String,
    size_bytes: usize,
}

pub(super) fn run(context: &Context, folder: &Path, out: &Path, format: Format) -> Result<()> {
    let Looked { folder: whole, name, files, mut known, misfits } = Looked::at(context, folder)?;
    if !misfits.is_empty() {
        return Err(failure::misfits(&misfits));
    }
    let into = fs::canonicalize(out.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    if into.with_context(|| out.display().to_string())?.starts_with(&whole) {
        bail!("{} would be a part of the module itself\nhint: name a file elsewhere", out.display());
    }
    let program = Catalogue::embedded().map_err(super::of_catalogue)?.shared;
    let (source, prefix) = (files.source(&name, "module.yml"), folder.display().to_string());
    let manifest = source.and_then(|source| Manifest::parse(&source).0).context(prefix.clone())?;
    let packed = with_shared(&manifest, &files, &known.shared, &program);
    // a role that comes along is looked at as any of the module's own
    known.shared = program;
    let misfits = module::check(&name, "", &packed, &known);
    if !misfits.is_empty() {
        return Err(failure::misfits(&misfits)).context("with the roles that it shares");
    }
    let archive = artifact::write(&manifest, &packed).map_err(|error| unsatisfied(format!("{prefix}: {error}")))?;
    write(out, &archive.bytes).with_context(|| out.display().to_string())?;
    let written = Written {
        file: out.display().to_string(),
        name,
        version: manifest.version.to_string(),
        digest: archive.digest.to_string(),
        size_bytes: archive.bytes.len(),
    };
    output::print(format, &written, |one| format!("{}: {} {} {}\n", one.file, one.name, one.version, one.digest))
}

/// The files of the module, with the shared roles that it takes as its own; those that every lambdastack has are left there.
fn with_shared(manifest: &Manifest, files: &Files, shared: &Files, program: &Files) -> Files {
    let mut all = files.clone();
    for role in &manifest.roles {
        let of = |files: &Files| -> Vec<(String, Vec<u8>)> {
            let is_of = |path: &str| path.strip_prefix(role.as_str()).is_some_and(|rest| rest.starts_with('/'));
            files.0.iter().filter(|(path, _)| is_of(path)).map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
        };
        let own = files.below("roles").contains(&role.as_str());
        if !own && of(shared) != of(program) {
            all.0.extend(of(shared).into_iter().map(|(path, bytes)| (format!("roles/{path}"), bytes)));
        }
    }
    all
}

/// What is there is all of the old file, or all of the new one.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = fs::write(&part, bytes).and_then(|()| fs::File::open(&part)?.sync_all()).and_then(|()| fs::rename(&part, path));
    written.inspect_err(|_| drop(fs::remove_file(&part)))
}
