//! Requests of APT's external solver protocol with published answers. Where the two published answers
//! differ we do as apt does, since that is what users see; the exceptions are named below.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use lsrepo_resolve::deb::{self, Base, Origin, Pins, Policy, SourceInfo, Universe};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Cases in which we do as dose3:
/// - `apt_cudf_essential`: dose3 adds the essential package to an empty system, apt does not; with
///   `Base::None` that is what we are asked to do.
/// - `multiarch-allowed`, `multiarch-foreign-depends`: apt's solver ignores a request without an
///   architecture when it is driven through this protocol; `apt install` does not, and neither do we.
const AS_DOSE: [&str; 3] = ["apt_cudf_essential", "multiarch-allowed", "multiarch-foreign-depends"];
/// Cases in which we do as apt:
/// - `multiarch-foreign`: apt refuses two architectures of a `foreign` package, dose3 counts one for both.
/// - `multiarch-same-conflicts-virtual-malformed`: apt installs two architectures of a `same` package
///   whose relations differ, dose3 refuses.
const AS_APT: [&str; 2] = ["multiarch-foreign", "multiarch-same-conflicts-virtual-malformed"];
/// As many packages, one of them of another architecture:
/// - `multiarch-allowed`: dose3 takes `a1:any` from the architecture that wants it, apt prefers the native
///   one, and so do we.
const OTHER_ARCHITECTURE: [&str; 1] = ["multiarch-allowed"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/solver/edsp")
}

/// The protocol's architectures of the examples, in words that a universe knows.
fn real(text: &str) -> String {
    text.replace("arch1", "amd64").replace("arch2", "i386")
}

/// The picked packages, or none where not all of the request can be met together.
fn solve(edsp: &str, request: &[String], foreign: &[String]) -> Option<Vec<String>> {
    let (_, packages) = edsp.split_once("\n\n").unwrap();
    let packages = packages.trim_start_matches('\n');
    let foreign: Vec<&str> = foreign.iter().map(String::as_str).collect();
    let mut universe = Universe::new("amd64".parse().unwrap(), &foreign);
    let source = SourceInfo { name: "edsp".into(), origin: Origin::default() };
    universe.add(packages, source, &Pins::default()).unwrap();
    let requests: Vec<_> = request.iter().map(|text| text.parse().unwrap()).collect();
    let answer = deb::solve(&universe, &requests, &Base::None, &Policy::default());
    let word = |pick: &deb::Pick| {
        let stanza = universe.candidate(pick.candidate);
        format!("{}:{}={}", stanza.package, stanza.architecture, stanza.version)
    };
    let whole = answer.conflicts.is_empty() && answer.sets.len() == 1;
    whole.then(|| answer.sets[0].picks.iter().map(word).collect())
}

#[test]
fn published_answers_are_ours() {
    let Ok(expected) = std::fs::read_to_string(folder().join("expected.json")) else {
        eprintln!("skipped: the edsp cases are not there");
        return;
    };
    let expected: Vec<Value> = serde_json::from_str(&expected).unwrap();
    for case in &expected {
        let word = |field: &Value| real(field.as_str().unwrap());
        let words = |field: &Value| field.as_array().unwrap().iter().map(word).collect::<Vec<_>>();
        let id = case["id"].as_str().unwrap();
        let edsp = real(&std::fs::read_to_string(folder().join(case["file"].as_str().unwrap())).unwrap());
        let got = solve(&edsp, &words(&case["request"]), &words(&case["foreign"]));
        let package = |pick: &Value| format!("{}:{}={}", word(&pick["name"]), word(&pick["arch"]), word(&pick["version"]));
        let dose: Option<Vec<String>> =
            case["ok"].as_bool().unwrap().then(|| case["install"].as_array().unwrap().iter().map(package).collect());
        let apt = case["apt"]["ok"].as_bool().unwrap().then(|| case["apt"]["installs"].as_u64().unwrap() as usize);
        match AS_APT.contains(&id) {
            true => assert_eq!(got.map(|picks| picks.len()), apt, "{id}"),
            false if OTHER_ARCHITECTURE.contains(&id) => assert_eq!(got.map(|picks| picks.len()), dose.map(|d| d.len()), "{id}"),
            false => assert_eq!(got, dose, "{id}"),
        }
        let agree = case["apt_agrees"].as_bool().unwrap();
        assert!(agree || AS_DOSE.contains(&id) || AS_APT.contains(&id), "{id}: not decided whom to follow");
    }
}
