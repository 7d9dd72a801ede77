//! All modules that are known: those of the program, and those of folders beside them or in their place.

use super::{Files, Manifest, Module, Origin};
use crate::source::Source;
use lsrepo_bom::{Misfit, ModuleName};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Path and text of each file.
macro_rules! embedded {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../../../modules/", $path)))),*]
    };
}

const EMBEDDED: &[(&str, &str)] = embedded!(
    "alertmanager/module.yml"
    "alertmanager/playbooks/apply.yml"
    "alertmanager/playbooks/audit.yml"
    "alertmanager/playbooks/backup.yml"
    "alertmanager/playbooks/restore.yml"
    "alertmanager/playbooks/test.yml"
    "alertmanager/roles/alertmanager/handlers/main.yml"
    "alertmanager/roles/alertmanager/tasks/main.yml"
    "alertmanager/roles/alertmanager/templates/alertmanager.yml.j2"
    "alertmanager/roles/alertmanager/templates/prometheus-alertmanager.j2"
    "alertmanager/roles/alertmanager/templates/smtp.j2"
    "alertmanager/roles/alertmanager/vars/main.yml"
    "common/module.yml"
    "common/playbooks/apply.yml"
    "common/playbooks/audit.yml"
    "common/roles/common/handlers/main.yml"
    "common/roles/common/tasks/main.yml"
    "common/roles/common/templates/sysctl.conf.j2"
    "containerd/module.yml"
    "containerd/playbooks/apply.yml"
    "containerd/playbooks/audit.yml"
    "containerd/playbooks/test.yml"
    "containerd/roles/containerd/handlers/main.yml"
    "containerd/roles/containerd/tasks/main.yml"
    "containerd/roles/containerd/tasks/registries.yml"
    "containerd/roles/containerd/templates/hosts.toml.j2"
    "containerd/roles/containerd/templates/lambdastack.toml.j2"
    "containerd/roles/containerd/templates/service.conf.j2"
    "containerd/roles/containerd/vars/main.yml"
    "firewall/module.yml"
    "firewall/playbooks/apply.yml"
    "firewall/playbooks/audit.yml"
    "firewall/playbooks/teardown.yml"
    "firewall/playbooks/test.yml"
    "firewall/roles/firewall/tasks/change.yml"
    "firewall/roles/firewall/tasks/main.yml"
    "firewall/roles/firewall/templates/firewall.nft.j2"
    "firewall/roles/firewall/templates/lambdastack-firewall.service.j2"
    "firewall/roles/firewall/vars/main.yml"
    "haproxy/module.yml"
    "haproxy/playbooks/apply.yml"
    "haproxy/playbooks/audit.yml"
    "haproxy/playbooks/backup.yml"
    "haproxy/playbooks/restore.yml"
    "haproxy/playbooks/test.yml"
    "haproxy/roles/haproxy/handlers/main.yml"
    "haproxy/roles/haproxy/tasks/main.yml"
    "haproxy/roles/haproxy/templates/haproxy.cfg.j2"
    "node-exporter/module.yml"
    "node-exporter/playbooks/apply.yml"
    "node-exporter/playbooks/audit.yml"
    "node-exporter/playbooks/test.yml"
    "node-exporter/roles/node-exporter/handlers/main.yml"
    "node-exporter/roles/node-exporter/tasks/main.yml"
    "node-exporter/roles/node-exporter/templates/prometheus-node-exporter.j2"
    "postgresql/module.yml"
    "postgresql/playbooks/apply.yml"
    "postgresql/playbooks/audit.yml"
    "postgresql/playbooks/backup.yml"
    "postgresql/playbooks/restore.yml"
    "postgresql/playbooks/test.yml"
    "postgresql/roles/postgresql/handlers/main.yml"
    "postgresql/roles/postgresql/tasks/configuration.yml"
    "postgresql/roles/postgresql/tasks/main.yml"
    "postgresql/roles/postgresql/tasks/pgbouncer.yml"
    "postgresql/roles/postgresql/tasks/primary.yml"
    "postgresql/roles/postgresql/tasks/replica.yml"
    "postgresql/roles/postgresql/templates/lambdastack.conf.j2"
    "postgresql/roles/postgresql/templates/pg_hba.conf.j2"
    "postgresql/roles/postgresql/templates/pgbouncer.ini.j2"
    "postgresql/roles/postgresql/templates/pgpass.j2"
    "postgresql/roles/postgresql/templates/primary.sql.j2"
    "postgresql/roles/postgresql/templates/userlist.txt.j2"
    "postgresql/roles/postgresql/vars/main.yml"
    "prometheus/module.yml"
    "prometheus/playbooks/apply.yml"
    "prometheus/playbooks/audit.yml"
    "prometheus/playbooks/backup.yml"
    "prometheus/playbooks/restore.yml"
    "prometheus/playbooks/test.yml"
    "prometheus/roles/prometheus/handlers/main.yml"
    "prometheus/roles/prometheus/tasks/main.yml"
    "prometheus/roles/prometheus/templates/prometheus.j2"
    "prometheus/roles/prometheus/templates/prometheus.yml.j2"
    "prometheus/roles/prometheus/templates/rules.yml.j2"
    "redis/module.yml"
    "redis/playbooks/apply.yml"
    "redis/playbooks/audit.yml"
    "redis/playbooks/backup.yml"
    "redis/playbooks/restore.yml"
    "redis/playbooks/test.yml"
    "redis/roles/redis/handlers/main.yml"
    "redis/roles/redis/tasks/main.yml"
    "redis/roles/redis/tasks/now.yml"
    "redis/roles/redis/templates/password.conf.j2"
    "redis/roles/redis/templates/redis.conf.j2"
    "redis/roles/redis/vars/main.yml"
    "repository/module.yml"
    "repository/playbooks/apply.yml"
    "repository/playbooks/audit.yml"
    "repository/playbooks/teardown.yml"
    "repository/playbooks/test.yml"
    "repository/roles/client/tasks/main.yml"
    "repository/roles/repository/handlers/main.yml"
    "repository/roles/repository/tasks/main.yml"
    "rabbitmq/module.yml"
    "rabbitmq/playbooks/apply.yml"
    "rabbitmq/playbooks/audit.yml"
    "rabbitmq/playbooks/test.yml"
    "rabbitmq/roles/rabbitmq/handlers/main.yml"
    "rabbitmq/roles/rabbitmq/tasks/content.yml"
    "rabbitmq/roles/rabbitmq/tasks/cookie.yml"
    "rabbitmq/roles/rabbitmq/tasks/join.yml"
    "rabbitmq/roles/rabbitmq/tasks/main.yml"
    "rabbitmq/roles/rabbitmq/templates/cookie.j2"
    "rabbitmq/roles/rabbitmq/templates/enabled_plugins.j2"
    "rabbitmq/roles/rabbitmq/templates/rabbitmq-env.conf.j2"
    "rabbitmq/roles/rabbitmq/templates/rabbitmq.conf.j2"
    "rabbitmq/roles/rabbitmq/vars/main.yml"
    "roles/pack/tasks/main.yml"
    "roles/service/tasks/main.yml"
    "roles/unpack/tasks/main.yml"
);

/// The folder of shared roles, beside the modules.
pub(crate) const SHARED: &str = "roles";

/// All modules that are known, and the roles that they share.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    modules: BTreeMap<ModuleName, Module>,
    /// the shared roles
    pub shared: Files,
}

/// Why a folder of modules cannot be used.
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
    #[error("{}: there is no module in it\nhint: a module is a folder with a `module.yml`", .0.display())]
    Empty(PathBuf),
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
            catalogue.put(folder, &format!("modules/{folder}"), files, Origin::Embedded)?;
        }
        Ok(catalogue)
    }

    /// Adds the modules of a folder, in the place of those with the same names.
    pub fn add(&mut self, folder: &Path) -> Result<(), CatalogueError> {
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
            self.put(&name, &path.display().to_string(), files, Origin::Folder(path.clone()))?;
        }
        Ok(())
    }

    fn put(&mut self, folder: &str, prefix: &str, files: Files, origin: Origin) -> Result<(), CatalogueError> {
        if folder == SHARED {
            self.shared.0.extend(files.0);
            return Ok(());
        }
        let source = files.source(prefix, "module.yml").unwrap_or_else(|| Source::new(format!("{prefix}/module.yml"), ""));
        match Manifest::parse(&source) {
            (Some(manifest), misfits) if misfits.is_empty() => {
                self.insert(Module { manifest, files, origin });
                Ok(())
            }
            (_, misfits) => Err(CatalogueError::Misfits(misfits)),
        }
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
