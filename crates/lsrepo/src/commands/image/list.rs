//! `lsrepo image list`

use crate::{
    context::Context,
    output::{Format, print},
    stored_images::{self, StoredImage},
};
use anyhow::Result;
use lsrepo_oci::{AnyDigest, Descriptor, MOST_MANIFEST};
use lsrepo_store::Store;
use lsrepo_types::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Row {
    image: String,
    digest: String,
    /// the platforms that are carried whole
    platforms: Vec<String>,
    /// of all that is carried
    bytes: u64,
    referrers: u64,
    prepared_for: Vec<String>,
}

pub(super) fn run(context: &Context, output: Format) -> Result<()> {
    let store = context.store()?;
    let _guard = context.undisturbed(&store)?;
    let rows: Vec<Row> = stored_images::all(&store)?.iter().map(|one| row(&store, one)).collect();
    if rows.is_empty() {
        context.progress.note("there are no images\nhint: `lsrepo prepare --image NAME`, or `lsrepo import BUNDLE`");
    }
    print(output, &rows, |rows| rows.iter().map(text).collect())
}

fn row(store: &Store, StoredImage { image, platforms }: &StoredImage) -> Row {
    let mut read = |one: &Descriptor<AnyDigest>| store.read(&one.digest.sha256()?, MOST_MANIFEST).ok();
    let sizes: BTreeMap<_, _> = image.manifests().chain(image.blobs()).map(|one| (one.digest, one.size)).collect();
    Row {
        image: image.reference.to_string(),
        digest: image.root.digest.to_string(),
        platforms: image.whole_platforms(&mut read).iter().map(ToString::to_string).collect(),
        bytes: sizes.values().sum(),
        referrers: image.referrers.len() as u64,
        prepared_for: platforms.iter().map(ToString::to_string).collect(),
    }
}

fn text(row: &Row) -> String {
    let Row { image, digest, platforms, bytes, referrers, prepared_for } = row;
    let with = match referrers {
        0 => String::new(),
        some => format!(", {some} that refer to it"),
    };
    format!("{image}\n  {digest}\n  {}, {}{with}, for {}\n", platforms.join(" "), Bytes(*bytes), prepared_for.join(" "))
}
