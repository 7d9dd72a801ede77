//! What a module installs behind the gap is what the module of that name in the BOM carries there, with those that it requires.

use super::{Catalogue, Module};
use crate::{
    source::Source,
    yaml::{self, Node, Value},
};
use lsrepo_bom::{
    ModuleName, embedded,
    selection::{Reason, select},
};
use lsrepo_types::{Arch, Platform};
use std::collections::BTreeSet;

/// The names of packages that tasks install; of a template those that stand in it, and the defaults of the configuration.
fn installed(node: &Node, module: &Module, found: &mut BTreeSet<String>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| installed(item, module, found)),
        Value::Map(entries) => {
            for (key, value) in entries {
                match key.text.as_str() {
                    "ansible.builtin.apt" if value.get("state").and_then(Node::text) != Some("absent") => {
                        value.get("name").iter().for_each(|name| named(name, module, found));
                    }
                    _ => installed(value, module, found),
                }
            }
        }
        _ => {}
    }
}

fn named(node: &Node, module: &Module, found: &mut BTreeSet<String>) {
    let Some(text) = node.text() else { return node.items().iter().for_each(|item| named(item, module, found)) };
    if !text.contains("{{") {
        found.insert(text.to_owned());
        return;
    }
    // what was agreed to is what is there already
    if text.contains("upgrade_agreed") {
        return;
    }
    found.extend(text.split('\'').skip(1).step_by(2).map(str::to_owned));
    if text.contains("lambdastack_config.packages") {
        let default = module.manifest.configuration.field("packages").and_then(|field| field.default.clone());
        found.extend(
            default.iter().filter_map(|value| value.as_array()).flatten().filter_map(|name| name.as_str().map(str::to_owned)),
        );
    }
}

/// The packages that a module installs, and those that it cannot be without.
fn needed(module: &Module, catalogue: &Catalogue, seen: &mut BTreeSet<ModuleName>, found: &mut BTreeSet<String>) {
    if !seen.insert(module.manifest.name.clone()) {
        return;
    }
    let shared: Vec<String> = module.manifest.roles.iter().map(|role| format!("{role}/")).collect();
    let of_others = catalogue.shared.0.iter().filter(|(path, _)| shared.iter().any(|role| path.starts_with(role)));
    for (path, bytes) in module.files.0.iter().chain(of_others).filter(|(path, _)| path.ends_with(".yml")) {
        let source = Source::new(path.clone(), String::from_utf8_lossy(bytes));
        yaml::parse(&source).unwrap().iter().for_each(|node| installed(node, module, found));
    }
    for rule in &module.manifest.requires.strong {
        // which of several is somebody's choice
        if let [only] = catalogue.iter().filter(|other| rule.matches(&other.manifest.labels)).collect::<Vec<_>>()[..] {
            needed(only, catalogue, seen, found);
        }
    }
}

/// What the module carries for a platform, with all that it requires: packages, and packages by URL.
fn carried(bom: &[lsrepo_bom::Module], name: &ModuleName, platform: &Platform) -> BTreeSet<String> {
    let selected = select(bom, [(name.clone(), Reason::Named)]).unwrap();
    let wanted = bom.iter().filter(|known| selected.modules.contains_key(&known.name)).map(|known| known.wishes_for(platform));
    let names = |wishes: lsrepo_bom::WishList| {
        let packages: Vec<String> = wishes.packages.iter().map(|request| request.as_str().to_owned()).collect();
        let by_url = wishes.package_files.iter().map(|file| file.file_name().to_owned()).collect::<Vec<_>>();
        packages.into_iter().chain(by_url)
    };
    wanted.flat_map(names).filter_map(|word| word.split(['=', ':', '/', '_']).next().map(str::to_owned)).collect()
}

#[test]
fn what_a_module_installs_is_carried_with_it() {
    let (catalogue, bom) = (Catalogue::embedded().unwrap(), embedded::modules().unwrap());
    let (mut missing, mut seen) = (Vec::new(), 0);
    for module in catalogue.iter().filter(|module| bom.iter().any(|known| known.name == module.manifest.name)) {
        let (name, mut packages) = (&module.manifest.name, BTreeSet::new());
        needed(module, &catalogue, &mut BTreeSet::new(), &mut packages);
        seen += packages.len();
        for os in &module.manifest.supported_os {
            for arch in [Arch::X86_64, Arch::Arm64].into_iter() {
                let platform = Platform { os: os.clone(), arch };
                let there = carried(&bom, name, &platform);
                missing.extend(packages.difference(&there).map(|package| format!("{name} on {platform}: {package}")));
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(missing.is_empty(), "no module of the BOM carries\n{}", missing.join("\n"));
}
