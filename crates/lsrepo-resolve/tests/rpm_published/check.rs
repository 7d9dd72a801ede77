//! Whether a set of packages is right, by the index alone: no part of the solver is used.

use lsrepo_rpm::{
    Evr, Operator, Relation,
    primary::{Kind, Reader, Version},
    rich::{self, Expression},
};
use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    path::Path,
};

/// A package as plain values.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) evr: Evr,
    pub(crate) arch: String,
    pub(crate) href: String,
    pub(crate) checksum: String,
    relations: Vec<(Kind, Relation)>,
    files: Vec<String>,
}

impl Package {
    pub(crate) fn with_epoch(&self) -> String {
        let Evr { epoch, version, release } = &self.evr;
        format!("{}-{epoch}:{version}-{release}.{}", self.name, self.arch)
    }

    pub(crate) fn full_name(&self) -> String {
        format!("{}-{}.{}", self.name, self.evr, self.arch)
    }

    fn all(&self, wanted: Kind) -> impl Iterator<Item = &Relation> {
        self.relations.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, relation)| relation)
    }
}

/// All packages of a repository, with all their files.
pub(crate) fn read(repository: &Path) -> Vec<Package> {
    let primary = super::index(repository, "primary.xml").unwrap();
    let mut reader = Reader::new(primary.as_slice());
    let mut all = Vec::new();
    let evr = |version: &Version<'_>| Evr {
        epoch: version.epoch,
        version: version.version.into(),
        release: version.release.unwrap_or_default().into(),
    };
    while let Some(package) = reader.next_package().unwrap() {
        let nevra = package.nevra();
        let relations = package.relations().map(|relation| {
            let version = relation.version.map(|version| (version.operator, evr(&version)));
            (relation.kind, Relation { name: relation.name.into(), version, pre: relation.pre })
        });
        all.push(Package {
            name: nevra.name.into(),
            evr: Evr { epoch: nevra.epoch, version: nevra.version.into(), release: nevra.release.into() },
            arch: nevra.arch.into(),
            href: package.href().into(),
            checksum: package.checksum().hex.into(),
            relations: relations.collect(),
            files: package.files().map(str::to_owned).collect(),
        });
    }
    if let Some(filelists) = super::index(repository, "filelists.xml") {
        let by_digest: HashMap<String, usize> =
            all.iter().enumerate().map(|(at, package)| (package.checksum.clone(), at)).collect();
        let mut files: Vec<(usize, String)> = Vec::new();
        let read = lsrepo_rpm::filelists::read(filelists.as_slice(), |digest, _, path| {
            files.extend(by_digest.get(digest).map(|&at| (at, path.to_owned())));
        });
        read.unwrap();
        files.into_iter().for_each(|(at, path)| all[at].files.push(path));
    }
    all
}

/// Who provides something, and in which versions.
type Offer = (usize, Option<(Operator, Evr)>);

/// Everything that is wrong with a set: nothing, if it can be installed and answers the requests.
pub(crate) fn problems(set: &[&Package], requests: &[&str]) -> Vec<String> {
    let mut offers: HashMap<&str, Vec<Offer>> = HashMap::new();
    for (at, package) in set.iter().enumerate() {
        offers.entry(&package.name).or_default().push((at, Some((Operator::Equal, package.evr.clone()))));
        for relation in package.all(Kind::Provides) {
            offers.entry(&relation.name).or_default().push((at, relation.version.clone()));
        }
        package.files.iter().for_each(|path| offers.entry(path).or_default().push((at, None)));
    }
    let who = |relation: &Relation| -> BTreeSet<usize> {
        let all = offers.get(relation.name.as_str()).into_iter().flatten();
        all.filter(|(_, offered)| overlap(offered.as_ref(), relation.version.as_ref())).map(|&(at, _)| at).collect()
    };
    let holds = |relation: &Relation| match relation.name.starts_with('(') {
        true => formula(&rich::parse(&relation.name).unwrap(), &who),
        false => !who(relation).is_empty(),
    };
    let mut wrong = Vec::new();
    for (at, package) in set.iter().enumerate() {
        let name = package.full_name();
        for relation in package.all(Kind::Requires).filter(|relation| !relation.name.starts_with("rpmlib(")) {
            if !holds(relation) {
                wrong.push(format!("{name} lacks {relation}"));
            }
        }
        for relation in package.all(Kind::Conflicts) {
            let hit = match relation.name.starts_with('(') {
                true => holds(relation),
                false => who(relation).into_iter().any(|other| other != at),
            };
            if hit {
                wrong.push(format!("{name} conflicts with {relation}"));
            }
        }
        for (_, other) in set.iter().enumerate().filter(|(other, _)| *other != at) {
            let own = Some((Operator::Equal, other.evr.clone()));
            let obsoletes = |relation: &&Relation| relation.name == other.name && overlap(own.as_ref(), relation.version.as_ref());
            if package.all(Kind::Obsoletes).any(|relation| obsoletes(&relation)) {
                wrong.push(format!("{name} obsoletes {}", other.full_name()));
            }
            if other.name == package.name && other.arch == package.arch && !package.name.starts_with("kernel") {
                wrong.push(format!("{name} twice"));
            }
        }
    }
    for request in requests {
        let named = set.iter().any(|package| package.name == **request || package.full_name() == **request);
        let relation = Relation { name: (*request).to_owned(), version: None, pre: false };
        if !named && who(&relation).is_empty() {
            wrong.push(format!("{request} is not there"));
        }
    }
    wrong
}

fn formula(tree: &Expression, who: &impl Fn(&Relation) -> BTreeSet<usize>) -> bool {
    match tree {
        Expression::And(all) => all.iter().all(|one| formula(one, who)),
        Expression::Or(all) => all.iter().any(|one| formula(one, who)),
        Expression::If(parts) => match formula(&parts.condition, who) {
            true => formula(&parts.then, who),
            false => parts.otherwise.as_ref().is_none_or(|one| formula(one, who)),
        },
        Expression::Unless(parts) => match formula(&parts.condition, who) {
            true => parts.otherwise.as_ref().is_some_and(|one| formula(one, who)),
            false => formula(&parts.then, who),
        },
        Expression::Is(_) | Expression::With(_) | Expression::Without(_) => !set(tree, who).is_empty(),
    }
}

fn set(tree: &Expression, who: &impl Fn(&Relation) -> BTreeSet<usize>) -> BTreeSet<usize> {
    match tree {
        Expression::Is(relation) => who(relation),
        Expression::Or(all) => all.iter().flat_map(|one| set(one, who)).collect(),
        Expression::With(all) | Expression::And(all) => {
            let sets = all.iter().map(|one| set(one, who));
            sets.reduce(|a, b| a.intersection(&b).copied().collect()).unwrap_or_default()
        }
        Expression::Without(pair) => set(&pair.0, who).difference(&set(&pair.1, who)).copied().collect(),
        Expression::If(_) | Expression::Unless(_) => BTreeSet::new(),
    }
}

/// Whether two ranges of versions have one in common; a missing release is any.
fn overlap(a: Option<&(Operator, Evr)>, b: Option<&(Operator, Evr)>) -> bool {
    let (Some((left, a)), Some((right, b))) = (a, b) else { return true };
    let mut order = a.epoch.cmp(&b.epoch).then_with(|| lsrepo_rpm::evr::compare(&a.version, &b.version));
    if order.is_eq() && !a.release.is_empty() && !b.release.is_empty() {
        order = lsrepo_rpm::evr::compare(&a.release, &b.release);
    }
    let admits = |operator: &Operator, order| operator.admits(order);
    match order {
        Ordering::Equal => {
            [Ordering::Less, Ordering::Equal, Ordering::Greater].iter().any(|&o| admits(left, o) && admits(right, o))
        }
        Ordering::Less => admits(left, Ordering::Greater) || admits(right, Ordering::Less),
        Ordering::Greater => admits(left, Ordering::Less) || admits(right, Ordering::Greater),
    }
}
