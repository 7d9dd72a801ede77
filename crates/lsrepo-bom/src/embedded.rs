//! The BOM that the program carries: `bom/*.yml` and `bom/platforms/*.yml`, as they were when it was built.

use crate::{error::BomError, module::Module, platforms::PlatformDocument};
use lsrepo_types::Os;

const MODULES: &[(&str, &str)] = &[("bom/tools.yml", include_str!("../../../bom/tools.yml"))];

const PLATFORMS: &[(&str, &str)] = &[
    ("bom/platforms/almalinux-8.yml", include_str!("../../../bom/platforms/almalinux-8.yml")),
    ("bom/platforms/almalinux-9.yml", include_str!("../../../bom/platforms/almalinux-9.yml")),
    ("bom/platforms/centos-7.yml", include_str!("../../../bom/platforms/centos-7.yml")),
    ("bom/platforms/debian-12.yml", include_str!("../../../bom/platforms/debian-12.yml")),
    ("bom/platforms/debian-13.yml", include_str!("../../../bom/platforms/debian-13.yml")),
    ("bom/platforms/fedora-43.yml", include_str!("../../../bom/platforms/fedora-43.yml")),
    ("bom/platforms/redhat-7.yml", include_str!("../../../bom/platforms/redhat-7.yml")),
    ("bom/platforms/rhel-8.yml", include_str!("../../../bom/platforms/rhel-8.yml")),
    ("bom/platforms/rocky-8.yml", include_str!("../../../bom/platforms/rocky-8.yml")),
    ("bom/platforms/rocky-9.yml", include_str!("../../../bom/platforms/rocky-9.yml")),
];

/// All modules, sorted by name.
pub fn modules() -> Result<Vec<Module>, BomError> {
    MODULES.iter().map(|(file, text)| Module::parse(text, file)).collect()
}

/// All platforms, sorted by name.
pub fn platforms() -> Result<Vec<PlatformDocument>, BomError> {
    PLATFORMS.iter().map(|(file, text)| PlatformDocument::parse(text, file)).collect()
}

/// One platform's document.
pub fn platform(os: &Os) -> Result<Option<PlatformDocument>, BomError> {
    Ok(platforms()?.into_iter().find(|document| document.name == *os))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn every_document_is_embedded_and_named_for_what_it_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (folder, listed) in [("bom", MODULES), ("bom/platforms", PLATFORMS)] {
            let files = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut found: Vec<_> = files.filter(|name| name.ends_with(".yml")).map(|name| format!("{folder}/{name}")).collect();
            found.sort();
            assert_eq!(found, listed.iter().map(|(file, _)| *file).collect::<Vec<_>>());
        }
        for (module, (file, _)) in modules().unwrap().iter().zip(MODULES) {
            assert_eq!(format!("bom/{}.yml", module.name), *file);
        }
        for (document, (file, _)) in platforms().unwrap().iter().zip(PLATFORMS) {
            assert_eq!(format!("bom/platforms/{}.yml", document.name), *file);
            assert_eq!(document.family, document.name.family());
        }
    }
}
