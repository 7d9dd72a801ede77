//! `lsrepo export --level archive`: as small as it gets.

use crate::{cli::BundleLevel, context::Context, progress::listen::Carrying};
use anyhow::{Result, bail};
use lsrepo_bundle::{
    Contents, Options,
    pack::{self, Level, Packs, Survey},
};
use lsrepo_oci::Descriptor;
use lsrepo_store::{Store, free_bytes};
use lsrepo_types::{Bytes, Count};
use std::{fs, os::unix::fs::MetadataExt, path::Path, time::Duration};

/// What it will come to, and how long it will take here.
pub(super) fn estimate(store: &Store, contents: &Contents, options: &Options, level: Level) -> Result<String> {
    Ok(text(&pack::survey(store, carried(contents, options), level)?))
}

fn text(survey: &Survey) -> String {
    let (before, after) = (Bytes(survey.bytes), Bytes(survey.packed));
    let minutes = survey.time.as_secs().div_ceil(60);
    let time = match minutes {
        0 | 1 => "a minute".to_owned(),
        2..120 => format!("{minutes} minutes"),
        _ => format!("{} hours", (minutes + 30) / 60),
    };
    format!("of {} blobs, {before}, samples come to {after}, in about {time}", Count(survey.blobs))
}

/// Packs what can be packed, and says what came of it. What is in the way is said before: all of it takes long.
pub(super) fn packs(
    context: &Context,
    store: &Store,
    (contents, options): (&Contents, &Options),
    level: Level,
    output: Option<&Path>,
) -> Result<Packs> {
    store.sweep()?;
    let survey = pack::survey(store, carried(contents, options), level)?;
    context.progress.note(&text(&survey));
    let all: u64 = carried(contents, options).map(|one| one.size).sum();
    refuse_without_room(store, output, &survey, all)?;
    let carrying = Carrying::new(context.progress, "recognise");
    let known = pack::recognise(store, carried(contents, options), &|event| carrying.hear(&event))?;
    carrying.finish();
    let carrying = Carrying::new(context.progress, "pack");
    let packs = pack::pack(store, &known, level, &|event| carrying.hear(&event))?;
    carrying.finish();
    let (count, before, after) = (Count(known.count()), Bytes(known.bytes()), Bytes(packs.size()));
    context.progress.note(&format!("{count} blobs, {before}, packed into {after}"));
    Ok(packs)
}

/// The packs lie in the store until the bundle is written, and then in both.
fn refuse_without_room(store: &Store, output: Option<&Path>, survey: &Survey, all: u64) -> Result<()> {
    let bundle = all - survey.bytes + survey.packed;
    let dir = output.map(|path| path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    let same = |dir: &Path| Ok::<_, std::io::Error>(fs::metadata(dir)?.dev() == fs::metadata(store.root())?.dev());
    let mut places = vec![(store.root(), survey.packed)];
    match dir {
        Some(dir) if same(dir)? => places[0].1 += bundle,
        Some(dir) => places.push((dir, bundle)),
        None => {}
    }
    for (place, needed) in places {
        let free = free_bytes(place)?;
        if free < needed {
            bail!(
                "{}: about {} are needed there, {} are free\nhint: make room, write the bundle to another disk, or try without --level archive",
                place.display(),
                Bytes(needed),
                Bytes(free)
            );
        }
    }
    Ok(())
}

/// The bundle is written: what was packed for it goes.
pub(super) fn forget(store: &Store, level: BundleLevel) -> Result<()> {
    match level {
        BundleLevel::Stored => Ok(()),
        BundleLevel::Archive(_) => Ok(pack::forget(store, Duration::ZERO)?),
    }
}

fn carried<'a>(contents: &'a Contents, options: &'a Options) -> impl Iterator<Item = &'a Descriptor> {
    contents.blobs().iter().filter(|one| !options.leaves_out(one))
}
