//! `lsrepo image export`

use crate::{
    cli::{ImageExportArgs, ImageFormat},
    context::Context,
    failure::{Hint, OrUnsatisfied},
    host,
    progress::listen::Carrying,
    stored_images::{self, StoredImage},
};
use anyhow::Result;
use lsrepo_bundle::{
    Event,
    image_archive::{ArchiveFormat, ArchiveOptions, write, write_to_path},
};
use lsrepo_oci::{AnyDigest, Descriptor, Image, ImagePlatform, MOST_MANIFEST};
use lsrepo_store::Store;
use lsrepo_types::Bytes;
use std::io;

pub(super) fn run(context: &Context, args: &ImageExportArgs) -> Result<()> {
    let store = context.store()?;
    let _guard = context.undisturbed(&store)?;
    let all = stored_images::all(&store)?;
    let chosen = args.images.iter().map(|name| stored_images::find(&all, name)).collect::<Result<Vec<&StoredImage>>>()?;
    let images: Vec<Image> = chosen.into_iter().map(|one| one.image.clone()).collect();
    let (format, platform) = match args.format {
        ImageFormat::Oci => (ArchiveFormat::Oci, args.platform.clone()),
        ImageFormat::DockerArchive => {
            let platform = args.platform.clone().map_or_else(|| usual_platform(&store, &images), Ok)?;
            context
                .progress
                .note(&format!("{platform}; Docker's format forgets the digests of manifests, --format oci keeps them"));
            (ArchiveFormat::Docker, Some(platform))
        }
    };
    let options = ArchiveOptions { format, platform, referrers: args.with_referrers, familiar: false };
    let carrying = Carrying::new(context.progress, "export");
    let on_event = |event: Event<'_>| carrying.hear(&event);
    let summary = match args.output.as_os_str() == "-" {
        true => write(&store, &images, &options, io::stdout().lock(), &on_event),
        false => write_to_path(&store, &images, &options, &args.output, &on_event),
    };
    let summary = summary.or_unsatisfied()?;
    carrying.finish();
    context.progress.note(&format!("{}: {}", args.output.display(), Bytes(summary.size)));
    Ok(())
}

/// The one platform that all images have whole, or this machine's.
fn usual_platform(store: &Store, images: &[Image]) -> Result<ImagePlatform> {
    let mut read = |one: &Descriptor<AnyDigest>| store.read(&one.digest.sha256()?, MOST_MANIFEST).ok();
    let mut whole: Vec<Vec<ImagePlatform>> = images.iter().map(|image| image.whole_platforms(&mut read)).collect();
    whole.dedup();
    match &whole[..] {
        [one] if one.len() == 1 => Ok(one[0].clone()),
        _ => Ok(ImagePlatform::linux(host::arch().hint("name the platform with --platform")?)),
    }
}
