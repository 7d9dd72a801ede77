use super::*;
use crate::package::tests::fixture::{self, PROVIDES, REQUIRES, Value, basics, files};

fn package(more: Vec<(u32, Value)>) -> Package {
    let mut entries = basics("demo", "1.2", "3", "x86_64");
    entries.retain(|(tag, _)| !more.iter().any(|(other, _)| other == tag));
    entries.extend(more);
    Package::read(&fixture::package(&entries)[..]).unwrap()
}

fn requires(entries: &[(&str, u32, &str)], more: Vec<(u32, Value)>) -> Vec<String> {
    let mut all = fixture::relations(REQUIRES, entries);
    all.extend(more);
    let package = package(all);
    let shown = |entry: &Dependency<'_>| {
        let relation = entry.relation();
        let version = relation.version.map_or(String::new(), |(operator, evr)| format!(" {} {evr}", operator.sign()));
        format!("{}{}{version}", if entry.pre { "pre " } else { "" }, entry.name)
    };
    package.describe().unwrap().relations.requires.iter().map(shown).collect()
}

#[test]
fn what_goes_without_saying_is_not_required() {
    let provides = fixture::relations(PROVIDES, &[("demo", 8, "1.2-3"), ("lib.so()(64bit)", 0, "")]);
    let own = files(&[("/usr/bin/demo", 0o100_755, 0), ("/opt/demo/data", 0o100_644, 0)]);
    let found = requires(
        &[
            ("rpmlib(PayloadIsZstd)", 1 << 24 | 10, "5.4.18-1"),
            ("/usr/bin/demo", 0, ""),
            ("/opt/demo/data", 0, ""),
            ("lib.so()(64bit)", 0, ""),
            ("demo", 8, "1.2-3"),
            ("demo", 8, "1.2-4"),
        ],
        [provides, own].concat(),
    );
    assert_eq!(found, ["/opt/demo/data", "demo = 1.2-4"]);
}

#[test]
fn what_was_just_said_of_a_name_is_not_said_again() {
    let found = requires(
        &[
            ("a", 0, ""),
            ("a", 0, ""),
            ("a", 12, "1"),
            ("a", 12, "1"),
            ("a", 12 | 1 << 9, "1"),
            ("a", 0, ""),
            ("b", 8, "x:1"),
            ("c", 2, "2:1-0"),
        ],
        Vec::new(),
    );
    assert_eq!(found, ["a", "a >= 1", "pre a >= 1", "a", "c < 2:1-0"]);
}

#[test]
fn of_the_c_library_only_the_newest_counts_and_comes_last() {
    let names =
        ["libc.so.6()(64bit)", "libc.so.6(GLIBC_2.4)(64bit)", "libc.so.6(GLIBC_2.14)(64bit)", "libc.so.6(GLIBC_2.3.4)(64bit)", "z"];
    let entries: Vec<_> = names.iter().map(|name| (*name, 0, "")).collect();
    assert_eq!(requires(&entries, Vec::new()), ["z", "libc.so.6(GLIBC_2.14)(64bit)"]);
}

#[test]
fn changes_of_one_day_keep_their_order() {
    let texts = |texts: &[&str]| Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    let times = Value::Numbers(vec![300, 200, 200, 200, 100, 100]);
    let authors = texts(&["e  ", "d", "c", "b", "a", " "]);
    let package = package(vec![(1080, times), (1081, authors), (1082, texts(&["5", "4", "3", "2", "1", "0"]))]);
    let found: Vec<String> = package
        .describe()
        .unwrap()
        .changelog
        .iter()
        .map(|change| format!("{}{}@{}", change.author, change.text, change.date))
        .collect();
    assert_eq!(found, [" 0@100", "a1@101", "b2@200", "c3@201", "d4@202", "e5@300"]);
}

#[test]
fn only_the_ten_newest_changes_are_told() {
    let many = |of: fn(u32) -> String| Value::Texts((0..30).map(of).collect());
    let times = Value::Numbers((0..30).map(|day| 3000 - day * 100).collect());
    let package = package(vec![(1080, times), (1081, many(|_| "x".into())), (1082, many(|day| day.to_string()))]);
    let texts: Vec<_> = package.describe().unwrap().changelog.iter().map(|change| change.text.to_string()).collect();
    assert_eq!(texts.first().map(String::as_str), Some("9"));
    assert_eq!(texts.len(), 10);
}

#[test]
fn texts_are_latin_1_where_they_are_not_utf8_and_refused_where_no_index_holds_them() {
    let latin = package(vec![(1004, Value::Raw(b"caf\xe9 \x80".to_vec()))]);
    assert_eq!(latin.describe().unwrap().summary, "café ");
    let wrong = package(vec![(1005, Value::Text("a\x1b[31mb".into()))]);
    let why = wrong.describe().unwrap_err().to_string();
    assert_eq!(why, "`demo-1.2-3.x86_64`: its description has the control character 0x1b, which no index can hold");
}

#[test]
fn a_source_package_is_known_also_where_it_does_not_say_so() {
    let source = |more: Vec<(u32, Value)>, drop: u32| {
        let mut entries = basics("demo", "1.2", "3", "x86_64");
        entries.retain(|(tag, _)| *tag != drop);
        entries.extend(more);
        let package = Package::read(&fixture::package(&entries)[..]).unwrap();
        let description = package.describe().unwrap();
        (description.nevra.arch.to_string(), description.source_rpm.to_string())
    };
    let expected = |arch: &str, from: &str| (arch.to_owned(), from.to_owned());
    assert_eq!(source(vec![(1106, Value::Numbers(vec![1]))], 1044), expected("src", ""));
    assert_eq!(source(files(&[("demo.spec", 0o100_644, 0)]), 1044), expected("src", ""));
    assert_eq!(source(files(&[("/etc/demo", 0o100_644, 0)]), 1044), expected("x86_64", "(none)"));
    assert_eq!(source(Vec::new(), 0), expected("x86_64", "fixture-1-1.src.rpm"));
}

#[test]
fn files_tell_directories_and_ghosts() {
    let package = package(files(&[("/var/x", 0o040_755, 1 << 6), ("/run/y", 0o100_644, 1 << 6), ("/etc/z", 0o100_644, 1)]));
    let found: Vec<_> = package.describe().unwrap().files.iter().map(|file| (file.path().to_string(), file.kind)).collect();
    let expected = [("/var/x", FileKind::Directory), ("/run/y", FileKind::Ghost), ("/etc/z", FileKind::File)];
    assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));
}

#[test]
fn one_long_directory_for_many_files_is_refused_before_it_is_written_out() {
    let count = 3000;
    let list = |of: &str| Value::Texts(vec![of.to_owned(); count]);
    let package = package(vec![
        (1030, Value::Shorts(vec![0o100_644; count])),
        (1035, list("")),
        (1037, Value::Numbers(vec![0; count])),
        (1116, Value::Numbers(vec![0; count])),
        (1117, list("x")),
        (1118, Value::Texts(vec!["/x".repeat(50_000)])),
    ]);
    let why = package.describe().unwrap_err().to_string();
    assert_eq!(why, "`demo-1.2-3.x86_64`: it has more files than an index should hold");
}
