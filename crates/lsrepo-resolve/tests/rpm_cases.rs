//! The golden RPM cases, answered by dnf: each alone, and with all the others in one repository.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod rpm_story;

use rpm_story::Story;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/solver/rpm-cases.md");

struct Case {
    name: String,
    universe: String,
    asked: String,
    expect: String,
}

fn cases() -> Option<Vec<Case>> {
    let text = std::fs::read_to_string(CASES).ok()?;
    let mut cases = Vec::new();
    for section in text.split("\n## ").skip(1) {
        let Some((_, rest)) = section.split_once("```case\n") else { continue };
        let (block, _) = rest.split_once("```").unwrap();
        let (mut universe, mut asked, mut expect) = (String::new(), String::new(), String::new());
        for line in block.lines() {
            match line.split_once(' ') {
                Some(("expect", names)) => expect = names.to_owned(),
                Some(("request" | "weak", _)) => asked += &format!("{line}\n"),
                _ => universe += &format!("{line}\n"),
            }
        }
        cases.push(Case { name: section.lines().next().unwrap().to_owned(), universe, asked, expect });
    }
    Some(cases)
}

fn holds(universe: &str, case: &Case) {
    let story = Story::parse(&format!("{universe}{}", case.asked));
    let universe = story.universe();
    let answer = story.solve(&universe);
    let whole = answer.conflicts.is_empty() && answer.sets.len() == 1;
    if !whole || case.expect == "fail" {
        return assert!(!whole && case.expect == "fail", "{}: {answer:?}", case.name);
    }
    let mut expected: Vec<&str> = case.expect.split_whitespace().collect();
    for pick in &answer.sets[0].picks {
        let nevra = universe.candidate(pick.candidate).nevra;
        let spellings =
            [nevra.name.to_owned(), format!("{}-{}", nevra.name, nevra.version), format!("{}.{}", nevra.name, nevra.arch)];
        let position = expected.iter().position(|word| spellings.iter().any(|spelling| spelling == word));
        let position = position.unwrap_or_else(|| panic!("{}: {nevra} is not expected", case.name));
        expected.remove(position);
    }
    assert!(expected.is_empty(), "{}: {expected:?} missing", case.name);
}

#[test]
fn every_golden_case_holds_alone_and_in_company() {
    let Some(cases) = cases() else {
        eprintln!("skipped: {CASES} is not there");
        return;
    };
    assert!(cases.len() >= 15, "{} cases", cases.len());
    let mut all = String::new();
    // Twins have the same universe.
    for (number, case) in cases.iter().enumerate() {
        if !cases[..number].iter().any(|other| other.universe == case.universe) {
            all += &case.universe;
        }
    }
    for case in &cases {
        holds(&case.universe, case);
        holds(&all, case);
    }
}
