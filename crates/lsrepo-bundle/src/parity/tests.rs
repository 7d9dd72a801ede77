use super::{layout::Layout, table::Table, *};
use proptest::prelude::*;
use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

/// Noise, the same every time.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

struct Folder {
    dir: tempfile::TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
    parity: Vec<PathBuf>,
}

/// Files of these sizes, with parity.
fn folder(names: &[&str], sizes: &[usize], percent: u32) -> Folder {
    let dir = tempfile::tempdir().unwrap();
    let fill = |(name, size): (&&str, &usize)| {
        let (path, bytes) = (dir.path().join(name), noise(*size as u64, *size));
        fs::write(&path, &bytes).unwrap();
        (path, bytes)
    };
    let files: Vec<_> = std::iter::zip(names, sizes).map(fill).collect();
    let paths: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    let parity = write(&paths, percent, &|_| {}).unwrap();
    Folder { dir, files, parity }
}

/// Ten volumes, the last one short and one of them empty, and one parity file.
fn volumes() -> Folder {
    let names: Vec<String> = (1..=10).map(|number| format!("site.lsb.{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    folder(&names, &[300_000, 299_999, 65_536, 65_537, 1, 0, 131_072, 200_001, 300_000, 7_777], 10)
}

impl Folder {
    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn check(&self) -> Report {
        check(self.path(), &|_| {}).unwrap()
    }

    fn repair(&self) -> Result<Report, ParityError> {
        repair(self.path(), false, &|_| {})
    }

    /// All bytes are what they were, and nothing else is there.
    fn is_as_before(&self) -> bool {
        let count = fs::read_dir(self.path()).unwrap().count();
        self.files.iter().all(|(path, bytes)| fs::read(path).is_ok_and(|now| now == *bytes))
            && count <= self.files.len() + self.parity.len()
    }

    fn spoil(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn any_volume_that_is_lost_comes_back() {
    let folder = volumes();
    assert_eq!(folder.parity, [folder.path().join("site.lsb.parity-01")]);
    assert_eq!(folder.check().verdict, Verdict::Whole);
    for (index, (path, bytes)) in folder.files.iter().enumerate() {
        fs::remove_file(path).unwrap();
        let found = repair(path, true, &|_| {}).unwrap();
        assert_eq!((found.verdict, found.files[index].state), (Verdict::Repairable, FileState::Missing));
        assert_eq!(found.files[index].damage.iter().map(|one| one.length).sum::<u64>(), bytes.len() as u64);
        assert!(!path.exists());
        assert_eq!(folder.repair().unwrap().verdict, Verdict::Repaired);
        assert!(folder.is_as_before(), "{}", path.display());
    }
}

#[test]
fn damage_in_many_volumes_is_repaired_row_by_row() {
    let folder = volumes();
    Folder::spoil(&folder.files[0].0, |bytes| bytes[0] ^= 1);
    Folder::spoil(&folder.files[1].0, |bytes| bytes[70_000..150_000].fill(0));
    Folder::spoil(&folder.files[7].0, |bytes| bytes[200_000] ^= 128);
    Folder::spoil(&folder.files[8].0, |bytes| bytes.truncate(270_000));
    Folder::spoil(&folder.files[9].0, |bytes| bytes.extend_from_slice(b"and more"));
    let total = Cell::new(0);
    let report = check(folder.path(), &|bytes| total.set(total.get() + bytes)).unwrap();
    assert_eq!(total.get(), folder.files.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>());
    assert_eq!(report.verdict, Verdict::Repairable, "{report:#?}");
    assert_eq!(report.files[1].damage, [Damage { offset: 65_536, length: 131_072, needed: 1, left: 1 }]);
    assert_eq!(report.files[8].state, FileState::WrongSize { actual: 270_000 });
    assert_eq!(serde_json::to_value(&report).unwrap()["files"][8]["state"]["wrong-size"]["actual"], 270_000);
    assert_eq!(folder.repair().unwrap().verdict, Verdict::Repaired);
    assert!(folder.is_as_before());
}

#[test]
fn two_volumes_are_too_many_for_one_parity_file() {
    let folder = volumes();
    let (lost, cut) = (&folder.files[2].0, &folder.files[8].0);
    fs::remove_file(lost).unwrap();
    Folder::spoil(cut, |bytes| bytes[10] ^= 1);
    assert_eq!(folder.check().verdict, Verdict::Lost);
    let refusal = folder.repair().unwrap_err().to_string();
    expect_refusal(&refusal, "`site.lsb.003` cannot be repaired: of the row with its bytes 0 to 65536, 2 shards are lost");
    assert!(!lost.exists() && fs::read(cut).unwrap() != folder.files[8].1, "nothing is changed");
    fs::write(lost, &folder.files[2].1).unwrap();
    assert_eq!(folder.repair().unwrap().verdict, Verdict::Repaired);
    assert!(folder.is_as_before());
}

fn expect_refusal(actual: &str, start: &str) {
    assert!(actual.starts_with(start) && actual.contains("\nhint: "), "{actual}");
}

#[test]
fn what_is_left_of_damaged_parity_still_helps() {
    let folder = folder(&["a.1", "a.2", "a.3", "a.4"], &[200_000, 150_000, 200_000, 1], 75);
    let names: Vec<_> = folder.parity.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["a.parity-01", "a.parity-02", "a.parity-03"]);
    // Of the first the beginning, of the second the end, and the third is gone.
    Folder::spoil(&folder.parity[0], |bytes| bytes[..60_000].fill(0));
    Folder::spoil(&folder.parity[1], |bytes| bytes.truncate(140_000));
    fs::remove_file(&folder.parity[2]).unwrap();
    fs::remove_file(&folder.files[0].0).unwrap();
    let report = check(&folder.parity[0], &|_| {}).unwrap();
    assert_eq!(report.verdict, Verdict::Repairable);
    let states: Vec<_> = report.parity.iter().map(|one| one.state).collect();
    assert_eq!(states, [ParityState::Damaged, ParityState::Damaged, ParityState::Missing]);
    assert_eq!(folder.repair().unwrap().verdict, Verdict::Repaired);
    assert!(folder.is_as_before() && folder.check().parity_is_damaged());
    // With the second alone, the end of the file cannot come back; nor is it taken for whole where nobody can tell.
    fs::remove_file(&folder.parity[0]).unwrap();
    assert_eq!(folder.check().verdict, Verdict::Whole);
    Folder::spoil(&folder.files[2].0, |bytes| bytes[199_999] ^= 1);
    let report = folder.check();
    assert_eq!((report.verdict, &report.files[2].state), (Verdict::Lost, &FileState::Damaged));
    folder.repair().unwrap_err();
}

#[test]
fn writing_again_gives_the_same_bytes_and_replaces_what_was_there() {
    let folder = folder(&["a.1", "a.2", "a.3", "a.4"], &[90_000, 80_000, 1000, 1], 50);
    let paths: Vec<_> = folder.files.iter().map(|(path, _)| path.clone()).collect();
    let before: Vec<_> = folder.parity.iter().map(|path| fs::read(path).unwrap()).collect();
    // A process that died; 4194305 is beyond what Linux hands out.
    fs::write(folder.path().join(".a.parity-01.4194305.part"), "").unwrap();
    assert_eq!(write(&paths, 50, &|_| {}).unwrap(), folder.parity);
    assert!(std::iter::zip(&folder.parity, before).all(|(path, bytes)| fs::read(path).unwrap() == bytes));
    assert!(folder.is_as_before());
    assert_eq!(write(&paths, 1, &|_| {}).unwrap(), folder.parity[..1]);
    assert_eq!(folder.check().parity.len(), 1);
    assert!(!folder.parity[1].exists());
}

#[test]
fn sets_in_one_folder_are_told_apart() {
    let folder = folder(&["a"], &[1000], 10);
    let other = folder.path().join("b");
    fs::write(&other, "b").unwrap();
    write(std::slice::from_ref(&other), 10, &|_| {}).unwrap();
    expect_refusal(
        &check(folder.path(), &|_| {}).unwrap_err().to_string(),
        &format!("{}: there are several sets of parity, by ", folder.path().display()),
    );
    fs::remove_file(&other).unwrap();
    assert_eq!(repair(&other, false, &|_| {}).unwrap().files[0].name, "b");
    assert_eq!(fs::read(&other).unwrap(), b"b");
    std::os::unix::fs::symlink(&folder.files[0].0, folder.path().join("c")).unwrap();
    assert!(matches!(write(&[folder.path().join("c")], 10, &|_| {}), Err(ParityError::NotAFile(_))));
    assert!(matches!(check(&folder.path().join("c"), &|_| {}), Err(ParityError::NoParity { .. })));
}

/// Whatever the parity file is, the files end as they were, or there is an error.
fn survives(folder: &Folder, parity: &[u8]) {
    fs::write(&folder.parity[0], parity).unwrap();
    let (path, bytes) = &folder.files[0];
    Folder::spoil(path, |bytes| bytes[100] ^= 1);
    match folder.repair() {
        Ok(report) => assert!(report.verdict == Verdict::Repaired && folder.is_as_before()),
        Err(_) => fs::write(path, bytes).unwrap(),
    }
    if let Ok(report) = check(folder.path(), &|_| {}) {
        assert_eq!(report.verdict, Verdict::Whole);
    }
}

#[test]
fn hostile_parity_is_refused_or_harmless() {
    let folder = folder(&["a"], &[200], 10);
    let parity = fs::read(&folder.parity[0]).unwrap();
    for length in 0..parity.len() {
        survives(&folder, &parity[..length]);
    }
    for (at, flip) in std::iter::zip(0..parity.len(), noise(7, parity.len())) {
        let mut parity = parity.clone();
        parity[at] ^= flip | 1;
        survives(&folder, &parity);
    }
}

#[test]
fn table_that_speaks_of_other_folders_or_of_too_much_is_not_read() {
    let table = |name: &str, size, percent| {
        let layout = Layout::of(&[1], 1).unwrap();
        Table { percent, files: vec![(name.to_owned(), size)], digests: vec![[0; 32]; 100], layout }.frame(0)
    };
    assert!(Table::parse(&table("a", 1 << 50, 10)).is_some());
    for name in ["", ".", "..", "../a", "/etc/passwd", "a\0", "a\x1b[2J", "a.parity-01", &"a".repeat(256)] {
        assert_eq!(Table::parse(&table(name, 1 << 50, 10)), None, "{name}");
    }
    assert_eq!(Table::parse(&table("a", u64::MAX, 10)), None);
    assert_eq!(Table::parse(&table("a", 1 << 50, 101)), None);
    assert_eq!(Table::parse(&table("a", 1000, 10)), None, "too many digests");

    // It may speak of more than is there: that is seen at once.
    let folder = folder(&["a"], &[1000], 10);
    fs::write(&folder.parity[0], table("a", 1 << 50, 10)).unwrap();
    assert_eq!(folder.check().verdict, Verdict::Lost);
    folder.repair().unwrap_err();
    assert!(folder.is_as_before());
}

#[test]
fn single_file_with_a_hole_is_whole_again() {
    let folder = folder(&["site.lsb"], &[9_000_011], 10);
    let (path, bytes) = &folder.files[0];
    assert_eq!(folder.parity, [folder.path().join("site.lsb.parity-01")]);
    for start in [0, 1, 4_321_000, bytes.len() - 720_000] {
        Folder::spoil(path, |bytes| bytes[start..start + 720_000].fill(0));
        let found = &folder.check().files[0].damage;
        assert!(found.iter().all(|damage| damage.needed <= damage.left && damage.left == 10), "{found:?}");
        assert_eq!(folder.repair().unwrap().verdict, Verdict::Repaired);
        assert!(folder.is_as_before());
    }
    Folder::spoil(path, |bytes| bytes.truncate(bytes.len() - 800_000));
    assert_eq!(folder.repair().unwrap().verdict, Verdict::Repaired);
    assert!(folder.is_as_before());
    Folder::spoil(path, |bytes| bytes.truncate(1000));
    assert_eq!(folder.check().verdict, Verdict::Lost);
    folder.repair().unwrap_err();
    assert_eq!(fs::read(path).unwrap(), bytes[..1000]);
}

proptest! {
    #[test]
    fn layout_has_every_byte_once(sizes in prop::collection::vec(0_u64..3 << 20, 1..12), percent in 1_u32..=100) {
        let Some(layout) = Layout::of(&sizes, percent) else {
            prop_assert_eq!(sizes.iter().sum::<u64>(), 0);
            return Ok(());
        };
        let mut seen = vec![Vec::new(); sizes.len()];
        for (index, column) in layout.columns.iter().enumerate() {
            for row in 0..layout.rows {
                let (offset, length) = layout.data(index, row);
                prop_assert!(length as u64 <= layout.shard(row) && layout.shard(row) % 64 == 0);
                if length > 0 {
                    seen[column.file].push((offset, offset + length as u64));
                }
            }
        }
        for (size, mut ranges) in std::iter::zip(&sizes, seen) {
            ranges.sort_unstable();
            let end = ranges.into_iter().try_fold(0, |end, (from, to)| (from == end).then_some(to));
            prop_assert_eq!(end, Some(*size));
        }
        prop_assert_eq!(layout.parity_files() * layout.per_file, layout.recovery);
        prop_assert_eq!(layout.recovery, (layout.columns.len() * percent as usize).div_ceil(100));
    }

    #[test]
    fn random_damage_is_repaired_or_refused(flips in prop::collection::vec((0_usize..3, 0_usize..150_000, 1_u8..), 1..8)) {
        let folder = folder(&["a.1", "a.2", "a.3"], &[150_000, 150_000, 150_000], 34);
        for (file, at, flip) in flips {
            Folder::spoil(&folder.files[file].0, |bytes| bytes[at] ^= flip);
        }
        let expected = folder.check().verdict;
        prop_assert_eq!(folder.repair().is_ok(), expected != Verdict::Lost);
        prop_assert_eq!(folder.is_as_before(), expected != Verdict::Lost);
    }
}
