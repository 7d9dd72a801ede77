use super::*;
use crate::state::{Applied, Inputs, Status};
use std::collections::BTreeSet;

const STEPS: [Step; 7] =
    [Step::BackupWritten, Step::BackupNamed, Step::HalfWritten, Step::Written, Step::Synced, Step::Renamed, Step::FolderSynced];

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn with_module(mut state: State, name: &str) -> State {
    let applied = Applied::new(Status::Applied, Inputs::default());
    state.modules.insert(name.parse().unwrap(), applied);
    state
}

#[test]
fn a_crash_at_any_step_leaves_the_old_or_the_new_state() {
    for crash in STEPS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let file = StateFile::open(&path).unwrap();
        let mut old = with_module(State::new("demo", "one"), "common");
        file.save(&mut old).unwrap();
        let mut new = with_module(old.clone(), "haproxy");
        let mut steps = Vec::new();
        let done = file.save_stepwise(&mut new, &mut |step| {
            steps.push(step);
            if step == crash { Err(io::Error::other("power")) } else { Ok(()) }
        });
        assert!(done.is_err() && steps == STEPS[..steps.len()], "{steps:?}");
        assert_eq!(new.serial, 1, "the caller still has what was read");
        drop(file);
        let file = StateFile::open(&path).unwrap();
        let found = file.load().unwrap().unwrap();
        let renamed = matches!(crash, Step::Renamed | Step::FolderSynced);
        assert_eq!((found.serial, found.modules.len()), if renamed { (2, 2) } else { (1, 1) }, "{crash:?}");
        assert!(!names(folder.path()).iter().any(|name| name.ends_with(".tmp")), "{crash:?}");
        // and it goes on from there
        file.save(&mut with_module(found, "prometheus")).unwrap();
    }
}

#[test]
fn every_change_keeps_what_was_before_and_old_backups_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let file = StateFile::open(&path).unwrap();
    let mut state = State::new("demo", "one");
    for _ in 0..205 {
        file.save(&mut state).unwrap();
    }
    let kept: BTreeSet<u64> = names(folder.path())
        .iter()
        .filter_map(|name| name.strip_prefix("state.json.")?.strip_suffix(".bak")?.parse().ok())
        .collect();
    assert_eq!(kept, (5..205).collect());
    let backup = fs::read(folder.path().join("state.json.204.bak")).unwrap();
    assert_eq!(parse(&backup, &path).unwrap().serial, 204);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn one_at_a_time_changes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let file = StateFile::open(&path).unwrap();
    assert!(matches!(StateFile::open(&path), Err(StateError::Busy(_))));
    drop(file);
    let file = StateFile::open(&path).unwrap();
    let mut first = State::new("demo", "one");
    file.save(&mut first).unwrap();
    let mut late = first.clone();
    file.save(&mut first).unwrap();
    let said = file.save(&mut late).unwrap_err().to_string();
    assert!(said.contains("it is one 2, and what was read is one 1"), "{said}");
    let said = file.save(&mut State::new("demo", "another")).unwrap_err().to_string();
    assert!(said.contains("another 0"), "{said}");
}

#[test]
fn it_stays_locked_while_the_program_that_does_the_work_lives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let file = StateFile::open(&path).unwrap();
    let mut work = std::process::Command::new("sleep").arg("60").stdin(file.share().unwrap()).spawn().unwrap();
    drop(file);
    assert!(matches!(StateFile::open(&path), Err(StateError::Busy(_))));
    work.kill().unwrap();
    work.wait().unwrap();
    StateFile::open(&path).unwrap();
}

#[test]
fn what_a_later_program_wrote_is_refused_and_so_is_half_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    assert_eq!(peek(&path).unwrap(), None);
    fs::write(&path, "{\"form\": 2, \"new\": true}").unwrap();
    assert!(matches!(peek(&path), Err(StateError::Newer { form: 2, .. })));
    fs::write(&path, "{\"form\": 1, \"lin").unwrap();
    assert!(peek(&path).unwrap_err().to_string().contains(".bak"));
}
