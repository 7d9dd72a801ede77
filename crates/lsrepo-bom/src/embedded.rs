//! The BOM that the program carries: `bom/*.yml` and `bom/platforms/*.yml`, as they were when it was built.

use crate::{cluster::Components, error::BomError, module::Module, platforms::PlatformDocument};
use lsrepo_types::{Os, Platform};

/// Name and text of `FOLDER/NAME.yml` for each name.
macro_rules! documents {
    ($folder:literal: $($name:literal)*) => {
        &[$((concat!($folder, "/", $name, ".yml"), include_str!(concat!("../../../", $folder, "/", $name, ".yml")))),*]
    };
}

#[rustfmt::skip]
const MODULES: &[(&str, &str)] = documents!("bom":
    "alertmanager" "ansible" "applications" "calico" "canal" "certificate" "common"
    "containerd" "coredns" "docker" "elasticsearch-curator" "etcd" "filebeat" "firewall"
    "flannel" "grafana" "haproxy" "haproxy-exporter" "harbor" "helm"
    "ignite" "image-registry" "istio" "java" "jmx-exporter" "k8s-as-cloud-service"
    "kafka" "kafka-exporter" "keepalived" "keycloak" "kibana" "kubernetes-common"
    "kubernetes-control-plane" "kubernetes-dashboard" "kubernetes-ha" "kubernetes-master" "kubernetes-node" "kubernetes-upgrade"
    "logging" "logstash" "node-exporter" "opendistro-for-elasticsearch" "opensearch" "opensearch-dashboards"
    "pgaudit" "pgbouncer" "pgpool" "postgres-exporter" "postgresql" "prometheus"
    "rabbitmq" "redis" "repmgr" "repository" "rook" "tools" "vault"
    "zookeeper"
);

#[rustfmt::skip]
const PLATFORMS: &[(&str, &str)] = documents!("bom/platforms":
    "almalinux-8" "almalinux-9" "centos-7" "debian-12" "debian-13" "fedora-43"
    "redhat-7" "rhel-8" "rhel-9" "rocky-8" "rocky-9" "ubuntu-18.04"
    "ubuntu-20.04" "ubuntu-22.04" "ubuntu-24.04"
);

const COMPONENTS: (&str, &str) = ("bom/components.yml", include_str!("../../../bom/components.yml"));

/// All modules, sorted by name.
pub fn modules() -> Result<Vec<Module>, BomError> {
    MODULES.iter().map(|(file, text)| Module::parse(text, file)).collect()
}

/// Which modules each component of a cluster is made of.
pub fn components() -> Result<Components, BomError> {
    Components::parse(COMPONENTS.1, COMPONENTS.0)
}

/// All platforms, sorted by name.
pub fn platforms() -> Result<Vec<PlatformDocument>, BomError> {
    PLATFORMS.iter().map(|(file, text)| PlatformDocument::parse(text, file)).collect()
}

/// Every OS with each of its architectures.
pub fn all_platforms() -> Result<Vec<Platform>, BomError> {
    let of = |document: PlatformDocument| {
        let PlatformDocument { name, architectures, .. } = document;
        architectures.into_iter().map(move |arch| Platform { os: name.clone(), arch })
    };
    Ok(platforms()?.into_iter().flat_map(of).collect())
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
            let mut found: Vec<_> = files
                .filter(|name| name.ends_with(".yml") && name != "components.yml")
                .map(|name| format!("{folder}/{name}"))
                .collect();
            found.sort_by(|a, b| a.trim_end_matches(".yml").cmp(b.trim_end_matches(".yml")));
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
