//! `lsrepo export --level archive`: as small as it gets.

use crate::{context::Context, progress::listen::Carrying};
use anyhow::Result;
use lsrepo_bundle::{
    Contents, Options,
    pack::{self, Level, Packs},
};
use lsrepo_oci::Descriptor;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count};

/// What it will come to, and how long it will take here.
pub(super) fn estimate(store: &Store, contents: &Contents, options: &Options, level: Level) -> Result<String> {
    let survey = pack::survey(store, carried(contents, options), level)?;
    let (before, after) = (Bytes(survey.bytes), Bytes(survey.packed));
    let minutes = survey.time.as_secs().div_ceil(60);
    let time = match minutes {
        0 | 1 => "a minute".to_owned(),
        2..120 => format!("{minutes} minutes"),
        _ => format!("{} hours", (minutes + 30) / 60),
    };
    Ok(format!("of {} blobs, {before}, samples come to {after}, in about {time}", Count(survey.blobs)))
}

/// Packs what can be packed, and says what came of it.
pub(super) fn packs(context: &Context, store: &Store, contents: &Contents, options: &Options, level: Level) -> Result<Packs> {
    context.progress.note(&estimate(store, contents, options, level)?);
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

fn carried<'a>(contents: &'a Contents, options: &'a Options) -> impl Iterator<Item = &'a Descriptor> {
    contents.blobs().iter().filter(|one| !options.leaves_out(one))
}
