//! Indexes into a universe.

use super::universe::{Candidate, Dep, Error, Hidden, Means, Relation, Rich, SourceId, SourceInfo, Universe, Why};
use lsrepo_rpm::{
    NevraRef,
    primary::{self, Kind, Package, RelationRef},
    rich::{self, Expression},
};
use std::{fmt::Write as _, io::BufRead};

/// Below what a number here can say, with room to spare.
const MOST_BYTES: usize = 1 << 31;
const MOST_NUMBERS: usize = 1 << 29;

impl Universe {
    /// Adds an unpacked `primary.xml`.
    ///
    /// `module` says of a package that it belongs to a module stream that is not enabled; such packages are
    /// not there, and a hint says so. Of equal versions of equal priority the source counts that was added first.
    pub fn add(
        &mut self,
        primary: impl BufRead,
        source: SourceInfo,
        mut module: impl FnMut(&NevraRef<'_>) -> Option<String>,
    ) -> Result<SourceId, Error> {
        self.index.take();
        let too_large = |name: &str| Error::TooLarge { source_name: name.to_owned() };
        let number = u16::try_from(self.sources.len()).map_err(|_| too_large(&source.name))?;
        self.sources.push(source.clone());
        let mut reader = primary::Reader::new(primary);
        let mut scratch = Scratch::default();
        loop {
            let package = reader.next_package();
            let package = package.map_err(|problem| Error::Primary { source_name: source.name.clone(), problem })?;
            let Some(package) = package else { break };
            let nevra = package.nevra();
            let why = match self.architecture(nevra.arch) {
                None => Some(Why::Architecture),
                Some(_) if source.hides(&nevra) => Some(Why::Excluded),
                Some(_) => module(&nevra).map(|stream| Why::Module(stream.into())),
            };
            self.insert(package, number, why, &mut scratch);
            let numbers = self.strings.len().max(self.deps.len()).max(self.files.len()).max(self.relations.len());
            if numbers > MOST_NUMBERS || self.texts.len() > MOST_BYTES || self.strings.bytes() > MOST_BYTES {
                return Err(too_large(&source.name));
            }
        }
        Ok(SourceId(number))
    }

    fn insert(&mut self, package: &Package, source: u16, why: Option<Why>, scratch: &mut Scratch) {
        let nevra = package.nevra();
        let name = self.strings.intern(nevra.name);
        let arch = self.architecture(nevra.arch);
        scratch.evr.clear();
        spell(&mut scratch.evr, nevra.epoch, nevra.version, Some(nevra.release).filter(|release| !release.is_empty()));
        let evr = self.strings.intern(&scratch.evr);
        scratch.by_kind.iter_mut().for_each(Vec::clear);
        for relation in package.relations() {
            // What rpm itself can do is rpm's own affair.
            if relation.kind == Kind::Requires && relation.name.starts_with("rpmlib(") {
                continue;
            }
            let dep = self.dep(&relation, &mut scratch.evr);
            scratch.by_kind[relation.kind as usize].push(dep);
        }
        let own = self.relation(Relation { name, operator: lsrepo_rpm::Operator::Equal, evr });
        let provides = &mut scratch.by_kind[Kind::Provides as usize];
        if !provides.contains(&own) {
            provides.push(own);
        }
        let id = self.candidates.len() as u32;
        for path in package.files() {
            let path = self.strings.intern(path);
            if why.is_none() {
                self.files.push((path, id));
            }
        }
        let (None, Some(arch)) = (&why, arch) else {
            self.hidden.extend(why.map(|why| Hidden { name, evr, arch: nevra.arch.into(), why }));
            return;
        };
        let mut deps = [self.deps.len() as u32; Kind::ALL.len() + 1];
        for (kind, own) in scratch.by_kind.iter().enumerate() {
            self.deps.extend_from_slice(own);
            deps[kind + 1] = self.deps.len() as u32;
        }
        let start = self.texts.len() as u32;
        self.texts.push_str(package.href());
        let middle = self.texts.len() as u32;
        let checksum = package.checksum();
        self.texts.push_str(checksum.hex);
        let texts = [start, middle, self.texts.len() as u32];
        let size = package.size;
        self.candidates.push(Candidate { name, evr, arch, checksum_kind: checksum.kind, source, deps, texts, size });
    }

    fn dep(&mut self, relation: &RelationRef<'_>, scratch: &mut String) -> Dep {
        if relation.name.starts_with('(') {
            return self.rich(relation.name);
        }
        if relation.kind == Kind::Supplements
            && let Some(text) = package_and(relation.name)
        {
            return self.rich(&text);
        }
        let name = self.strings.intern(relation.name);
        match &relation.version {
            None => Dep::name(name),
            Some(version) => {
                scratch.clear();
                spell(scratch, version.epoch, version.version, version.release);
                let evr = self.strings.intern(scratch);
                self.relation(Relation { name, operator: version.operator, evr })
            }
        }
    }

    fn relation(&mut self, relation: Relation) -> Dep {
        let next = self.relations.len() as u32;
        let number = *self.relation_ids.entry(relation).or_insert(next);
        if number == next {
            self.relations.push(relation);
        }
        Dep::relation(number)
    }

    fn rich(&mut self, text: &str) -> Dep {
        if let Some(&known) = self.strings.find(text).and_then(|text| self.rich_ids.get(&text)) {
            return Dep::rich(known);
        }
        let tree = match rich::parse(text) {
            Ok(tree) => Ok(tree.map(&mut |leaf| self.leaf(&leaf))),
            Err(problem) => Err(problem.to_string().into()),
        };
        let text = self.strings.intern(text);
        let number = self.rich.len() as u32;
        self.rich.push(Rich { text, tree });
        self.rich_ids.insert(text, number);
        Dep::rich(number)
    }

    fn leaf(&mut self, leaf: &lsrepo_rpm::Relation) -> Dep {
        let name = self.strings.intern(&leaf.name);
        match &leaf.version {
            None => Dep::name(name),
            Some((operator, evr)) => {
                let mut text = String::new();
                spell(&mut text, evr.epoch, &evr.version, Some(&*evr.release).filter(|release| !release.is_empty()));
                let evr = self.strings.intern(&text);
                self.relation(Relation { name, operator: *operator, evr })
            }
        }
    }

    /// Calls `each` with every name in a dependency.
    pub(super) fn names(&self, dep: Dep, each: &mut impl FnMut(u32)) {
        match dep.means() {
            Means::Name(name) => each(name),
            Means::Relation(number) => each(self.relations[number as usize].name),
            Means::Rich(number) => {
                if let Ok(tree) = &self.rich[number as usize].tree {
                    let tree: &Expression<Dep> = tree;
                    tree.leaves(&mut |&leaf| match leaf.means() {
                        Means::Name(name) => each(name),
                        Means::Relation(number) => each(self.relations[number as usize].name),
                        // no tree has trees for leaves
                        Means::Rich(_) => {}
                    });
                }
            }
        }
    }
}

/// What is used again for every package.
#[derive(Default)]
struct Scratch {
    by_kind: [Vec<Dep>; Kind::ALL.len()],
    evr: String,
}

impl SourceInfo {
    fn hides(&self, nevra: &NevraRef<'_>) -> bool {
        let fits = |pattern: &String| super::names::fits(pattern, nevra);
        self.exclude.iter().any(fits) || !self.includepkgs.is_empty() && !self.includepkgs.iter().any(fits)
    }
}

fn spell(text: &mut String, epoch: u32, version: &str, release: Option<&str>) {
    // A version with a colon would else be taken for one with an epoch.
    if epoch > 0 || version.contains(':') {
        let _ = write!(text, "{epoch}:");
    }
    text.push_str(version);
    if let Some(release) = release {
        text.push('-');
        text.push_str(release);
    }
}

/// `(a and pattern:b)` of `packageand(a:pattern:b)`, as SUSE wrote it before there were rich dependencies.
fn package_and(name: &str) -> Option<String> {
    let inside = name.strip_prefix("packageand(")?.strip_suffix(')')?;
    let mut parts: Vec<String> = Vec::new();
    for word in inside.split(':') {
        match parts.last_mut().filter(|last| *last == "pattern") {
            Some(last) => *last = format!("pattern:{word}"),
            None => parts.push(word.to_owned()),
        }
    }
    (parts.len() > 1 && parts.iter().all(|part| !part.is_empty())).then(|| format!("({})", parts.join(" and ")))
}
