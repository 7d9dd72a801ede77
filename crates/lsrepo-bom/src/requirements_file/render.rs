//! The text of a requirements file, made from the modules of a BOM.

use crate::{download::FileRequest, module::Module, requirement::PackageRequest};
use lsrepo_types::Platform;
use std::{collections::BTreeMap, fmt::Display};

/// What `modules` want on `platform`; behind each line the modules that want it. Equal modules give equal bytes.
pub fn render(platform: &Platform, modules: &[Module]) -> String {
    let mut packages: BTreeMap<PackageRequest, Vec<&str>> = BTreeMap::new();
    let mut files: BTreeMap<FileRequest, Vec<&str>> = BTreeMap::new();
    let mut images: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for module in modules {
        let name = module.name.as_str();
        module.packages_for(platform).into_iter().for_each(|wish| packages.entry(wish.package).or_default().push(name));
        module.files_for(platform).into_iter().for_each(|file| files.entry(file).or_default().push(name));
        module.images_for(platform).into_iter().for_each(|image| images.entry(image).or_default().push(name));
    }
    let head = format!(
        "# {platform}: what the modules in bom/ want, and which of them.\n# Generated: edit bom/*.yml, then run `cargo xtask generate`.\n"
    );
    [head, section("packages", packages), section("files", files), section("images", images)].concat()
}

fn section<T: Display>(name: &str, wishes: BTreeMap<T, Vec<&str>>) -> String {
    if wishes.is_empty() {
        return String::new();
    }
    let line = |(wish, mut modules): (T, Vec<&str>)| {
        modules.sort_unstable();
        modules.dedup();
        format!("{wish}  # {}\n", modules.join(", "))
    };
    format!("\n[{name}]\n") + &wishes.into_iter().map(line).collect::<String>()
}
