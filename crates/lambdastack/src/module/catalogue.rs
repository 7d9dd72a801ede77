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
    "common/module.yml"
    "common/playbooks/apply.yml"
    "common/playbooks/audit.yml"
    "common/roles/common/handlers/main.yml"
    "common/roles/common/tasks/main.yml"
    "common/roles/common/templates/sysctl.conf.j2"
    "grafana/module.yml"
    "grafana/playbooks/apply.yml"
    "grafana/playbooks/audit.yml"
    "grafana/playbooks/backup.yml"
    "grafana/playbooks/restore.yml"
    "grafana/playbooks/test.yml"
    "grafana/roles/grafana/handlers/main.yml"
    "grafana/roles/grafana/tasks/dashboards.yml"
    "grafana/roles/grafana/tasks/main.yml"
    "grafana/roles/grafana/templates/dashboards.yml.j2"
    "grafana/roles/grafana/templates/datasources.yml.j2"
    "grafana/roles/grafana/templates/grafana.ini.j2"
    "grafana/roles/grafana/vars/main.yml"
    "haproxy/module.yml"
    "haproxy/playbooks/apply.yml"
    "haproxy/playbooks/audit.yml"
    "haproxy/playbooks/test.yml"
    "haproxy/roles/haproxy/handlers/main.yml"
    "haproxy/roles/haproxy/tasks/main.yml"
    "haproxy/roles/haproxy/templates/haproxy.cfg.j2"
    "kafka/module.yml"
    "kafka/playbooks/apply.yml"
    "kafka/playbooks/audit.yml"
    "kafka/playbooks/test.yml"
    "kafka/roles/kafka/handlers/main.yml"
    "kafka/roles/kafka/tasks/certificates.yml"
    "kafka/roles/kafka/tasks/main.yml"
    "kafka/roles/kafka/tasks/users.yml"
    "kafka/roles/kafka/templates/client.properties.j2"
    "kafka/roles/kafka/templates/kafka.service.j2"
    "kafka/roles/kafka/templates/machine.pem.j2"
    "kafka/roles/kafka/templates/server.properties.j2"
    "kafka/roles/kafka/templates/user.properties.j2"
    "kafka/roles/kafka/vars/main.yml"
    "keycloak/module.yml"
    "keycloak/playbooks/apply.yml"
    "keycloak/playbooks/audit.yml"
    "keycloak/playbooks/test.yml"
    "keycloak/roles/keycloak/tasks/certificates.yml"
    "keycloak/roles/keycloak/tasks/main.yml"
    "keycloak/roles/keycloak/templates/environment.j2"
    "keycloak/roles/keycloak/vars/main.yml"
    "kubernetes-master/module.yml"
    "kubernetes-master/playbooks/apply.yml"
    "kubernetes-master/playbooks/audit.yml"
    "kubernetes-master/playbooks/backup.yml"
    "kubernetes-master/playbooks/restore.yml"
    "kubernetes-master/playbooks/test.yml"
    "kubernetes-master/roles/kubernetes-master/tasks/again.yml"
    "kubernetes-master/roles/kubernetes-master/tasks/begin.yml"
    "kubernetes-master/roles/kubernetes-master/tasks/main.yml"
    "kubernetes-master/roles/kubernetes-master/tasks/network.yml"
    "kubernetes-master/roles/kubernetes-master/tasks/taint.yml"
    "kubernetes-master/roles/kubernetes-master/templates/audit-policy.yml.j2"
    "kubernetes-master/roles/kubernetes-master/templates/flannel.yml.j2"
    "kubernetes-master/roles/kubernetes-master/templates/kubeadm.yml.j2"
    "kubernetes-master/roles/kubernetes-master/vars/main.yml"
    "kubernetes-node/module.yml"
    "kubernetes-node/playbooks/apply.yml"
    "kubernetes-node/playbooks/audit.yml"
    "kubernetes-node/playbooks/test.yml"
    "node-exporter/module.yml"
    "node-exporter/playbooks/apply.yml"
    "node-exporter/playbooks/audit.yml"
    "node-exporter/playbooks/test.yml"
    "node-exporter/roles/node-exporter/handlers/main.yml"
    "node-exporter/roles/node-exporter/tasks/main.yml"
    "node-exporter/roles/node-exporter/templates/prometheus-node-exporter.j2"
    "opensearch-dashboards/module.yml"
    "opensearch-dashboards/playbooks/apply.yml"
    "opensearch-dashboards/playbooks/audit.yml"
    "opensearch-dashboards/playbooks/test.yml"
    "opensearch-dashboards/roles/opensearch-dashboards/handlers/main.yml"
    "opensearch-dashboards/roles/opensearch-dashboards/tasks/main.yml"
    "opensearch-dashboards/roles/opensearch-dashboards/templates/opensearch-dashboards.service.j2"
    "opensearch-dashboards/roles/opensearch-dashboards/templates/opensearch_dashboards.yml.j2"
    "opensearch-dashboards/roles/opensearch-dashboards/vars/main.yml"
    "opensearch/module.yml"
    "opensearch/playbooks/apply.yml"
    "opensearch/playbooks/audit.yml"
    "opensearch/playbooks/backup.yml"
    "opensearch/playbooks/restore.yml"
    "opensearch/playbooks/test.yml"
    "opensearch/roles/opensearch/handlers/main.yml"
    "opensearch/roles/opensearch/tasks/certificates.yml"
    "opensearch/roles/opensearch/tasks/main.yml"
    "opensearch/roles/opensearch/tasks/users.yml"
    "opensearch/roles/opensearch/templates/heap.options.j2"
    "opensearch/roles/opensearch/templates/opensearch.conf.j2"
    "opensearch/roles/opensearch/templates/opensearch.service.j2"
    "opensearch/roles/opensearch/templates/opensearch.yml.j2"
    "opensearch/roles/opensearch/templates/security.yml.j2"
    "opensearch/roles/opensearch/vars/main.yml"
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
    "prometheus/playbooks/test.yml"
    "prometheus/roles/prometheus/handlers/main.yml"
    "prometheus/roles/prometheus/tasks/main.yml"
    "prometheus/roles/prometheus/templates/prometheus.j2"
    "prometheus/roles/prometheus/templates/prometheus.yml.j2"
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
    "repository/module.yml"
    "repository/playbooks/apply.yml"
    "repository/playbooks/audit.yml"
    "repository/playbooks/teardown.yml"
    "repository/playbooks/test.yml"
    "repository/roles/client/tasks/main.yml"
    "repository/roles/repository/handlers/main.yml"
    "repository/roles/repository/tasks/main.yml"
    "roles/container/defaults/main.yml"
    "roles/container/tasks/main.yml"
    "roles/container/templates/container.service.j2"
    "roles/kubernetes/tasks/audit.yml"
    "roles/kubernetes/tasks/join.yml"
    "roles/kubernetes/tasks/main.yml"
    "roles/kubernetes/tasks/pause.yml"
    "roles/kubernetes/tasks/programs.yml"
    "roles/kubernetes/templates/crictl.yaml.j2"
    "roles/kubernetes/templates/haproxy.cfg.j2"
    "roles/kubernetes/templates/join.yml.j2"
    "roles/kubernetes/templates/kubelet.service.j2"
    "roles/kubernetes/templates/modules.conf.j2"
    "roles/kubernetes/templates/sysctl.conf.j2"
    "roles/kubernetes/vars/main.yml"
    "roles/no-swap/tasks/main.yml"
    "roles/repository-file/defaults/main.yml"
    "roles/repository-file/tasks/main.yml"
    "roles/service/tasks/main.yml"
    "vault/module.yml"
    "vault/playbooks/apply.yml"
    "vault/playbooks/audit.yml"
    "vault/playbooks/backup.yml"
    "vault/playbooks/restore.yml"
    "vault/playbooks/test.yml"
    "vault/roles/vault/handlers/main.yml"
    "vault/roles/vault/tasks/certificates.yml"
    "vault/roles/vault/tasks/main.yml"
    "vault/roles/vault/tasks/unseal.yml"
    "vault/roles/vault/templates/unseal.sh.j2"
    "vault/roles/vault/templates/vault-unseal.service.j2"
    "vault/roles/vault/templates/vault.hcl.j2"
    "vault/roles/vault/templates/vault.service.j2"
    "vault/roles/vault/vars/main.yml"
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
