//! Every input that the fuzzers start from, or once tripped over, goes through its parser.

#[path = "../fuzz/targets.rs"]
#[allow(unreachable_pub)] // the fuzzer's programs use them
mod targets;

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn no_input_of_the_corpora_trips_its_parser() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
    for (name, target) in targets::ALL {
        let inputs: Vec<_> = fs::read_dir(corpora.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in inputs {
            let data = fs::read(&input).unwrap();
            let done = std::panic::catch_unwind(|| target(&data));
            assert!(done.is_ok(), "{}", input.display());
            // what was cut off or changed in one place is as likely to come
            target(&data[..data.len() / 2]);
            target(&data.iter().map(|byte| byte ^ 1).collect::<Vec<_>>());
        }
    }
}

#[test]
fn every_corpus_has_a_target() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz");
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(tests.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let known: BTreeSet<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("corpus"), known);
    assert_eq!(names("fuzz_targets"), known);
}
