//! Machines, and the components that name them.

use super::{Assembly, Machine};
use crate::{document::Document, kind::Kind, source::unknown};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

impl Assembly<'_> {
    /// All machines, none at the place of another.
    pub(super) fn machines(&mut self) -> BTreeMap<String, Machine> {
        let (mut all, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        for document in self.documents.iter().filter(|document| document.kind == Kind::Machine) {
            let address = document.specification.as_json()["ip"].as_str().unwrap_or_default().to_owned();
            let port = document.specification.as_json()["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(22);
            if let Some(other) = addresses.insert((address.clone(), port), &document.name) {
                let said = format!("`{}` and `{other}` are at the same address `{address}`", document.name);
                self.wrong(document, document.place(&["ip"]), "/specification/ip", said);
            }
            all.insert(document.name.clone(), Machine { address, port });
        }
        all
    }

    /// The wanted components and their machines, each of which exists.
    pub(super) fn components(&mut self, cluster: &Document, machines: &BTreeMap<String, Machine>) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::new();
        for (name, component) in cluster.specification.as_json()["components"].as_object().into_iter().flatten() {
            let listed: Vec<&str> = component["machines"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            let count = component.get("count").and_then(Json::as_u64);
            if count == Some(0) {
                continue;
            }
            let pointer = format!("/specification/components/{name}");
            let place = cluster.place(&["components", name]);
            let mut seen = BTreeSet::new();
            let nodes = cluster.node.at(&["specification", "components", name, "machines"]).map(crate::yaml::Node::items);
            for (index, machine) in listed.iter().enumerate() {
                let place = nodes.and_then(|nodes| nodes.get(index)).map_or(place, |node| node.place);
                let pointer = format!("{pointer}/machines/{index}");
                if !machines.contains_key(*machine) {
                    let said = unknown("machine", machine, machines.keys().map(String::as_str));
                    let hint = if said.contains("\nhint: ") {
                        ""
                    } else {
                        "\nhint: a machine is a document of the kind `infrastructure/machine`"
                    };
                    self.wrong(cluster, place, &pointer, said + hint);
                } else if !seen.insert(*machine) {
                    self.wrong(cluster, place, &pointer, format!("the machine `{machine}` is named twice"));
                }
            }
            match count {
                _ if listed.is_empty() => {
                    let said = format!("the component `{name}` names no machines\nhint: `count: 0` leaves it out");
                    self.wrong(cluster, place, &pointer, said);
                }
                Some(count) if count != listed.len() as u64 => {
                    let place = cluster.place(&["components", name, "count"]);
                    let said = format!("`{name}` has a count of {count}, and names {} machines", listed.len());
                    self.wrong(cluster, place, &format!("{pointer}/count"), said);
                }
                _ => {}
            }
            all.insert(name.clone(), listed.into_iter().map(str::to_owned).collect());
        }
        all
    }
}
