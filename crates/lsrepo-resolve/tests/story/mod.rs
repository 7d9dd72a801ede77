//! Tiny universes as text, in the form of the golden cases: `pkg NAME VERSION ARCH` with its fields
//! indented below, `request NAMES`, and what our own stories need beyond that.
//!
//! - `arch A [foreign B …]`
//! - `source NAME [backports]` starts a further source; backports are not automatic
//! - `pin PACKAGE SOURCE PRIORITY`; the first source is `stable`
//! - `base none`, `base minbase`, `base names A B`, `base status A=1 B=2`
//! - `recommends`, `suggests`, `exclude PATTERN`

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

use lsrepo_resolve::{
    Reason, Resolution,
    deb::{self, Base, Installed, Origin, Pins, Policy, SourceInfo, Universe},
};

/// A universe and what is asked of it.
pub struct Story {
    pub arch: String,
    pub foreign: Vec<String>,
    pub sources: Vec<(String, bool, String)>,
    pub pins: String,
    pub base: Base,
    pub policy: Policy,
    pub requests: Vec<String>,
}

impl Story {
    pub fn parse(text: &str) -> Self {
        let mut story = Story {
            arch: "amd64".into(),
            foreign: Vec::new(),
            sources: vec![("stable".into(), false, String::new())],
            pins: String::new(),
            base: Base::None,
            policy: Policy::default(),
            requests: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let strings = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            let index = &mut story.sources.last_mut().unwrap().2;
            match words.as_slice() {
                ["arch", arch, rest @ ..] => {
                    story.arch = (*arch).into();
                    story.foreign = strings(rest.get(1..).unwrap_or_default());
                }
                ["source", name, rest @ ..] => story.sources.push(((*name).into(), !rest.is_empty(), String::new())),
                ["pin", package, source, priority] => {
                    story.pins += &format!("Package: {package}\nPin: release a={source}\nPin-Priority: {priority}\n\n");
                }
                ["pkg", name, version, arch] => {
                    *index += &format!("\nPackage: {name}\nVersion: {version}\nArchitecture: {arch}\n");
                }
                ["base", "none"] => story.base = Base::None,
                ["base", "minbase"] => story.base = Base::Minbase,
                ["base", "names", names @ ..] => story.base = Base::Names(strings(names)),
                ["base", "status", all @ ..] => {
                    let one = |word: &&str| {
                        let (name, version) = word.split_once('=').unwrap();
                        Installed { name: name.into(), version: version.into(), arch: story.arch.clone() }
                    };
                    story.base = Base::Status(all.iter().map(one).collect());
                }
                ["recommends"] => story.policy.recommends = true,
                ["suggests"] => story.policy.suggests = true,
                ["exclude", patterns @ ..] => story.policy.exclude = strings(patterns),
                ["request", requests @ ..] => story.requests = strings(requests),
                [field, ..] if line.starts_with(' ') && field.ends_with(':') => *index += &format!("{}\n", line.trim()),
                _ => panic!("not understood: {line}"),
            }
        }
        story
    }

    pub fn universe(&self) -> Universe<'_> {
        let foreign: Vec<&str> = self.foreign.iter().map(String::as_str).collect();
        let mut universe = Universe::new(self.arch.parse().unwrap(), &foreign);
        let pins = Pins::parse(&self.pins, "preferences").unwrap();
        for (name, backports, index) in &self.sources {
            let mut origin = Origin::default();
            origin.suite.clone_from(name);
            (origin.not_automatic, origin.but_automatic_upgrades) = (*backports, *backports);
            universe.add(index, SourceInfo { name: name.clone(), origin }, &pins).unwrap();
        }
        universe
    }

    pub fn solve(&self, universe: &Universe<'_>) -> Resolution {
        let requests: Vec<_> = self.requests.iter().map(|text| text.parse().unwrap()).collect();
        let answer = deb::solve(universe, &requests, &self.base, &self.policy);
        assert_eq!(answer, deb::solve(universe, &requests, &self.base, &self.policy), "the same input, the same answer");
        answer
    }
}

/// Every pick of a set as `name=version`, with `:arch` where it is not native.
pub fn words(universe: &Universe<'_>, native: &str, set: &deb::Set) -> Vec<String> {
    let one = |pick: &deb::Pick| {
        let stanza = universe.candidate(pick.candidate);
        match stanza.architecture {
            "all" => format!("{}={}", stanza.package, stanza.version),
            arch if arch == native => format!("{}={}", stanza.package, stanza.version),
            arch => format!("{}:{arch}={}", stanza.package, stanza.version),
        }
    };
    set.picks.iter().map(one).collect()
}

/// The answer in words: a line a set, then the conflicts.
pub fn tell(text: &str) -> String {
    let story = Story::parse(text);
    let universe = story.universe();
    let answer = story.solve(&universe);
    let mut told = String::new();
    for set in &answer.sets {
        let words = words(&universe, &story.arch, set).into_iter().zip(&set.picks).map(|(word, pick)| match pick.reason {
            Reason::Requested | Reason::Dependency => word,
            Reason::Recommended => format!("{word} (recommended)"),
            Reason::Base => format!("{word} (base)"),
            Reason::BaseUpdate => format!("{word} (base update)"),
        });
        told += &format!("{}: {}\n", set.name, words.collect::<Vec<_>>().join(" "));
        if let Some(apart) = &set.apart {
            told += &format!("  apart: {}\n", apart.to_string().replace('\n', "\n  "));
        }
    }
    answer.conflicts.iter().for_each(|conflict| told += &format!("{conflict}\n"));
    told
}

/// For every pick the requests that lead to it, by their position.
pub fn tell_wanted(text: &str) -> String {
    let story = Story::parse(text);
    let universe = story.universe();
    let answer = story.solve(&universe);
    let line = |(word, pick): (String, &deb::Pick)| format!("{word} {:?}\n", pick.wanted_by);
    answer.sets.iter().flat_map(|set| words(&universe, &story.arch, set).into_iter().zip(&set.picks).map(line)).collect()
}
