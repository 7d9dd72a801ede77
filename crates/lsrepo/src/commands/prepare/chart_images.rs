//! The images of Helm charts: taken along where that was said, otherwise told.

use crate::{context::Context, wanted::Wanted};
use lsrepo_bom::{
    ImageRequirement,
    lock::{LockedFile, PlatformLock},
};
use std::collections::BTreeSet;

/// Wants the images of the charts among these files that are wanted themselves.
pub(super) fn want(wanted: &mut Wanted, files: &[LockedFile]) {
    let asked = &mut wanted.asked;
    for file in files {
        for wish in asked.charts.iter().filter(|wish| file.chart.as_ref() == Some(&wish.chart)) {
            for image in &file.images {
                asked.images.push(ImageRequirement { module: wish.module.clone(), image: image.clone() });
            }
        }
    }
    asked.images.sort();
    asked.images.dedup();
}

/// Says which images charts use that are not carried.
pub(super) fn offer(context: &Context, part: &PlatformLock) {
    let carried: BTreeSet<&str> = part.asked.images.iter().map(|wish| wish.image.as_str()).collect();
    for file in &part.files {
        let absent = file.images.iter().filter(|image| !carried.contains(image.as_str()));
        let absent: Vec<&str> = absent.map(String::as_str).collect();
        if !absent.is_empty() {
            let (name, images) = (&file.name, absent.join(", "));
            context.progress.note(&format!("{name} uses images that are not carried: {images} (--chart-images takes them along)"));
        }
    }
}
