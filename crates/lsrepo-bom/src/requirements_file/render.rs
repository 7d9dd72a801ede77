//! The text of a requirements file, made from the modules of a BOM.

use crate::{download::FileRequest, module::Module, requirement::PackageRequest};
use lsrepo_types::Platform;
use std::{collections::BTreeMap, fmt::Display};

/// Wishes, and the modules that have each.
type Wanted<'a, T> = BTreeMap<T, Vec<&'a str>>;

/// What `modules` want on `platform`; behind each line the modules that want it. Equal modules give equal bytes.
pub fn render<'a>(platform: &Platform, modules: impl IntoIterator<Item = &'a Module>) -> String {
    let (mut prerequisites, mut packages, mut images) = (Wanted::new(), Wanted::new(), Wanted::new());
    let mut charts = Wanted::new();
    let (mut package_files, mut files): (Wanted<'_, FileRequest>, Wanted<'_, FileRequest>) = Default::default();
    for module in modules {
        let name = module.name.as_str();
        let wishes = module.wishes_for(platform);
        take(&mut prerequisites, wishes.prerequisites, name);
        take(&mut packages, wishes.packages, name);
        take(&mut package_files, wishes.package_files, name);
        take(&mut files, wishes.files, name);
        take(&mut images, wishes.images, name);
        take(&mut charts, wishes.charts, name);
    }
    let head = format!(
        "# {platform}: what the modules of the BOM want, and behind each line which of them.\n\
         # Made by `lsrepo bom expand`: change the modules, not this file.\n"
    );
    let packages: Vec<String> = lines::<PackageRequest>(packages).chain(lines(package_files)).collect();
    [
        head,
        section("packages-repo-prereqs", lines(prerequisites)),
        section("packages", packages.into_iter()),
        section("files", lines(files)),
        section("images", lines(images)),
        section("charts", lines(charts)),
    ]
    .concat()
}

fn take<'a, T: Ord>(all: &mut Wanted<'a, T>, wishes: Vec<T>, module: &'a str) {
    wishes.into_iter().for_each(|wish| all.entry(wish).or_default().push(module));
}

fn lines<T: Display>(wishes: Wanted<'_, T>) -> impl Iterator<Item = String> {
    wishes.into_iter().map(|(wish, mut modules)| {
        modules.sort_unstable();
        modules.dedup();
        format!("{wish}  # {}\n", modules.join(", "))
    })
}

fn section(name: &str, lines: impl Iterator<Item = String>) -> String {
    match lines.collect::<String>() {
        nothing if nothing.is_empty() => nothing,
        some => format!("\n[{name}]\n{some}"),
    }
}
