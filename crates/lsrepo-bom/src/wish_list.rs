//! What somebody wants on one platform: a module, a requirements file, an older list.

use crate::{chart::ChartRequest, download::FileRequest, requirement::PackageRequest};
use std::fmt;

/// Wishes by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WishList {
    /// packages that the repository machine itself needs
    pub prerequisites: Vec<PackageRequest>,
    /// packages from the platform's repositories
    pub packages: Vec<PackageRequest>,
    /// packages by URL
    pub package_files: Vec<FileRequest>,
    /// files by URL
    pub files: Vec<FileRequest>,
    /// references of container images
    pub images: Vec<String>,
    /// Helm charts
    pub charts: Vec<ChartRequest>,
}

impl WishList {
    /// Whether nothing is wanted at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each kind in order, each wish once.
    pub(crate) fn sort(&mut self) {
        fn each_once<T: Ord>(list: &mut Vec<T>) {
            list.sort();
            list.dedup();
        }
        each_once(&mut self.prerequisites);
        each_once(&mut self.packages);
        each_once(&mut self.package_files);
        each_once(&mut self.files);
        each_once(&mut self.images);
        each_once(&mut self.charts);
    }
}

impl fmt::Display for WishList {
    /// As a requirements file. Mirrors and published checksums have no place in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn all<T: fmt::Display>(list: &[T]) -> impl Iterator<Item = String> {
            list.iter().map(|one| format!("{one}\n"))
        }
        let sections: [(&str, String); 5] = [
            ("packages-repo-prereqs", all(&self.prerequisites).collect()),
            ("packages", all(&self.packages).chain(all(&self.package_files)).collect()),
            ("files", all(&self.files).collect()),
            ("images", all(&self.images).collect()),
            ("charts", all(&self.charts).collect()),
        ];
        for (number, (name, lines)) in sections.iter().filter(|(_, lines)| !lines.is_empty()).enumerate() {
            write!(f, "{}[{name}]\n{lines}", if number > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}
