//! Thousands of small random universes: a set is found exactly where there is one, and it is right.
//! The judge is code of its own: it tries all sets, over the same universe as plain values.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod story;

use std::collections::BTreeMap;
use story::{Story, words};

/// Small, fast, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % sides
    }
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[derive(Clone, Default)]
struct Package {
    name: usize,
    version: usize,
    depends: Vec<Vec<Atom>>,
    conflicts: Vec<Atom>,
    provides: Vec<(usize, Option<usize>)>,
}

/// A name, maybe with `>=`, `=` or `<<` and a version. The names 6 and 7 are virtual.
#[derive(Clone, Copy)]
struct Atom(usize, Option<(&'static str, usize)>);

fn spell(name: usize) -> &'static str {
    ["a", "b", "c", "d", "e", "f", "v", "w"][name]
}

impl Atom {
    fn random(dice: &mut Dice) -> Self {
        let version = (dice.roll(3) == 0).then(|| ([">=", "=", "<<"][dice.roll(3)], 1 + dice.roll(3)));
        Atom(dice.roll(8), version)
    }

    fn text(self) -> String {
        match self.1 {
            Some((operator, version)) => format!("{} ({operator} {version})", spell(self.0)),
            None => spell(self.0).to_owned(),
        }
    }

    fn met_by(self, package: &Package, own: bool) -> bool {
        let fits = |version: Option<usize>| match (self.1, version) {
            (None, _) => true,
            (Some((operator, wanted)), Some(version)) => match operator {
                ">=" => version >= wanted,
                "=" => version == wanted,
                _ => version < wanted,
            },
            (Some(_), None) => false,
        };
        own && package.name == self.0 && fits(Some(package.version))
            || package.provides.iter().any(|&(name, version)| name == self.0 && fits(version))
    }
}

fn universe(dice: &mut Dice) -> Vec<Package> {
    let mut all = Vec::new();
    for name in 0..NAMES.len() {
        for version in 1..=1 + dice.roll(2) {
            let mut package = Package { name, version, ..Package::default() };
            for _ in 0..dice.roll(3) {
                package.depends.push((0..1 + dice.roll(2)).map(|_| Atom::random(dice)).collect());
            }
            package.conflicts.extend((dice.roll(3) == 0).then(|| Atom::random(dice)));
            if dice.roll(3) == 0 {
                package.provides.push((6 + dice.roll(2), (dice.roll(2) == 0).then(|| 1 + dice.roll(3))));
            }
            all.push(package);
        }
    }
    all
}

fn text(universe: &[Package]) -> String {
    let list = |atoms: &[Atom], by: &str| atoms.iter().map(|atom| atom.text()).collect::<Vec<_>>().join(by);
    let mut text = String::new();
    for package in universe {
        text += &format!("pkg {} {} amd64\n", spell(package.name), package.version);
        let depends: Vec<String> = package.depends.iter().map(|clause| list(clause, " | ")).collect();
        if !depends.is_empty() {
            text += &format!("  Depends: {}\n", depends.join(", "));
        }
        if !package.conflicts.is_empty() {
            text += &format!("  Conflicts: {}\n", list(&package.conflicts, ", "));
        }
        if let Some((name, version)) = package.provides.first() {
            let version = version.map(|version| format!(" (= {version})")).unwrap_or_default();
            text += &format!("  Provides: {}{version}\n", spell(*name));
        }
    }
    text
}

fn is_right(set: &[&Package], requests: &[usize]) -> bool {
    let depends = |package: &&Package| {
        package.depends.iter().all(|clause| clause.iter().any(|atom| set.iter().any(|other| atom.met_by(other, true))))
    };
    let stands = |package: &&Package| {
        let hits = |other: &&Package| other.name != package.name && package.conflicts.iter().any(|atom| atom.met_by(other, true));
        !set.iter().any(hits)
    };
    requests.iter().all(|&name| set.iter().any(|package| package.name == name)) && set.iter().all(|p| depends(p) && stands(p))
}

fn exists(universe: &[Package], requests: &[usize]) -> bool {
    let by_name: Vec<Vec<&Package>> =
        (0..NAMES.len()).map(|name| universe.iter().filter(|package| package.name == name).collect()).collect();
    let choices = by_name.iter().map(|versions| versions.len() + 1);
    let total: usize = choices.clone().product();
    (0..total).any(|mut number| {
        let mut set = Vec::new();
        for versions in &by_name {
            let choice = number % (versions.len() + 1);
            number /= versions.len() + 1;
            set.extend(versions.get(choice));
        }
        is_right(&set.into_iter().copied().collect::<Vec<_>>(), requests)
    })
}

#[test]
fn a_set_is_found_where_there_is_one_and_it_is_right() {
    let mut dice = Dice(7);
    let mut counts = BTreeMap::new();
    for round in 0..3000 {
        let universe = universe(&mut dice);
        let requests: Vec<usize> = (0..1 + dice.roll(3)).map(|_| dice.roll(NAMES.len())).collect();
        let request: Vec<&str> = requests.iter().map(|&name| NAMES[name]).collect();
        let told = format!("{}request {}", text(&universe), request.join(" "));
        let story = Story::parse(&told);
        let index = story.universe();
        let answer = story.solve(&index);
        let whole = answer.conflicts.is_empty() && answer.sets.len() == 1;
        assert_eq!(whole, exists(&universe, &requests), "round {round}:\n{told}");
        *counts.entry(whole).or_insert(0) += 1;
        for set in &answer.sets {
            let picked = words(&index, "amd64", set);
            let spelled = |package: &&Package| picked.contains(&format!("{}={}", spell(package.name), package.version));
            let chosen: Vec<&Package> = universe.iter().filter(spelled).collect();
            let own: Vec<usize> = set.requests.iter().map(|&number| requests[number]).collect();
            assert!(is_right(&chosen, &own), "round {round}: {picked:?}\n{told}");
            assert!(set.picks.iter().all(|pick| !pick.wanted_by.is_empty()), "round {round}: nobody wants it");
        }
        for conflict in &answer.conflicts {
            assert!(!conflict.chain.is_empty(), "round {round}: a conflict without a story\n{told}");
        }
    }
    assert!(counts.values().all(|&count| count > 300), "{counts:?}");
}
