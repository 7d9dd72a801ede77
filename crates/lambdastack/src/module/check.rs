//! Whether a module is what it claims to be: every lie is found, and each has its own message.

use super::{
    ALL_MACHINES, Catalogue, Files, Manifest, Method, Scope,
    catalogue::SHARED,
    group, playbook,
    tasks::{self, Findings},
    variables,
};
use crate::{
    order,
    source::{Reader, Source, unknown},
    yaml::{self, Node, Place},
};
use lsrepo_bom::{Misfit, module::Rule};
use lsrepo_types::nearest;
use std::collections::{BTreeMap, BTreeSet};

/// What an audit hands back.
const AUDIT: [&str; 2] = ["differences", "in_order"];

/// The shared role that hands back what an upgrade would install.
const UPGRADE: &str = "upgrade";

/// All that is wrong with the module in the folder `folder`, whose files are named below `prefix/folder`.
/// Roles that are shared, and modules that others provide, are looked up in `known`.
pub fn check(folder: &str, prefix: &str, files: &Files, known: &Catalogue) -> Vec<Misfit> {
    let prefix = if prefix.is_empty() { folder.to_owned() } else { format!("{prefix}/{folder}") };
    let Some(source) = files.source(&prefix, "module.yml") else {
        let source = Source::new(format!("{prefix}/module.yml"), "");
        return vec![source.misfit(Place::default(), "", "there is no such file: a module says there what it is")];
    };
    let (manifest, misfits) = Manifest::parse(&source);
    let Some(manifest) = manifest else { return misfits };
    // a wrong name is one lie, and not another one in each playbook
    let group = group(folder);
    let mut checked = Checked { files, known, prefix: &prefix, manifest: &manifest, group, source: &source, misfits };
    checked.claims(folder);
    checked.rules();
    let used = checked.playbooks();
    checked.roles(&used);
    checked.variables();
    checked.misfits
}

struct Checked<'a> {
    files: &'a Files,
    known: &'a Catalogue,
    prefix: &'a str,
    manifest: &'a Manifest,
    /// the machines on which its playbooks have to run
    group: String,
    source: &'a Source,
    misfits: Vec<Misfit>,
}

impl Checked<'_> {
    /// Something is wrong with what is written in `module.yml`; the whole of it where `keys` is empty.
    fn wrong(&mut self, keys: &[&str], what: String) {
        let node = yaml::parse(self.source).ok().and_then(|mut nodes| nodes.pop());
        let place = match keys {
            [] => Place::default(),
            [key] => node.as_ref().and_then(|node| node.get(key)).map_or(Place::default(), |node| node.place),
            [key, word, ..] => {
                let item = |list: &Node| list.items().iter().find(|item| item.text() == Some(word)).map(|item| item.place);
                node.as_ref().and_then(|node| node.get(key)).map_or(Place::default(), |list| item(list).unwrap_or(list.place))
            }
        };
        self.misfits.push(self.source.misfit(place, "", what));
    }

    fn missing(&mut self, path: &str, what: String) {
        let source = Source::new(format!("{}/{path}", self.prefix), "");
        self.misfits.push(source.misfit(Place::default(), "", what));
    }

    /// The name, and the methods against the playbooks that are there.
    fn claims(&mut self, folder: &str) {
        if self.manifest.name.as_str() != folder {
            self.wrong(&["name"], format!("the module is called `{}`, and its folder `{folder}`", self.manifest.name));
        }
        for method in Method::ALL {
            let claimed = self.manifest.has(method);
            let playbook = method.playbook();
            let there = playbook.as_ref().is_some_and(|path| self.files.has(path));
            if method.is_required() && !claimed {
                self.wrong(&["methods"], format!("every module has the method `{method}`, and this one does not claim it"));
            }
            match playbook {
                Some(path) if claimed && !there => {
                    self.wrong(&["methods", method.word()], format!("the method `{method}` is claimed, and there is no `{path}`"));
                }
                Some(path) if !claimed && there && !method.is_required() => {
                    self.missing(&path, format!("the method `{method}` is there, and `module.yml` does not claim it"));
                }
                _ => {}
            }
        }
        for name in self.files.below("playbooks") {
            if name
                .strip_suffix(".yml")
                .is_none_or(|word| word.parse::<Method>().map_or(true, |method| method.playbook().is_none()))
            {
                self.missing(&format!("playbooks/{name}"), "it is no playbook of a method".to_owned());
            }
        }
    }

    /// Whether anybody at all can give what is required.
    fn rules(&mut self) {
        let own = |rule: &Rule| rule.matches(&self.manifest.labels) || rule.matches(&order::infrastructure());
        let none = |rule: &Rule| !own(rule) && order::providers(rule, self.known).is_empty();
        for rule in self.manifest.requires.strong.iter().filter(|rule| none(rule)) {
            self.wrong(&["requires"], format!("no module that is known has {rule}, and it is required"));
        }
        for rule in [&self.manifest.requires.strong[..], &self.manifest.influences].concat() {
            if rule.matches(&self.manifest.labels) {
                self.wrong(&["name"], format!("the rule {rule} is fulfilled by the module itself"));
            }
        }
    }

    /// Every playbook that is there; gives the roles that they use.
    fn playbooks(&mut self) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for method in Method::ALL {
            let Some(path) = method.playbook() else { continue };
            if !self.files.has(&path) {
                continue;
            }
            let Some(source) = self.files.source(self.prefix, &path) else {
                self.missing(&path, "it is not text".to_owned());
                continue;
            };
            let groups = [self.group.as_str(), ALL_MACHINES];
            let groups = if self.manifest.scope == Scope::Cluster { &groups[..] } else { &groups[..1] };
            let (found, misfits) = playbook::read(&source, groups);
            let readable = misfits.is_empty();
            self.misfits.extend(misfits);
            for (role, place) in &found.roles {
                if !self.manifest.roles.contains(role) {
                    let said = match nearest(role, self.manifest.roles.iter().map(String::as_str)) {
                        Some(near) => format!("unknown role `{role}`\nhint: did you mean `{near}`?"),
                        None => format!("the role `{role}` is used, and `roles` of module.yml does not name it"),
                    };
                    self.misfits.push(source.misfit(*place, "", said));
                }
                used.insert(role.clone());
            }
            // what cannot be read may well hand something back
            if readable {
                self.returned(method, &source, &found);
            }
        }
        used
    }

    /// Whether what comes back has the expected form.
    fn returned(&mut self, method: Method, source: &Source, found: &Findings) {
        let fields: Vec<&str> = self.manifest.returns.fields().iter().map(|(name, _)| name.as_str()).collect();
        let (name, mut expected) = match method {
            Method::Apply => ("lambdastack_returns", fields),
            Method::Audit => ("lambdastack_audit", AUDIT.to_vec()),
            Method::Upgrade => ("lambdastack_upgrade", Vec::new()),
            _ => return,
        };
        if method == Method::Upgrade && found.roles.iter().any(|(role, _)| role == UPGRADE) {
            return;
        }
        expected.sort_unstable();
        let Some((_, keys, place)) = found.returned.iter().find(|(one, ..)| one == name) else {
            let said =
                format!("the method `{method}` hands nothing back\nhint: `ansible.builtin.set_stats` with `{name}` in `data`");
            self.misfits.push(source.misfit(Place::default(), "", said));
            return;
        };
        for key in keys.iter().filter(|key| !expected.contains(&key.as_str())) {
            self.misfits.push(source.misfit(*place, "", format!("it hands back `{key}`, which is not described")));
        }
        for key in expected.iter().filter(|key| !keys.iter().any(|one| one == *key)) {
            self.misfits.push(source.misfit(*place, "", format!("it does not hand back `{key}`, which is promised")));
        }
    }

    /// Roles that are named, used and there.
    fn roles(&mut self, used: &BTreeSet<String>) {
        let folders: BTreeMap<&str, bool> = self.files.below("roles").into_iter().map(|name| (name, true)).collect();
        for role in &self.manifest.roles {
            let own = folders.contains_key(role.as_str());
            let shared = self.known.shared.has(&format!("{role}/tasks/main.yml"));
            match () {
                () if !own && !shared => {
                    let said = format!("the role `{role}` is neither in `roles/` of the module nor in `{SHARED}/` beside it");
                    self.wrong(&["roles", role], said);
                }
                () if !used.contains(role) => self.wrong(&["roles", role], format!("no playbook uses the role `{role}`")),
                () if own => self.role(role),
                () => {}
            }
        }
        for name in folders.keys().filter(|name| !self.manifest.roles.iter().any(|role| role == *name)) {
            self.missing(&format!("roles/{name}"), format!("the role `{name}` is there, and `module.yml` does not name it"));
        }
    }

    fn role(&mut self, role: &str) {
        let folder = format!("roles/{role}");
        if !self.files.has(&format!("{folder}/tasks/main.yml")) {
            return self.missing(&format!("{folder}/tasks/main.yml"), format!("the role `{role}` has no tasks"));
        }
        let (mut handlers, mut notified) = (Vec::new(), Vec::new());
        for part in ["handlers", "tasks"] {
            let below = format!("{folder}/{part}");
            for name in self.files.below(&below) {
                let Some(source) = self.files.source(self.prefix, &format!("{below}/{name}")) else { continue };
                let (found, misfits) = list(&source);
                self.misfits.extend(misfits);
                if part == "handlers" {
                    handlers.extend(found.names);
                }
                let named = [(&found.templates, "templates"), (&found.copies, "files"), (&found.includes, part)];
                for (names, kind) in named {
                    for (name, place) in names.iter().filter(|(name, _)| !self.files.has(&format!("{folder}/{kind}/{name}"))) {
                        let said = format!("there is no `{kind}/{name}` in the role `{role}`");
                        self.misfits.push(source.misfit(*place, "", said));
                    }
                }
                notified.extend(found.notified.into_iter().map(|(name, place)| (name, place, source.clone())));
            }
        }
        for (name, place, source) in notified.iter().filter(|(name, ..)| !name.contains("{{") && !handlers.contains(name)) {
            self.misfits.push(source.misfit(*place, "", unknown("handler", name, handlers.iter().map(String::as_str))));
        }
    }

    fn variables(&mut self) {
        for path in self.files.0.keys().filter(|path| *path != "module.yml") {
            if let Some(source) = self.files.source(self.prefix, path) {
                self.misfits.extend(variables::check(&source, &self.manifest.configuration));
            }
        }
    }
}

/// A file that is a list of tasks.
fn list(source: &Source) -> (Findings, Vec<Misfit>) {
    let mut found = Findings::default();
    match yaml::parse(source) {
        Err(misfit) => (found, vec![misfit]),
        Ok(nodes) => {
            let mut reader = Reader::new(source);
            nodes.iter().for_each(|node| tasks::walk(&mut reader, node, "", &mut found));
            (found, reader.misfits)
        }
    }
}
