//! What a candidate needs and what it excludes, resolved to candidates.
//!
//! The options of a dependency stand in the order in which apt tries them: the alternatives as written,
//! of each the real package (the native one first) before its providers; and only then
//! the versions that are nobody's first choice, which apt would never look at.

use super::{
    universe::MultiArch,
    view::{Node, View},
};
use crate::CandidateId;
use lsrepo_deb::dependency::{self, Operator, Relation};
use std::cmp::Reverse;

/// How much a dependency binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    Hard,
    /// Recommends or Suggests, as far as the policy follows them
    Soft,
}

#[derive(Debug)]
pub(super) struct Need<'a> {
    pub(super) strength: Strength,
    pub(super) alternatives: Vec<Relation<'a>>,
    /// what would meet it, the first to try in front
    pub(super) options: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Against<'a> {
    /// none for the other architectures of the own name
    pub(super) relation: Option<Relation<'a>>,
    pub(super) hits: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Relations<'a> {
    pub(super) needs: Vec<Need<'a>>,
    pub(super) against: Vec<Against<'a>>,
    /// what is wrong with the fields, where they cannot be read
    pub(super) unreadable: Option<String>,
}

impl<'a> Relations<'a> {
    pub(super) fn read(view: &View<'_, 'a>, id: u32) -> Self {
        if view.known(id).is_none() {
            return Self::default();
        }
        Self::parse(view, id).unwrap_or_else(|problem| Self { unreadable: Some(problem), ..Self::default() })
    }

    fn parse(view: &View<'_, 'a>, id: u32) -> Result<Self, String> {
        let stanza = view.universe.candidate(CandidateId(id));
        let node = view.node(id);
        let word = view.universe.architectures[node.arch as usize].as_str();
        let parse = |field: &'static str, text: Option<&'a str>| match text {
            Some(text) => dependency::parse_for(text, word).map_err(|problem| format!("{field}: {problem}")),
            None => Ok(Vec::new()),
        };
        if let Some(text) = stanza.provides {
            dependency::provides(text).map_err(|problem| format!("Provides: {problem}"))?;
        }
        let mut all = Self::default();
        let hard = [("Pre-Depends", stanza.pre_depends), ("Depends", stanza.depends)];
        let recommends = view.recommends.then_some(("Recommends", stanza.recommends));
        let suggests = view.suggests.then_some(("Suggests", stanza.suggests));
        // The order of the fields is the order in which apt follows them.
        for (field, text) in hard.into_iter().chain(recommends).chain(suggests) {
            let strength = if field.ends_with("Depends") { Strength::Hard } else { Strength::Soft };
            for alternatives in parse(field, text)? {
                let options = options(view, &alternatives, node.arch);
                all.needs.push(Need { strength, alternatives, options });
            }
        }
        // What is present has what it needs: a dependency that nothing else present meets is met by something
        // that we were not told of.
        if view.is_present(id) {
            all.needs.retain(|need| need.options.iter().any(|&option| view.is_present(option)));
        }
        for (field, text) in [("Conflicts", stanza.conflicts), ("Breaks", stanza.breaks)] {
            for relation in parse(field, text)?.into_iter().flatten() {
                let hits = hits(view, &relation, node);
                all.against.push(Against { relation: Some(relation), hits });
            }
        }
        let hits = other_architectures(view, id);
        if !hits.is_empty() {
            all.against.push(Against { relation: None, hits });
        }
        Ok(all)
    }

    /// Everything that cannot stand beside the candidate.
    pub(super) fn excluded(&self) -> impl Iterator<Item = u32> + '_ {
        self.against.iter().flat_map(|against| against.hits.iter().copied())
    }
}

/// What would meet one of the alternatives, for a package of that architecture.
pub(super) fn options(view: &View<'_, '_>, alternatives: &[Relation<'_>], arch: u8) -> Vec<u32> {
    let mut options = Vec::new();
    for relation in alternatives {
        append_real(view, relation, arch, &mut options);
        append_providers(view, relation, arch, &mut options);
    }
    // A stable partition; a sort by a flag is one.
    if options.len() > 1 {
        options.sort_by_key(|&id| !view.is_first_choice(id));
    }
    options
}

fn append_real(view: &View<'_, '_>, relation: &Relation<'_>, arch: u8, options: &mut Vec<u32>) {
    let Some(name) = view.name(relation.name) else { return };
    for other in 0..view.universe.architectures.len() as u8 {
        for &id in view.candidates(Node { name, arch: other }).iter() {
            if fits_architecture(view, id, arch, relation.qualifier) && admits(relation, Some(view.version(id))) {
                append(options, id);
            }
        }
    }
}

fn append_providers(view: &View<'_, '_>, relation: &Relation<'_>, arch: u8, options: &mut Vec<u32>) {
    let mut found: Vec<u32> = Vec::new();
    if let Some(name) = view.name(relation.name) {
        let fits = |&(id, version): &(u32, Option<&str>)| {
            fits_architecture(view, id, arch, relation.qualifier) && admits(relation, version)
        };
        found.extend(view.providers(name).iter().filter(|provided| fits(provided)).map(|&(id, _)| id));
    }
    // `Provides: name:any` is an explicit word for the qualified name only.
    if relation.qualifier == Some("any")
        && let Some(name) = view.name(&format!("{}:any", relation.name))
    {
        found.extend(view.providers(name).iter().filter(|(_, version)| admits(relation, *version)).map(|&(id, _)| id));
    }
    if found.len() > 1 {
        // Between equals apt takes the name that it met last when it read the indexes. The numbers here are
        // given in nearly the same order (apt also counts names that are only depended on).
        let order = |id: u32| {
            let node = view.node(id);
            let rank = view.known(id).map_or(4, |known| known.rank);
            let place = view.candidates(node).iter().position(|&other| other == id);
            let present = view.is_present(id);
            (Reverse(present), Reverse(view.essential(id)), node.arch, rank, Reverse(node.name), place)
        };
        found.sort_by_key(|&id| order(id));
    }
    found.into_iter().for_each(|id| append(options, id));
}

fn append(options: &mut Vec<u32>, id: u32) {
    if !options.contains(&id) {
        options.push(id);
    }
}

/// What a Conflicts or Breaks of a package hits. It never hits its own name: not itself, not its other
/// versions (of which none can stand beside it anyway), and not its other architectures, which have a
/// rule of their own.
fn hits(view: &View<'_, '_>, relation: &Relation<'_>, own: Node) -> Vec<u32> {
    let Some(name) = view.name(relation.name) else { return Vec::new() };
    let mut hits = Vec::new();
    let concerns = |id: u32| match relation.qualifier {
        None => true,
        qualifier => fits_architecture(view, id, own.arch, qualifier),
    };
    if name != own.name {
        for arch in 0..view.universe.architectures.len() as u8 {
            let all = view.candidates(Node { name, arch });
            hits.extend(all.iter().copied().filter(|&id| concerns(id) && admits(relation, Some(view.version(id)))));
        }
    }
    for (id, version) in view.providers(name) {
        if view.node(id).name != own.name && concerns(id) && admits(relation, version) && !hits.contains(&id) {
            hits.push(id);
        }
    }
    hits
}

/// The other architectures of the name: only the same version, and only where both say `same`.
fn other_architectures(view: &View<'_, '_>, id: u32) -> Vec<u32> {
    let node = view.node(id);
    let same = view.multi_arch(id) == MultiArch::Same;
    let others = (0..view.universe.architectures.len() as u8).filter(|&arch| arch != node.arch);
    others
        .flat_map(|arch| view.candidates(Node { name: node.name, arch }).to_vec())
        .filter(|&other| !(same && view.multi_arch(other) == MultiArch::Same && view.version(other) == view.version(id)))
        .collect()
}

fn fits_architecture(view: &View<'_, '_>, id: u32, from: u8, qualifier: Option<&str>) -> bool {
    let arch = view.node(id).arch;
    match qualifier {
        None => arch == from || view.multi_arch(id) == MultiArch::Foreign,
        Some("any") => view.multi_arch(id) == MultiArch::Allowed,
        Some("native") => arch == 0,
        Some(word) => view.universe.architecture(word) == Some(arch),
    }
}

/// Whether the version fits; none is an unversioned Provides, which never meets a version.
pub(super) fn admits(relation: &Relation<'_>, version: Option<&str>) -> bool {
    match (&relation.version, version) {
        (None, _) => true,
        (Some((operator, wanted)), Some(version)) => operator.admits(version, wanted),
        (Some(_), None) => false,
    }
}

/// A dependency as its author wrote it, up to spaces.
pub(super) fn text(alternatives: &[Relation<'_>]) -> String {
    let one = |relation: &Relation<'_>| {
        let qualifier = relation.qualifier.map(|word| format!(":{word}")).unwrap_or_default();
        let version = relation.version.as_ref().map(|(operator, version)| format!(" ({} {version})", sign(operator)));
        format!("{}{qualifier}{}", relation.name, version.unwrap_or_default())
    };
    alternatives.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn sign(operator: &Operator) -> &'static str {
    match operator {
        Operator::Less => "<<",
        Operator::LessEqual => "<=",
        Operator::Equal => "=",
        Operator::GreaterEqual => ">=",
        Operator::Greater => ">>",
    }
}
