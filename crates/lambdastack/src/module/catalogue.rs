//! All modules that are known: those of the program, and those of folders and artifacts beside them or in their place.

use super::{
    Files, Manifest, Module, Origin, Shelf,
    artifact::{self, Artifact, ArtifactError},
};
use crate::{source::Source, yaml::Place};
use lsrepo_bom::{Misfit, ModuleName};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Path and text of each file of `modules/`, as `build.rs` found them.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// The folder of shared roles, beside the modules.
pub(crate) const SHARED: &str = "roles";

/// All modules that are known, and the roles that they share.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    modules: BTreeMap<ModuleName, Module>,
    /// the shared roles
    pub shared: Files,
}

/// Why modules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// it cannot be read
    #[error("{}: {error}", path.display())]
    Io {
        /// what was read
        path: PathBuf,
        /// why not
        error: io::Error,
    },
    /// there is none in it
    #[error("{}: there is no module in it\nhint: a module is a folder with a `module.yml`, or an archive that `lambdastack module pack` wrote", .0.display())]
    Empty(PathBuf),
    /// an image layout that cannot be used
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// modules whose `module.yml` cannot be used
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Misfits(Vec<Misfit>),
}

impl Catalogue {
    /// The modules that are part of the program.
    pub fn embedded() -> Result<Self, CatalogueError> {
        let mut folders: BTreeMap<&str, Files> = BTreeMap::new();
        for (path, text) in EMBEDDED {
            let (folder, path) = path.split_once('/').unwrap_or((path, ""));
            folders.entry(folder).or_default().0.insert(path.to_owned(), text.as_bytes().to_vec());
        }
        let mut catalogue = Self::default();
        for (folder, files) in folders {
            match folder {
                SHARED => catalogue.shared.0.extend(files.0),
                _ => catalogue.put(&format!("modules/{folder}"), files, Origin::Embedded)?,
            }
        }
        Ok(catalogue)
    }

    /// Adds the modules of what somebody named, in the place of those with the same names.
    pub fn add(&mut self, named: &Path) -> Result<(), CatalogueError> {
        match Shelf::of(named) {
            Shelf::Folder(folder) => self.add_folder(&folder),
            Shelf::Layout(path, tag) => self.add_layout(&path, tag.as_deref()),
        }
    }

    fn add_layout(&mut self, path: &Path, tag: Option<&str>) -> Result<(), CatalogueError> {
        for Artifact { folder, files, digest } in artifact::read(path, tag)? {
            let prefix = format!("{}/{folder}", path.display());
            let module = module(&prefix, files, Origin::Artifact { layout: path.to_owned(), digest })?;
            let name = &module.manifest.name;
            if name.as_str() != folder {
                let said = format!("the module is called `{name}`, and its folder `{folder}`");
                let source = Source::new(format!("{prefix}/module.yml"), "");
                return Err(CatalogueError::Misfits(vec![source.misfit(Place::default(), "", said)]));
            }
            self.insert(module);
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), CatalogueError> {
        let io = |path: &Path, error| CatalogueError::Io { path: path.to_owned(), error };
        let mut folders = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| io(folder, error))? {
            let path = entry.map_err(|error| io(folder, error))?.path();
            let shared = path.file_name().is_some_and(|name| name == SHARED);
            if path.is_dir() && (shared || path.join("module.yml").is_file()) {
                folders.push(path);
            }
        }
        if folders.iter().all(|path| path.ends_with(SHARED)) {
            return Err(CatalogueError::Empty(folder.to_owned()));
        }
        folders.sort();
        for path in folders {
            let files = Files::load(&path).map_err(|error| io(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match name.as_str() {
                SHARED => self.shared.0.extend(files.0),
                _ => self.put(&path.display().to_string(), files, Origin::Folder(path.clone()))?,
            }
        }
        Ok(())
    }

    fn put(&mut self, prefix: &str, files: Files, origin: Origin) -> Result<(), CatalogueError> {
        self.insert(module(prefix, files, origin)?);
        Ok(())
    }

    /// Adds one module, in the place of the one with its name.
    pub fn insert(&mut self, module: Module) {
        self.modules.insert(module.manifest.name.clone(), module);
    }

    /// The module of this name.
    pub fn get(&self, name: &ModuleName) -> Option<&Module> {
        self.modules.get(name)
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Module> {
        self.modules.values()
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &ModuleName> {
        self.modules.keys()
    }
}

/// The module that these files are.
fn module(prefix: &str, files: Files, origin: Origin) -> Result<Module, CatalogueError> {
    let source = files.source(prefix, "module.yml").unwrap_or_else(|| Source::new(format!("{prefix}/module.yml"), ""));
    match Manifest::parse(&source) {
        (Some(manifest), misfits) if misfits.is_empty() => Ok(Module { manifest, files, origin }),
        (_, misfits) => Err(CatalogueError::Misfits(misfits)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::check;

    #[test]
    fn every_file_of_the_modules_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules");
        let there = Files::load(&folder).unwrap();
        let here: BTreeMap<String, Vec<u8>> =
            EMBEDDED.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        assert_eq!(there.0.keys().collect::<Vec<_>>(), here.keys().collect::<Vec<_>>());
        assert!(there.0 == here);
    }

    #[test]
    fn our_own_modules_do_not_lie() {
        let catalogue = Catalogue::embedded().unwrap();
        for module in catalogue.iter() {
            let misfits = check(module.manifest.name.as_str(), "modules", &module.files, &catalogue);
            assert!(misfits.is_empty(), "{}", misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        }
        let mut loaded = Catalogue::default();
        loaded.add(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules")).unwrap();
        assert_eq!(loaded.names().collect::<Vec<_>>(), catalogue.names().collect::<Vec<_>>());
    }
}
