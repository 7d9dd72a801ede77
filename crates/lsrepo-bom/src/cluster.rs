//! A cluster's document, and which modules it takes.
//!
//! ```yaml
//! kind: lambdastack-cluster
//! specification:
//!   components:
//!     kafka: {count: 3}
//!     postgresql: {count: 0}
//! ```
//! A component with a count above zero is wanted; `bom/components.yml` says of which modules it is made, unless the
//! file brings a mapping of its own (`configuration/feature-mapping` or `configuration/feature-mappings`).

use crate::{
    error::{BomError, Misfit, from_yaml, from_yaml_stream},
    requirement::ModuleName,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Component → modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Components(pub BTreeMap<String, Vec<ModuleName>>);

impl Components {
    /// Reads the BOM's own mapping; `file` is named in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, BomError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            #[serde(rename = "kind")]
            _kind: Kind,
            components: BTreeMap<String, Vec<ModuleName>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Kind {
            Components,
        }
        from_yaml::<Document>(text, file).map(|document| Self(document.components))
    }
}

/// A cluster, as far as its downloads go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// those with a count above zero, sorted
    pub components: Vec<String>,
    /// which modules they are made of, where the file says so itself
    pub mapping: Option<Components>,
    /// whether it is used on a Kubernetes of somebody else
    pub k8s_as_cloud_service: bool,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    specification: Specification,
}

/// The parts of all kinds of documents that count here; documents of a cluster hold much more.
#[derive(Default, Deserialize)]
struct Specification {
    #[serde(default)]
    components: Option<BTreeMap<String, Component>>,
    #[serde(default)]
    roles_mapping: Option<BTreeMap<String, Vec<ModuleName>>>,
    #[serde(default)]
    mappings: Option<BTreeMap<String, Vec<ModuleName>>>,
    #[serde(default)]
    cloud: Option<Cloud>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    count: u32,
}

#[derive(Deserialize)]
struct Cloud {
    #[serde(default)]
    k8s_as_cloud_service: bool,
}

impl Cluster {
    /// Reads a stream of YAML documents; `file` is named in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, BomError> {
        let documents: Vec<Document> = from_yaml_stream(text, file)?;
        let (mut cluster, mut found) = (Self::default(), false);
        for Document { kind, specification } in documents {
            match kind.as_str() {
                "lambdastack-cluster" | "epiphany-cluster" => {
                    found = true;
                    let components = specification.components.unwrap_or_default();
                    cluster.components = components.into_iter().filter(|(_, one)| one.count > 0).map(|(name, _)| name).collect();
                    cluster.k8s_as_cloud_service = specification.cloud.is_some_and(|cloud| cloud.k8s_as_cloud_service);
                }
                "configuration/feature-mapping" | "configuration/feature-mappings" => {
                    cluster.mapping = specification.roles_mapping.or(specification.mappings).map(Components).or(cluster.mapping);
                }
                _ => {}
            }
        }
        match found {
            true => Ok(cluster),
            false => Err(BomError::Document(Box::new(Misfit {
                file: file.to_owned(),
                line: 0,
                column: 0,
                what: "no document of the kind `lambdastack-cluster` is in it".to_owned(),
                pointer: String::new(),
                text: String::new(),
            }))),
        }
    }

    /// The modules of each wanted component, and of the cloud service where it is used; a name without any in the error.
    pub fn modules(&self, known: &Components) -> Result<Vec<(String, Vec<ModuleName>)>, String> {
        let mapping = self.mapping.as_ref().unwrap_or(known);
        let mut all = Vec::new();
        for component in &self.components {
            match mapping.0.get(component) {
                Some(modules) => all.push((component.clone(), modules.clone())),
                None => {
                    let near = lsrepo_types::nearest(component, mapping.0.keys().map(String::as_str));
                    let hint = near.map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?"));
                    return Err(format!("nothing is known of the component `{component}`{hint}"));
                }
            }
        }
        if self.k8s_as_cloud_service {
            // Its charts observe a Kubernetes that has no machines of ours.
            all.push(("cloud".to_owned(), "k8s-as-cloud-service".parse().into_iter().collect()));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "kind: lambdastack-cluster\ntitle: x\nprovider: any\nspecification:\n  name: demo\n  components:\n    \
                           kafka: {count: 2, machines: [a, b]}\n    rabbitmq: {count: 0}\n    logging: {count: 1}\n";

    #[test]
    fn components_that_are_counted_are_wanted() {
        let known =
            Components::parse("kind: components\ncomponents: {kafka: [zookeeper, kafka], logging: [logging]}", "x").unwrap();
        let cluster = Cluster::parse(CLUSTER, "c.yml").unwrap();
        let names = |cluster: &Cluster| {
            cluster.modules(&known).unwrap().into_iter().flat_map(|(_, all)| all).map(|one| one.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(&cluster), ["zookeeper", "kafka", "logging"]);
        let own = "---\nkind: configuration/feature-mapping\nspecification:\n  available_roles: [{name: kafka, enabled: true}]\n  \
                   roles_mapping: {kafka: [kafka], logging: [kibana]}\n";
        assert_eq!(names(&Cluster::parse(&format!("---\n{CLUSTER}{own}"), "c.yml").unwrap()), ["kafka", "kibana"]);
    }

    #[test]
    fn what_is_no_cluster_or_unknown_is_said() {
        let error = Cluster::parse("kind: infrastructure/machine\n", "c.yml").unwrap_err().to_string();
        assert_eq!(error, "c.yml: no document of the kind `lambdastack-cluster` is in it");
        let cluster = Cluster::parse(&CLUSTER.replace("kafka", "kafke"), "c.yml").unwrap();
        let known = Components::parse("kind: components\ncomponents: {kafka: [kafka]}", "x").unwrap();
        assert!(cluster.modules(&known).unwrap_err().ends_with("did you mean `kafka`?"));
    }
}
