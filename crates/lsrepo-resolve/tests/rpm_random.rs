//! Thousands of small random universes: a set is found exactly where there is one, and it is right.
//! The judge is code of its own: it tries all sets, over the same universe as plain values.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod rpm_story;

use rpm_story::{Story, words};
use std::collections::BTreeMap;

/// Small, fast, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % sides
    }
}

/// The names 5 and 6 are only provided.
const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "v", "w"];
const REAL: usize = 5;

#[derive(Clone, Copy)]
struct Atom(usize, Option<(&'static str, usize)>);

#[derive(Clone)]
enum Formula {
    Is(Atom),
    Two(&'static str, Atom, Atom),
    Three(&'static str, Atom, Atom, Atom),
}

#[derive(Clone)]
struct Package {
    name: usize,
    version: usize,
    requires: Vec<Formula>,
    conflicts: Vec<Atom>,
    obsoletes: Vec<Atom>,
    provides: Vec<(usize, Option<usize>)>,
}

impl Atom {
    fn random(dice: &mut Dice) -> Self {
        let version = (dice.roll(3) == 0).then(|| ([">=", "=", "<"][dice.roll(3)], 1 + dice.roll(3)));
        Atom(dice.roll(NAMES.len()), version)
    }

    fn text(self) -> String {
        match self.1 {
            Some((sign, version)) => format!("{} {sign} {version}", NAMES[self.0]),
            None => NAMES[self.0].to_owned(),
        }
    }

    fn admits(self, version: Option<usize>) -> bool {
        match (self.1, version) {
            (None, _) | (_, None) => true,
            (Some((sign, wanted)), Some(version)) => match sign {
                ">=" => version >= wanted,
                "=" => version == wanted,
                _ => version < wanted,
            },
        }
    }

    fn names(self, package: &Package) -> bool {
        package.name == self.0 && self.admits(Some(package.version))
    }

    fn met_by(self, package: &Package) -> bool {
        self.names(package) || package.provides.iter().any(|&(name, version)| name == self.0 && self.admits(version))
    }

    fn met_in(self, set: &[&Package]) -> bool {
        set.iter().any(|package| self.met_by(package))
    }
}

impl Formula {
    fn random(dice: &mut Dice) -> Self {
        let (a, b, c) = (Atom::random(dice), Atom::random(dice), Atom::random(dice));
        match dice.roll(12) {
            0 => Formula::Two("or", a, b),
            1 => Formula::Two("and", a, b),
            2 => Formula::Two("if", a, b),
            3 => Formula::Two("unless", a, b),
            4 => Formula::Two("with", a, b),
            5 => Formula::Two("without", a, b),
            6 => Formula::Three("if", a, b, c),
            7 => Formula::Three("unless", a, b, c),
            _ => Formula::Is(a),
        }
    }

    fn text(&self) -> String {
        match self {
            Formula::Is(a) => a.text(),
            Formula::Two(word, a, b) => format!("({} {word} {})", a.text(), b.text()),
            Formula::Three(word, a, b, c) => format!("({} {word} {} else {})", a.text(), b.text(), c.text()),
        }
    }

    fn holds(&self, set: &[&Package]) -> bool {
        match *self {
            Formula::Is(a) => a.met_in(set),
            Formula::Two("or", a, b) => a.met_in(set) || b.met_in(set),
            Formula::Two("and", a, b) => a.met_in(set) && b.met_in(set),
            Formula::Two("if", a, b) => a.met_in(set) || !b.met_in(set),
            Formula::Two("unless", a, b) => a.met_in(set) && !b.met_in(set),
            Formula::Two("with", a, b) => set.iter().any(|package| a.met_by(package) && b.met_by(package)),
            Formula::Two(_, a, b) => set.iter().any(|package| a.met_by(package) && !b.met_by(package)),
            Formula::Three("if", a, b, c) => {
                if b.met_in(set) {
                    a.met_in(set)
                } else {
                    c.met_in(set)
                }
            }
            Formula::Three(_, a, b, c) => {
                if b.met_in(set) {
                    c.met_in(set)
                } else {
                    a.met_in(set)
                }
            }
        }
    }
}

fn universe(dice: &mut Dice) -> Vec<Package> {
    let mut all = Vec::new();
    for name in 0..REAL {
        for version in 1..=1 + dice.roll(2) {
            let requires = (0..dice.roll(3)).map(|_| Formula::random(dice)).collect();
            let conflicts = (0..dice.roll(4) / 3).map(|_| Atom::random(dice)).collect();
            let obsoletes = (0..dice.roll(5) / 4).map(|_| Atom::random(dice)).collect();
            let offer = |dice: &mut Dice| (REAL + dice.roll(2), (dice.roll(2) == 0).then(|| 1 + dice.roll(3)));
            let provides = (0..dice.roll(3) / 2).map(|_| offer(dice)).collect();
            all.push(Package { name, version, requires, conflicts, obsoletes, provides });
        }
    }
    all
}

fn text(universe: &[Package]) -> String {
    let mut text = String::new();
    for package in universe {
        text += &format!("pkg {} {} noarch\n", NAMES[package.name], package.version);
        package.requires.iter().for_each(|formula| text += &format!("  Requires: {}\n", formula.text()));
        package.conflicts.iter().for_each(|atom| text += &format!("  Conflicts: {}\n", atom.text()));
        package.obsoletes.iter().for_each(|atom| text += &format!("  Obsoletes: {}\n", atom.text()));
        for (name, version) in &package.provides {
            let version = version.map(|version| format!(" = {version}")).unwrap_or_default();
            text += &format!("  Provides: {}{version}\n", NAMES[*name]);
        }
    }
    text
}

fn is_right(set: &[&Package], requests: &[usize]) -> bool {
    let stands = |package: &&Package| {
        let others = || set.iter().filter(|other| !std::ptr::eq(**other, *package));
        package.requires.iter().all(|formula| formula.holds(set))
            && !others().any(|other| package.conflicts.iter().any(|atom| atom.met_by(other)))
            && !others().any(|other| package.obsoletes.iter().any(|atom| atom.names(other)))
            && !others().any(|other| other.name == package.name)
    };
    requests.iter().all(|&name| set.iter().any(|package| package.name == name)) && set.iter().all(stands)
}

fn exists(universe: &[Package], requests: &[usize]) -> bool {
    (0..1u32 << universe.len()).any(|bits| {
        let set: Vec<&Package> = universe.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, p)| p).collect();
        is_right(&set, requests)
    })
}

#[test]
fn a_set_is_found_where_there_is_one_and_it_is_right() {
    let mut dice = Dice(7);
    let mut counts = BTreeMap::new();
    for round in 0..3000 {
        let universe = universe(&mut dice);
        let requests: Vec<usize> = (0..1 + dice.roll(3)).map(|_| dice.roll(REAL)).collect();
        // By versions, since a name is also met by what took its place.
        let request: Vec<String> = requests.iter().map(|&name| format!("{}-*", NAMES[name])).collect();
        let weak = if dice.roll(2) == 0 { "on" } else { "off" };
        let told = format!("any\nweak {weak}\n{}request {}", text(&universe), request.join(" "));
        let story = Story::parse(&told);
        let index = story.universe();
        let answer = story.solve(&index);
        let whole = answer.conflicts.is_empty() && answer.sets.len() == 1;
        assert_eq!(whole, exists(&universe, &requests), "round {round}:\n{told}\n{answer:?}");
        *counts.entry(whole).or_insert(0) += 1;
        for set in &answer.sets {
            let picked = words(&index, set);
            let spelled = |package: &&Package| picked.contains(&format!("{}-{}", NAMES[package.name], package.version));
            let chosen: Vec<&Package> = universe.iter().filter(spelled).collect();
            let own: Vec<usize> = set.requests.iter().map(|&number| requests[number]).collect();
            assert!(is_right(&chosen, &own), "round {round}: {picked:?}\n{told}");
            assert!(set.picks.iter().all(|pick| !pick.wanted_by.is_empty()), "round {round}: nobody wants it");
        }
        for conflict in &answer.conflicts {
            assert!(!conflict.chain.is_empty(), "round {round}: a conflict without a story\n{told}\n{conflict}");
        }
    }
    assert!(counts.values().all(|&count| count > 300), "{counts:?}");
}
