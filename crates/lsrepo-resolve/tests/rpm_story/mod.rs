//! Tiny RPM universes as text, in the form of the golden cases: `pkg NAME VERSION ARCH` with its spec tags indented
//! below (`File:` is a path it owns), `request NAMES`, and what our own stories need beyond that.
//!
//! - `arch A [B …]`: the best first
//! - `source NAME [priority N] [exclude PATTERN …]` starts a further source
//! - `module STREAM` below a package: it belongs to a stream that is not enabled
//! - `base names A B`, `base installed A-1-1.noarch …`, `base source NAME`
//! - in a request `%` stands for a space
//! - `weak on`, `any`, `exclude PATTERN`, `keep A-1-1.noarch`, `group NAME A B`

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

use lsrepo_resolve::{
    Reason, Resolution,
    rpm::{self, Base, Groups, NevraRef, Policy, Request, SourceInfo, Universe},
};
use std::collections::HashMap;

/// A universe and what is asked of it.
pub struct Story {
    pub arches: Vec<String>,
    pub sources: Vec<(SourceInfo, Vec<Package>)>,
    pub base: Vec<String>,
    pub policy: Policy,
    pub groups: Groups,
    pub requests: Vec<Request>,
}

#[derive(Clone, Default)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub arch: String,
    pub tags: Vec<(String, String)>,
    pub module: Option<String>,
}

impl Story {
    pub fn parse(text: &str) -> Self {
        let mut story = Story {
            arches: ["x86_64", "i686", "i586", "i486", "i386"].map(str::to_owned).to_vec(),
            sources: vec![(SourceInfo::new("stable"), Vec::new())],
            base: Vec::new(),
            policy: Policy::default(),
            groups: Groups::new(),
            requests: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let strings = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            let packages = &mut story.sources.last_mut().unwrap().1;
            match words.as_slice() {
                ["arch", "x86_64"] => {}
                ["arch", arches @ ..] => story.arches = strings(arches),
                ["source", name, rest @ ..] => {
                    let mut source = SourceInfo::new(*name);
                    match rest {
                        ["priority", number] => source.priority = number.parse().unwrap(),
                        ["exclude", patterns @ ..] => source.exclude = strings(patterns),
                        _ => {}
                    }
                    story.sources.push((source, Vec::new()));
                }
                ["pkg", name, version, arch] => {
                    let (name, version, arch) = ((*name).into(), (*version).into(), (*arch).into());
                    packages.push(Package { name, version, arch, ..Package::default() });
                }
                ["module", stream] => packages.last_mut().unwrap().module = Some((*stream).into()),
                ["base", rest @ ..] => story.base = strings(rest),
                ["weak", word] => story.policy.recommends = *word == "on",
                ["any"] => story.policy.best = false,
                ["exclude", patterns @ ..] => story.policy.exclude = strings(patterns),
                ["keep", names @ ..] => story.policy.keep = strings(names),
                ["group", name, members @ ..] => drop(story.groups.insert((*name).into(), strings(members))),
                ["request", requests @ ..] => {
                    story.requests = requests.iter().map(|text| text.replace('%', " ").parse().unwrap()).collect();
                }
                [tag, ..] if line.starts_with(' ') && tag.ends_with(':') => {
                    let (tag, value) = line.trim().split_once(':').unwrap();
                    packages.last_mut().unwrap().tags.push((tag.to_lowercase(), value.trim().to_owned()));
                }
                _ => panic!("not understood: {line}"),
            }
        }
        story
    }

    pub fn universe(&self) -> Universe {
        let arches: Vec<&str> = self.arches.iter().map(String::as_str).collect();
        let mut universe = Universe::with_architectures(&arches);
        for (source, packages) in &self.sources {
            let modules: HashMap<String, String> =
                packages.iter().filter_map(|package| Some((package.full_name(), package.module.clone()?))).collect();
            let index = index(packages);
            universe
                .add(index.as_bytes(), source.clone(), |nevra: &NevraRef<'_>| modules.get(&nevra.to_string()).cloned())
                .unwrap();
        }
        universe
    }

    pub fn solve(&self, universe: &Universe) -> Resolution {
        let words: Vec<&str> = self.base.iter().map(String::as_str).collect();
        let strings = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let base = match words.as_slice() {
            ["names", names @ ..] => Base::Names(strings(names)),
            ["installed", all @ ..] => Base::Installed(strings(all)),
            ["source", name] => Base::Repository(universe.sources().find(|(_, source)| source.name == *name).unwrap().0),
            _ => Base::None,
        };
        let solve = || rpm::solve(universe, &self.requests, &base, &self.policy, &self.groups);
        let answer = solve();
        assert_eq!(answer, solve(), "the same input, the same answer");
        answer
    }
}

impl Package {
    pub fn full_name(&self) -> String {
        let version = if self.version.contains('-') { self.version.clone() } else { format!("{}-1", self.version) };
        format!("{}-{version}.{}", self.name, self.arch)
    }

    fn xml(&self) -> String {
        let (epoch, version, release) = parts(&self.version);
        let release = release.unwrap_or("1");
        let full_name = self.full_name();
        let mut xml = format!(
            "<package type=\"rpm\"><name>{}</name><arch>{}</arch><version epoch=\"{epoch}\" ver=\"{version}\" rel=\"{release}\"/>\
             <checksum type=\"sha256\">{:064x}</checksum><location href=\"{full_name}.rpm\"/><format>",
            self.name,
            self.arch,
            full_name.bytes().fold(7u128, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())),
        );
        for kind in ["provides", "requires", "conflicts", "obsoletes", "recommends", "suggests", "supplements", "enhances"] {
            let entries: String = self.tags.iter().filter(|(tag, _)| tag == kind).map(|(_, value)| entry(value)).collect();
            xml += &format!("<rpm:{kind}>{entries}</rpm:{kind}>");
        }
        for (_, path) in self.tags.iter().filter(|(tag, _)| tag == "file") {
            xml += &format!("<file>{path}</file>");
        }
        xml + "</format></package>"
    }
}

fn index(packages: &[Package]) -> String {
    let all: String = packages.iter().map(Package::xml).collect();
    format!("<metadata xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">{all}</metadata>")
}

fn parts(version: &str) -> (&str, &str, Option<&str>) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (version, release) = rest.rsplit_once('-').map_or((rest, None), |(version, release)| (version, Some(release)));
    (epoch, version, release)
}

fn entry(value: &str) -> String {
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let words: Vec<&str> = value.split_whitespace().collect();
    match words.as_slice() {
        [name, sign, version] if !name.starts_with('(') => {
            let flags = match *sign {
                "=" => "EQ",
                "<" => "LT",
                "<=" => "LE",
                ">=" => "GE",
                _ => "GT",
            };
            let (epoch, version, release) = parts(version);
            let release = release.map(|release| format!(" rel=\"{release}\"")).unwrap_or_default();
            format!("<rpm:entry name=\"{name}\" flags=\"{flags}\" epoch=\"{epoch}\" ver=\"{version}\"{release}/>")
        }
        _ => format!("<rpm:entry name=\"{escaped}\"/>"),
    }
}

/// Every pick of a set as `name-version`, without the release 1, with the architecture where it is a second one.
pub fn words(universe: &Universe, set: &rpm::Set) -> Vec<String> {
    let one = |pick: &rpm::Pick| {
        let nevra = universe.candidate(pick.candidate).nevra;
        let text = nevra.to_string();
        let text = text.strip_suffix(&format!(".{}", nevra.arch)).unwrap_or(&text);
        let text = text.strip_suffix("-1").unwrap_or(text);
        if nevra.arch.starts_with('i') { format!("{text}.{}", nevra.arch) } else { text.to_owned() }
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
        let words = words(&universe, set).into_iter().zip(&set.picks).map(|(word, pick)| match pick.reason {
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
