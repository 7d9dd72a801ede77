//! Requests with answers that others published, from real distributions. Three figures each, never merged: whether a
//! solution is found exactly where one is published, whether what is found is right (by code of its own, see
//! [`check`]), and whether it is the same set.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod check;

use check::Package;
use lsrepo_resolve::rpm::{self, Base, Groups, Policy, Request, SourceInfo, Universe};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/solver")
}

fn load(name: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(folder().join(name)).ok();
    let Some(text) = text else {
        eprintln!("skipped: {name} is not there");
        return None;
    };
    match name.ends_with(".jsonl") {
        true => Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()),
        false => Some(serde_json::from_str(&text).unwrap()),
    }
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// The file of that kind of a repository, unpacked.
fn index(repository: &Path, kind: &str) -> Option<Vec<u8>> {
    let paths = std::fs::read_dir(repository.join("repodata")).unwrap().map(|entry| entry.unwrap().path());
    let path = paths.into_iter().find(|path| path.to_string_lossy().contains(kind))?;
    let bytes = std::fs::read(&path).unwrap();
    let mut text = Vec::new();
    match path.extension().unwrap().to_str().unwrap() {
        "gz" => drop(std::io::copy(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut text).unwrap()),
        "zst" => text = zstd::decode_all(bytes.as_slice()).unwrap(),
        _ => text = bytes,
    }
    Some(text)
}

struct Asked<'a> {
    repositories: Vec<PathBuf>,
    architectures: &'a [&'a str],
    requests: Vec<Request>,
    policy: Policy,
}

#[derive(Default, Debug)]
struct Scores {
    cases: usize,
    satisfiable: usize,
    solved: usize,
    valid: usize,
    equal: usize,
}

impl Scores {
    /// Solves a case; `expected` is the published set, in the words that `word` makes of a package.
    fn add(&mut self, id: &str, asked: &Asked<'_>, expected: Option<BTreeSet<String>>, word: impl Fn(&Package) -> String) {
        let mut universe = Universe::with_architectures(asked.architectures);
        let mut sources = Vec::new();
        for repository in &asked.repositories {
            let primary = index(repository, "primary.xml").unwrap();
            sources.push(universe.add(primary.as_slice(), SourceInfo::new("test"), |_| None).unwrap());
        }
        let groups = Groups::new();
        let files = universe.wants_filelists(&asked.requests, &groups);
        for (source, repository) in sources.iter().zip(&asked.repositories).filter(|_| files) {
            if let Some(filelists) = index(repository, "filelists.xml") {
                universe.add_filelists(*source, filelists.as_slice(), &asked.requests).unwrap();
            }
        }
        let answer = rpm::solve(&universe, &asked.requests, &Base::None, &asked.policy, &groups);
        let whole = answer.conflicts.is_empty() && answer.sets.len() == 1;
        self.cases += 1;
        match whole == expected.is_some() {
            true => self.satisfiable += 1,
            false => eprintln!("{id}: solved {whole}, published {}: {:?}", expected.is_some(), answer.conflicts),
        }
        let (true, Some(expected)) = (whole, expected) else { return };
        self.solved += 1;
        let all: Vec<Package> = asked.repositories.iter().flat_map(|repository| check::read(repository)).collect();
        let hrefs: BTreeSet<(&str, &str)> = answer.sets[0]
            .picks
            .iter()
            .map(|pick| universe.candidate(pick.candidate))
            .map(|facts| (facts.href, facts.checksum.hex))
            .collect();
        let mut chosen: Vec<&Package> = all.iter().filter(|package| hrefs.contains(&(&package.href, &package.checksum))).collect();
        // Some of these repositories have the same package twice.
        let mut seen = BTreeSet::new();
        chosen.retain(|package| seen.insert((&package.href, &package.checksum)));
        let requests: Vec<&str> = asked.requests.iter().map(Request::as_str).collect();
        let wrong = check::problems(&chosen, &requests);
        match wrong.is_empty() && chosen.len() == answer.sets[0].picks.len() {
            true => self.valid += 1,
            false => eprintln!("{id}: not valid: {wrong:?}"),
        }
        let got: BTreeSet<String> = chosen.into_iter().map(word).collect();
        match got == expected {
            true => self.equal += 1,
            false => eprintln!(
                "{id}: only here {:?}, only published {:?}",
                got.difference(&expected).collect::<Vec<_>>(),
                expected.difference(&got).collect::<Vec<_>>()
            ),
        }
    }

    fn tell(&self, name: &str) {
        let Scores { cases, satisfiable, solved, valid, equal } = self;
        eprintln!("{name}: satisfiable {satisfiable} of {cases}, valid {valid} of {solved}, equal {equal} of {solved}");
        assert_eq!((satisfiable, valid), (cases, solved), "{name}");
    }
}

fn asked<'a>(set: &str, case: &Value, architectures: &'a [&'a str]) -> Asked<'a> {
    let repositories = words(&case["repos"]).iter().map(|name| folder().join(set).join(name)).collect();
    let requests = words(&case["request"]).iter().map(|text| text.parse().unwrap()).collect();
    let best = case["nobest"] != Value::Bool(true);
    let policy = Policy { recommends: case["weak"].as_bool().unwrap(), best, ..Policy::default() };
    Asked { repositories, architectures, requests, policy }
}

const X86_64: &[&str] = &["x86_64", "i686", "i586", "i486", "i386"];

#[test]
fn the_install_sets_of_fedora_and_centos_stream_8_are_reproduced() {
    let Some(cases) = load("bazeldnf/expected.json") else { return };
    let mut scores = Scores::default();
    for case in &cases {
        let expected = words(&case["packages"]).into_iter().collect();
        scores.add(case["id"].as_str().unwrap(), &asked("bazeldnf", case, X86_64), Some(expected), Package::with_epoch);
    }
    scores.tell("bazeldnf");
    assert_eq!(scores.equal, scores.solved);
}

#[test]
fn the_install_sets_of_centos_stream_9_are_reproduced() {
    let Some(cases) = load("osbuild-cs9/expected.json") else { return };
    let mut scores = Scores::default();
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let asked = asked("osbuild-cs9", case, X86_64);
        if case["ok"] == Value::Bool(false) {
            scores.add(id, &asked, None, Package::with_epoch);
        } else if case["compare"] == "name" {
            scores.add(id, &asked, Some(words(&case["packages"]).into_iter().collect()), |package| package.name.clone());
        } else {
            let exact = |package: &Value| {
                let field = |name: &str| package[name].as_str().unwrap().to_owned();
                let epoch = package["epoch"].as_u64().unwrap();
                let full_name = format!("{}-{epoch}:{}-{}.{}", field("name"), field("version"), field("release"), field("arch"));
                format!("{full_name} {} {}", field("location"), field("checksum"))
            };
            let expected = case["packages"].as_array().unwrap().iter().map(exact).collect();
            let word = |package: &Package| format!("{} {} sha256:{}", package.with_epoch(), package.href, package.checksum);
            scores.add(id, &asked, Some(expected), word);
        }
    }
    scores.tell("osbuild-cs9");
    assert_eq!(scores.equal, scores.solved);
}

#[test]
fn the_transactions_of_libsolv_s_own_collection_are_reproduced() {
    let Some(cases) = load("zypp/cases.jsonl") else { return };
    let mut scores = Scores::default();
    for case in &cases {
        let architectures: &[&str] = match case["arch"].as_str().unwrap() {
            "x86_64" => X86_64,
            "i686" => &["i686", "i586", "i486", "i386"],
            _ => &["i586", "i486", "i386"],
        };
        let repositories = case["repos"]
            .as_array()
            .unwrap()
            .iter()
            .map(|repository| folder().join("zypp").join(repository["path"].as_str().unwrap()));
        let plain = |text: &str| text.split('@').next().unwrap().to_owned();
        let requests =
            case["jobs"].as_array().unwrap().iter().map(|job| plain(job[2].as_str().unwrap()).parse().unwrap()).collect();
        let policy =
            Policy { recommends: !words(&case["solverflags"]).iter().any(|flag| flag == "ignorerecommended"), ..Policy::default() };
        let asked = Asked { repositories: repositories.collect(), architectures, requests, policy };
        let problems = case["expected"]["problems"].as_array().unwrap();
        let expected = problems.is_empty().then(|| words(&case["expected"]["install"]).iter().map(|text| plain(text)).collect());
        scores.add(case["id"].as_str().unwrap(), &asked, expected, Package::full_name);
    }
    scores.tell("zypp");
    assert!(scores.equal * 10 >= scores.solved * 9, "{scores:?}");
}
