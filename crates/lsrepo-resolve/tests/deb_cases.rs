//! The golden cases of `deb-cases.md`: each alone, and all in one universe.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod story;

use std::path::Path;
use story::{Story, words};

const CASES: &str = "../../../shared/data/solver/deb-cases.md";

struct Case {
    name: String,
    universe: String,
    request: String,
    expect: String,
    accept: Option<String>,
}

fn cases() -> Option<Vec<Case>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(CASES)).ok()?;
    let sections = text.split("\n## ").skip(1);
    let cases = sections.filter_map(|section| {
        let (name, rest) = section.split_once('\n')?;
        let body = rest.split_once("```case\n")?.1.split_once("```")?.0;
        let line = |word: &str| body.lines().find_map(|line| line.strip_prefix(word)).map(|line| line.trim().to_owned());
        let question = |line: &&str| ["request", "expect", "accept"].iter().any(|word| line.starts_with(word));
        Some(Case {
            name: name.to_owned(),
            universe: body.lines().filter(|line| !question(line)).map(|line| format!("{line}\n")).collect(),
            request: line("request")?,
            expect: line("expect")?,
            accept: line("accept"),
        })
    });
    Some(cases.collect())
}

/// What the answer is, in the words of the cases: versions only where they are asked for.
fn answer(universe: &str, case: &Case) -> String {
    let story = Story::parse(&format!("{universe}\nrequest {}", case.request));
    let universe = story.universe();
    let answer = story.solve(&universe);
    if !answer.conflicts.is_empty() {
        return "fail".to_owned();
    }
    let versioned = case.expect.contains('=');
    let mut words = words(&universe, &story.arch, &answer.sets[0]);
    for word in &mut words {
        let plain = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        if !versioned || !case.expect.split(' ').any(|expected| expected == word) {
            *word = plain.to_owned();
        }
    }
    words.join(" ")
}

fn sorted(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

fn holds(universe: &str, case: &Case) {
    let got = sorted(&answer(universe, case));
    let right = [Some(&case.expect), case.accept.as_ref()];
    assert!(right.into_iter().flatten().any(|expected| sorted(expected) == got), "{}: got `{got}`", case.name);
}

#[test]
fn every_golden_case_holds_alone_and_in_company() {
    let Some(cases) = cases() else {
        eprintln!("skipped: {CASES} is not there");
        return;
    };
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let packages = cases.iter().flat_map(|case| case.universe.lines()).filter(|line| !line.starts_with("arch"));
    let all: String = packages.map(|line| format!("{line}\n")).collect();
    for case in &cases {
        holds(&case.universe, case);
        holds(&format!("arch amd64 foreign i386\n{all}"), case);
    }
}
