//! Bundles that stay where they lie: `lsrepo import --register`, `lsrepo bundle`.

use super::{Asked, judge, opened, source, trust};
use crate::{
    cli::BundleCommand,
    context::Context,
    failure::unsatisfied,
    output::print,
    prepared,
    shelves::{self, Registered},
};
use anyhow::{Result, bail};
use lsrepo_bundle::{Archive, Source, bundle_name};
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count};
use std::path::{Path, PathBuf};

/// `lsrepo bundle`
pub(crate) fn run(context: &Context, command: &BundleCommand) -> Result<()> {
    let store = context.own_store()?;
    match command {
        BundleCommand::List { output } => {
            let text = |one: &Registered| {
                let paths: Vec<String> = one.paths.iter().map(|path| path.display().to_string()).collect();
                format!("{}  {}  signed by {}\n", &one.index.hex()[..12], paths.join(" "), one.signer)
            };
            print(*output, &shelves::all(&store)?, |all| all.iter().map(text).collect())
        }
        BundleCommand::Forget { bundle, anyway } => {
            let _guard = context.alone(&store)?;
            let path = PathBuf::from(bundle);
            let path = path.canonicalize().unwrap_or(path);
            let is_meant = |one: &Registered| one.paths.contains(&path) || bundle.len() >= 4 && one.index.hex().starts_with(bundle);
            let meant: Vec<Registered> = shelves::all(&store)?.into_iter().filter(is_meant).collect();
            let [one] = &meant[..] else {
                let found = if meant.is_empty() { "no such bundle is used" } else { "that is the beginning of several" };
                return Err(unsatisfied(format!("`{bundle}`: {found}\nhint: `lsrepo bundle list`")));
            };
            one.remove(&store)?;
            shelves::load(context, &store)?;
            let lost = lost(&store)?;
            if !lost.is_empty() && !anyway {
                one.write(&store)?;
                return Err(unsatisfied(format!(
                    "the store needs this bundle: without it, nothing is whole of {}\nhint: `lsrepo import {}` copies it, or --anyway",
                    lost.join(", "),
                    one.paths.first().map(|path| path.display().to_string()).unwrap_or_default()
                )));
            }
            let snapshot = super::shown_now(context, &store, &format!("bundle forget {}", &one.index.hex()[..12]))?;
            context.progress.note(&format!("snapshot {}: without it", snapshot.number));
            Ok(())
        }
    }
}

/// The store's own sets that are not whole.
fn lost(store: &Store) -> Result<Vec<String>> {
    let mut lost = Vec::new();
    for (name, digest) in store.roots()? {
        let whole =
            prepared::blobs_of(store, &name, &digest)?.iter().all(|blob| store.size_of(blob).is_ok_and(|size| size.is_some()));
        lost.extend((!whole).then_some(name));
    }
    Ok(lost)
}

/// A bundle that the store uses is not written over.
pub(super) fn refuse_to_overwrite(store: &Store, output: &Path) -> Result<()> {
    let dir = output.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Ok(dir), Some(name)) = (dir.canonicalize(), output.file_name().and_then(|name| name.to_str())) else { return Ok(()) };
    let is_meant = |path: &PathBuf| {
        let of = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        path.parent() == Some(&dir) && (of == name || bundle_name(of) == Some(name))
    };
    match shelves::all(store)?.iter().any(|one| one.paths.iter().any(is_meant)) {
        false => Ok(()),
        true => bail!(
            "{0}: the store uses the bundle that lies there\nhint: write another one, or `lsrepo bundle forget {0}` first",
            output.display()
        ),
    }
}

/// Leaves a bundle where it lies, and lets the store look into it.
pub(super) fn register(context: &Context, store: &Store, paths: &[PathBuf], asked: Asked<'_>) -> Result<()> {
    let archive = opened(context, store, paths, asked)?;
    let (count, bytes) = archive.blobs().fold((0, 0), |(count, bytes), (_, size)| (count + 1, bytes + size));
    Registered::of(&archive)?.write(store)?;
    shelves::load(context, store)?;
    let snapshot = super::shown_now(context, store, &super::cause(paths))?;
    context.progress.note(&format!(
        "snapshot {}: {} blobs, {}, used where they lie; each is checked before it is given",
        snapshot.number,
        Count(count),
        Bytes(bytes)
    ));
    Ok(())
}

/// The store gave its blobs to a bundle of its own, and finds them there.
pub(super) fn use_there(context: &Context, store: &Store, files: &[PathBuf]) -> Result<()> {
    let keys = context.trusted()?;
    let archive = judge(Archive::open(&source(files)?, &trust(&keys, true, context.now)), files)?;
    Registered::of(&archive)?.write(store)?;
    context.progress.note("the store finds there what it gave away; `lsrepo bundle forget` ends that");
    shelves::load(context, store)
}

/// What is copied into the store need not be looked for on the media any more.
pub(super) fn unused(context: &Context, store: &Store, source: &Source) -> Result<()> {
    let paths: Vec<PathBuf> = source.paths().filter_map(|path| path.canonicalize().ok()).collect();
    let used: Vec<Registered> = shelves::all(store)?.into_iter().filter(|one| one.paths == paths).collect();
    for one in &used {
        one.remove(store)?;
    }
    if used.is_empty() { Ok(()) } else { shelves::load(context, store) }
}
