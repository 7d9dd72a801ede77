//! Image layouts into one archive, to be tried with container tools:
//! `image_archive oci|docker OUT [PLATFORM|-] [+referrers] LAYOUT[@TAG][#PLATFORM]=NAME…`
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../../../tests/it/image_layout.rs"]
mod image_layout;

use lsrepo_bundle::image_archive::{ArchiveFormat, ArchiveOptions, write_to_path};
use lsrepo_oci::ImagePlatform;
use lsrepo_store::Store;
use std::{env, error::Error, path::Path, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [format, out, platform, rest @ ..] = &arguments[..] else { return Err("oci|docker OUT PLATFORM|- LAYOUT=NAME…".into()) };
    let referrers = rest.iter().any(|word| word == "+referrers");
    let format = if format == "docker" { ArchiveFormat::Docker } else { ArchiveFormat::Oci };
    let platform = (platform != "-").then(|| platform.parse::<ImagePlatform>()).transpose()?;
    let home = tempfile::tempdir()?;
    let (store, mut images) = (Store::open(home.path())?, Vec::new());
    for word in rest.iter().filter(|word| *word != "+referrers") {
        let (layout, name) = word.split_once('=').ok_or("LAYOUT[@TAG][#PLATFORM]=NAME")?;
        let (layout, kept) = layout.split_once('#').map_or((layout, None), |(layout, kept)| (layout, Some(kept)));
        let (layout, tag) = layout.split_once('@').map_or((layout, None), |(layout, tag)| (layout, Some(tag)));
        let kept = kept.map(|kept| kept.parse()).transpose()?;
        images.push(image_layout::take(&store, Path::new(layout), tag, name.parse()?, kept.as_slice())?);
    }
    let options = ArchiveOptions { format, platform, referrers, familiar: false };
    let started = Instant::now();
    let summary = write_to_path(&store, &images, &options, Path::new(out), &|_| {})?;
    println!("{summary:?}");
    eprintln!("{:?}", started.elapsed());
    Ok(())
}
