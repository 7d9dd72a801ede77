use super::*;
use lsrepo_types::{Digest, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;

const DATE: Timestamp = Timestamp(1_746_868_877);

fn facts(name: &str, version: &str, depends: &str, provides: &[(&str, Option<&str>)]) -> Facts {
    Facts {
        name: name.into(),
        summary: format!("what {name} does"),
        version: PackageVersion {
            version: version.into(),
            arch: "amd64".into(),
            size: 10,
            digest: Some(Digest::of(format!("{name} {version}").as_bytes())),
            ..PackageVersion::default()
        },
        relations: deb_relations("Depends", depends, "amd64"),
        offers: provides.iter().map(|(name, version)| ((*name).to_owned(), version.map(str::to_owned))).collect(),
    }
}

fn file(name: &str, content: &str) -> Thing {
    let row = File {
        size: content.len() as u64,
        digest: Digest::of(content.as_bytes()),
        urls: vec![],
        platforms: vec![],
        wanted_by: vec![],
        vouched_by: vec![],
    };
    Thing {
        key: Key { kind: Kind::File, place: String::new(), name: name.into() },
        summary: String::new(),
        bytes: row.size,
        mark: Thing::mark(content),
        platforms: BTreeSet::new(),
        row: Row::File(row),
    }
}

fn small() -> Vec<Thing> {
    let all = [
        facts("nginx", "1.22-1", "libc6 (>= 2.30), nginx-common, default-mta | mail-transport-agent, gone", &[("httpd", None)]),
        facts("nginx", "1.24-1", "libc6 (>= 9)", &[("httpd", None)]),
        facts("nginx-common", "1.24-1", "", &[]),
        facts("libc6", "2.36-9", "", &[]),
        facts("postfix", "3.7", "libc6", &[("mail-transport-agent", None)]),
    ];
    let mut things = packages(&"debian-12/x86_64".parse().unwrap(), &all);
    things.extend(packages(&"debian-12/arm64".parse().unwrap(), &all[3..4]));
    things.extend([file("tools/Nginx.tgz", "x"), file("b", "b")]);
    things
}

fn open(things: Vec<Thing>) -> Catalogue<Vec<u8>> {
    Catalogue::open(write(DATE, things).unwrap()).unwrap()
}

fn names(catalogue: &Catalogue<Vec<u8>>, text: &str, kind: Option<Kind>, platform: Option<&str>) -> Vec<String> {
    let query = Query { text: text.into(), kind, platform: platform.map(str::to_owned) };
    let found = catalogue.search(&query, 0, 100).unwrap();
    assert_eq!(found.total, found.numbers.len() as u64);
    found.numbers.iter().map(|number| catalogue.key(*number).unwrap().name).collect()
}

fn package(catalogue: &Catalogue<Vec<u8>>, name: &str) -> Package {
    let key = Key { kind: Kind::Package, place: "debian-12/x86_64".into(), name: name.into() };
    match catalogue.row(catalogue.find(&key).unwrap().unwrap()).unwrap() {
        Row::Package(package) => package,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_package_shows_the_newest_first_and_who_here_meets_its_needs() {
    let catalogue = open(small());
    let nginx = package(&catalogue, "nginx");
    assert_eq!(nginx.versions.iter().map(|one| one.version.as_str()).collect::<Vec<_>>(), ["1.24-1", "1.22-1"]);
    let met: Vec<(&str, Vec<&str>)> =
        nginx.versions[1].needs.iter().map(|need| (need.text.as_str(), need.met_by.iter().map(String::as_str).collect())).collect();
    let expected: [(&str, Vec<&str>); 4] = [
        ("libc6 (>= 2.30)", vec!["libc6"]),
        ("nginx-common", vec!["nginx-common"]),
        ("default-mta | mail-transport-agent", vec!["postfix"]),
        ("gone", vec![]),
    ];
    assert_eq!(met, expected);
    assert!(nginx.versions[0].needs[0].met_by.is_empty(), "2.36 is not 9");
    let libc = package(&catalogue, "libc6");
    assert_eq!((libc.needed_by, libc.needed_by_count), (vec!["nginx".to_owned(), "postfix".to_owned()], 2));
}

#[test]
fn a_requirement_of_rpm_without_a_release_takes_any() {
    let mut web = facts("web", "1:2.0-3.el9", "", &[]);
    let wanted = |version: &str| Want { name: "lib".into(), version: Some((Sign::Equal, version.into())) };
    web.relations = ["1.0", "1.0-2", "1.1"]
        .map(|version| Relation { how: "Requires", text: version.into(), wants: vec![wanted(version)] })
        .into();
    let things = packages(&"almalinux-9/x86_64".parse().unwrap(), &[web, facts("lib", "1.0-1", "", &[])]);
    let Row::Package(web) = &things[1].row else { panic!() };
    assert_eq!(web.versions[0].needs.iter().map(|need| need.met_by.len()).collect::<Vec<_>>(), [1, 0, 0]);
}

#[test]
fn every_word_counts_whatever_its_case_and_the_name_itself_comes_first() {
    let catalogue = open(small());
    assert_eq!(names(&catalogue, "NGINX", None, None), ["nginx", "nginx-common", "tools/Nginx.tgz"]);
    assert_eq!(names(&catalogue, "common does", None, None), ["nginx-common"]);
    assert_eq!(names(&catalogue, "nginx", Some(Kind::File), None), ["tools/Nginx.tgz"]);
    assert_eq!(names(&catalogue, "", Some(Kind::Package), Some("debian-12/arm64")), ["libc6"]);
    assert_eq!(names(&catalogue, "libc6", None, Some("debian-13/arm64")), Vec::<String>::new());
    assert_eq!(names(&catalogue, "", None, None).len(), 7);
    let page = catalogue.search(&Query::default(), 5, 10).unwrap();
    assert_eq!((page.total, page.numbers), (7, vec![5, 6]));
}

#[test]
fn the_difference_of_two_snapshots_is_what_was_added_removed_and_changed() {
    let before = open(small());
    let mut later = small();
    later.retain(|thing| thing.key.name != "postfix");
    later.extend([file("new", "123"), file("b", "other")]);
    let after = open(later);
    let diff = diff(&before, &after, None).unwrap();
    assert_eq!((diff.added, diff.removed, diff.changed), (1, 1, 1));
    assert_eq!((diff.bytes_more, diff.bytes_less), (3 + 4, 10));
    let said: Vec<String> = diff
        .all
        .iter()
        .map(|one| match one {
            Difference::Added(number) => format!("+{}", after.key(*number).unwrap().name),
            Difference::Removed(number) => format!("-{}", before.key(*number).unwrap().name),
            Difference::Changed(a, b) => format!("{}~{}", before.key(*a).unwrap().name, after.key(*b).unwrap().name),
        })
        .collect();
    assert_eq!(said, ["-postfix", "b~b", "+new"]);
    assert_eq!(super::diff(&after, &after, None).unwrap(), Diff::default());
    assert_eq!(super::diff(&before, &after, Some(Kind::Package)).unwrap().all.len(), 1);
}

#[test]
fn the_same_things_in_another_order_give_the_same_bytes() {
    let mut turned = small();
    turned.reverse();
    assert_eq!(write(DATE, small()).unwrap(), write(DATE, turned).unwrap());
}

#[test]
fn one_thing_out_of_bounds_is_shortened_or_left_out_and_hides_no_other() {
    let mut many = file("many", "x");
    let mut huge = file("huge", "x");
    if let (Row::File(many), Row::File(huge)) = (&mut many.row, &mut huge.row) {
        many.urls = vec!["https://example.org/".into(); 50_000];
        huge.urls = vec!["x".repeat(1 << 20)];
    }
    let catalogue = open(vec![file("b", "b"), many, huge, file(&"n".repeat(2000), "x")]);
    assert_eq!(names(&catalogue, "", None, None), ["b", "many"]);
    let Row::File(many) = catalogue.row(1).unwrap() else { panic!() };
    assert_eq!(many.urls.len(), 50);
}

/// All that a page could ask.
fn ask_everything(catalogue: &Catalogue<&[u8]>) -> Result<(), CatalogueError> {
    let found = catalogue.search(&Query { text: "nginx".into(), ..Query::default() }, 0, 50)?;
    catalogue.some(found.numbers)?;
    for number in 0..u32::try_from(catalogue.len()).unwrap().min(64) {
        catalogue.find(&catalogue.key(number)?)?;
        catalogue.row(number)?;
    }
    diff(catalogue, catalogue, None).map(drop)
}

#[test]
fn bytes_that_are_damaged_anywhere_end_in_an_error_or_in_other_words_never_in_a_panic() {
    let good = write(DATE, small()).unwrap();
    assert!(ask_everything(&Catalogue::open(&good[..]).unwrap()).is_ok());
    for at in 0..good.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= flip;
            let _ = Catalogue::open(&bad[..]).map(|catalogue| ask_everything(&catalogue));
        }
        assert!(Catalogue::open(&good[..at]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_found_again(names in proptest::collection::btree_set("[a-cé/]{0,6}", 0..70)) {
        let things: Vec<Thing> = names.iter().map(|name| file(name, name)).collect();
        let catalogue = open(things.clone());
        prop_assert_eq!(catalogue.len(), names.len() as u64);
        for (number, thing) in things.iter().enumerate() {
            let found = catalogue.find(&thing.key).unwrap();
            prop_assert_eq!(found, Some(number as u32));
            prop_assert_eq!(&catalogue.row(number as u32).unwrap(), &thing.row);
        }
        let expected = names.iter().filter(|name| name.contains('b') && name.contains("ac")).count() as u64;
        let found = catalogue.search(&Query { text: "B ac".into(), ..Query::default() }, 0, 10).unwrap();
        prop_assert_eq!(found.total, expected);
    }
}
