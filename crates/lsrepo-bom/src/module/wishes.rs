//! What a module wants downloaded: packages, files, images, each maybe only on some platforms.

mod file;
mod image;
mod package;

pub use file::FileWish;
pub use image::ImageWish;
pub use package::PackageWish;

use super::Only;
use crate::{chart::ChartWish, wish_list::WishList};
use lsrepo_types::Platform;
use schemars::JsonSchema;
use serde::Deserialize;

/// All wishes of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// from the platform's package repositories, or by URL
    #[serde(default)]
    pub packages: Vec<PackageWish>,
    /// by URL
    #[serde(default)]
    pub files: Vec<FileWish>,
    /// from registries
    #[serde(default)]
    pub images: Vec<ImageWish>,
    /// Helm charts from repositories; one in a registry is an image
    #[serde(default)]
    pub charts: Vec<ChartWish>,
}

impl Wishes {
    /// Whether nothing is wanted anywhere.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty() && self.files.is_empty() && self.images.is_empty() && self.charts.is_empty()
    }

    /// What of it holds on `platform`, each kind sorted, each wish once.
    pub fn on(&self, platform: &Platform) -> WishList {
        let mut wishes = WishList::default();
        for wish in self.packages.iter().filter(|wish| wish.only().holds(platform)) {
            match wish {
                PackageWish::FromRepository { prerequisite, .. } => {
                    let list = if *prerequisite { &mut wishes.prerequisites } else { &mut wishes.packages };
                    list.extend(wish.requests(platform.os.family()));
                }
                PackageWish::FromUrl(file) => wishes.package_files.push(file.request(platform.arch)),
            }
        }
        let holds = |only: &Only| only.holds(platform);
        wishes.files.extend(self.files.iter().filter(|wish| holds(&wish.only)).map(|wish| wish.request(platform.arch)));
        wishes.images.extend(self.images.iter().filter(|wish| holds(&wish.only)).map(|wish| wish.reference.clone()));
        wishes.charts.extend(self.charts.iter().filter(|wish| holds(&wish.only)).map(|wish| wish.chart.clone()));
        wishes.sort();
        wishes
    }
}
