//! `module.yml`: what a module says of itself.

mod health;

pub use health::Check;

use super::Method;
use crate::{
    schema::Field,
    source::{Reader, Source, under, unknown},
    version::Version,
    yaml::{self, Node, Value},
};
use lsrepo_bom::{
    Misfit, ModuleName,
    module::{MatchExpression, Requires, Rule},
};
use lsrepo_types::{Arch, Os};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// What a module says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// the name of its folder
    pub name: ModuleName,
    /// of the module, not of what it installs
    pub version: Version,
    /// what it is for, in one line
    pub summary: String,
    /// what other modules' rules look at; `name` and `version` are among them
    pub labels: BTreeMap<String, String>,
    /// what must, and what should, be there
    pub requires: Requires,
    /// the modules that get to know of its machines
    pub influences: Vec<Rule>,
    /// on which machines its playbooks run
    pub scope: Scope,
    /// where it runs; everywhere where it is empty
    pub supported_os: BTreeSet<Os>,
    /// where it runs; everywhere where it is empty
    pub supported_architectures: BTreeSet<Arch>,
    /// what it claims to be able to do
    pub methods: BTreeSet<Method>,
    /// its roles, own ones and shared ones
    pub roles: Vec<String>,
    /// what its configuration may hold
    pub configuration: Field,
    /// what `apply` returns of each machine
    pub returns: Field,
    /// how one sees whether it is well
    pub health: Vec<Check>,
    /// what else its playbooks are told
    pub gets: BTreeSet<Extra>,
}

/// What playbooks are told where a module asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extra {
    /// how one sees whether the modules of the cluster are well
    Targets,
    /// the names of all modules of the cluster
    Modules,
    /// `configuration/image-registry`, where there is such a document
    ImageRegistry,
    /// `configuration/shared-config`, or its defaults
    SharedConfig,
}

impl Extra {
    /// All of them, with their words and the variables that playbooks get.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Targets, "targets", "lambdastack_targets"),
        (Self::Modules, "modules", "lambdastack_wanted"),
        (Self::ImageRegistry, "image-registry", "lambdastack_image_registry"),
        (Self::SharedConfig, "shared-config", "lambdastack_shared_config"),
    ];
}

impl FromStr for Extra {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, word, _)| *word == text).map(|(extra, ..)| *extra);
        found.ok_or_else(|| unknown("word", text, Self::ALL.map(|(_, word, _)| word)))
    }
}

/// On which machines the playbooks of a module run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// on those of its components
    #[default]
    Component,
    /// on those, and on all machines of the cluster
    Cluster,
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "component" => Ok(Self::Component),
            "cluster" => Ok(Self::Cluster),
            _ => Err(unknown("scope", text, ["component", "cluster"])),
        }
    }
}

const KEYS: [&str; 16] = [
    "kind",
    "name",
    "version",
    "summary",
    "labels",
    "requires",
    "influences",
    "scope",
    "supported_os",
    "supported_architectures",
    "methods",
    "roles",
    "configuration",
    "returns",
    "health",
    "gets",
];

impl Manifest {
    /// Reads `module.yml`. What is wrong is told; where it can still be used, it is.
    pub fn parse(source: &Source) -> (Option<Self>, Vec<Misfit>) {
        let mut nodes = match yaml::parse(source) {
            Ok(nodes) => nodes,
            Err(misfit) => return (None, vec![misfit]),
        };
        let mut reader = Reader::new(source);
        let manifest = match (nodes.pop(), nodes.is_empty()) {
            (Some(node), true) => read(&mut reader, &node),
            (Some(node), false) => {
                reader.wrong(node.place, "", "a module has one document, and here begins another");
                None
            }
            (None, _) => {
                reader.wrong(yaml::Place::default(), "", "it is empty");
                None
            }
        };
        (manifest, reader.misfits)
    }

    /// Whether it claims a method.
    pub fn has(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }
}

fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Manifest> {
    if !reader.map(node, "", &KEYS) {
        return None;
    }
    if let Some(kind) = reader.required_text(node, "", "kind").filter(|kind| *kind != "lambdastack-module") {
        let place = node.get("kind").map_or(node.place, |node| node.place);
        reader.wrong(place, "/kind", format!("expected the kind `lambdastack-module`, found `{kind}`"));
    }
    let name: Option<ModuleName> = parsed(reader, node, "name");
    let version: Option<Version> = parsed(reader, node, "version");
    let summary = reader.required_text(node, "", "summary").unwrap_or_default().to_owned();
    let mut labels = labels(reader, node);
    let methods = listed(reader, node, "methods").into_iter().collect();
    let roles = listed::<String>(reader, node, "roles");
    let supported_os = listed(reader, node, "supported_os").into_iter().collect();
    let all = node.get("supported_architectures").is_some_and(|node| node.items().iter().any(|item| item.text() == Some("all")));
    let architectures = if all { Vec::new() } else { listed(reader, node, "supported_architectures") };
    let requires = requires(reader, node);
    let influences = rules(reader, node.get("influences"), "/influences");
    let scope = if node.get("scope").is_some() { parsed(reader, node, "scope") } else { None };
    let fields = |reader: &mut Reader<'_>, key: &str| match node.get(key) {
        Some(node) => Field::read_record(reader, node, &under("", key)),
        None => Field::empty(),
    };
    let (configuration, returns) = (fields(reader, "configuration"), fields(reader, "returns"));
    // what cannot be read there is told once
    let readable = reader.misfits.iter().all(|misfit| !misfit.pointer.starts_with("/configuration"));
    let health = health::read(reader, node.get("health"), readable.then_some(&configuration));
    let gets = listed(reader, node, "gets").into_iter().collect();
    let (name, version) = (name?, version?);
    labels.insert("name".to_owned(), name.to_string());
    labels.insert("version".to_owned(), version.to_string());
    Some(Manifest {
        name,
        version,
        summary,
        labels,
        requires,
        influences,
        scope: scope.unwrap_or_default(),
        supported_os,
        supported_architectures: architectures.into_iter().collect(),
        methods,
        roles,
        configuration,
        returns,
        health,
        gets,
    })
}

fn parsed<T: FromStr<Err: fmt::Display>>(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<T> {
    let text = reader.required_text(node, "", key)?;
    let place = node.get(key).map_or(node.place, |node| node.place);
    text.parse().map_err(|why| reader.wrong(place, &under("", key), format!("{why}"))).ok()
}

/// A list of words; nothing where the key is not there.
fn listed<T: FromStr<Err: fmt::Display>>(reader: &mut Reader<'_>, node: &Node, key: &str) -> Vec<T> {
    let Some(list) = node.get(key) else { return Vec::new() };
    let pointer = under("", key);
    if !matches!(list.value, Value::List(_)) {
        reader.wrong(list.place, &pointer, format!("expected a list, found {}", list.kind()));
    }
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, item) in list.items().iter().enumerate() {
        let pointer = under(&pointer, &index.to_string());
        match item.text() {
            None => reader.wrong(item.place, &pointer, format!("expected text, found {}", item.kind())),
            Some(text) if !seen.insert(text) => reader.wrong(item.place, &pointer, format!("`{text}` is named twice")),
            Some(text) => match text.parse() {
                Ok(value) => all.push(value),
                Err(why) => reader.wrong(item.place, &pointer, format!("{why}")),
            },
        }
    }
    all
}

fn labels(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<String, String> {
    let Some(labels) = node.get("labels") else { return BTreeMap::new() };
    if !matches!(labels.value, Value::Map(_)) {
        reader.wrong(labels.place, "/labels", format!("expected a map, found {}", labels.kind()));
    }
    let mut all = BTreeMap::new();
    for (key, _) in labels.entries() {
        if ["name", "version"].contains(&key.text.as_str()) {
            reader.wrong(key.place, "/labels", format!("the label `{}` is the module's own and need not be written", key.text));
        }
        all.extend(reader.text(labels, "/labels", &key.text).map(|value| (key.text.clone(), value.to_owned())));
    }
    all
}

fn requires(reader: &mut Reader<'_>, node: &Node) -> Requires {
    let Some(requires) = node.get("requires") else { return Requires::default() };
    if !reader.map(requires, "/requires", &["strong", "weak"]) {
        return Requires::default();
    }
    Requires {
        strong: rules(reader, requires.get("strong"), "/requires/strong"),
        weak: rules(reader, requires.get("weak"), "/requires/weak"),
    }
}

fn rules(reader: &mut Reader<'_>, node: Option<&Node>, pointer: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    let Some(node) = node else { return rules };
    if !matches!(node.value, Value::List(_)) {
        reader.wrong(node.place, pointer, format!("expected a list of rules, found {}", node.kind()));
    }
    for (index, rule) in node.items().iter().enumerate() {
        let pointer = under(pointer, &index.to_string());
        if rule.items().is_empty() {
            reader.wrong(rule.place, &pointer, "expected a list of expressions: [{key: …, operator: …, values: […]}]");
        }
        let before = reader.misfits.len();
        let mut expressions = Vec::new();
        for (index, expression) in rule.items().iter().enumerate() {
            let pointer = under(&pointer, &index.to_string());
            match MatchExpression::deserialize(expression.to_json()) {
                Ok(expression) => expressions.push(expression),
                Err(why) => {
                    reader.wrong(expression.place, &pointer, why.to_string().replace("unknown variant", "unknown operator"));
                }
            }
        }
        if reader.misfits.len() == before && !expressions.is_empty() {
            rules.push(Rule(expressions));
        }
    }
    rules
}
