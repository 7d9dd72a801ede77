use super::*;
use std::{fs, path::Path};

fn order(sign: &str) -> Ordering {
    match sign {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        _ => Ordering::Greater,
    }
}

#[test]
fn versions_stand_in_rpm_s_order() {
    let rising = ["1.0~~", "1.0~rc1", "1.0", "1.0^20260101~x", "1.0^20260101", "1.0.a", "1.0.1", "1.0.10", "1.1"];
    for (a, low) in rising.iter().enumerate() {
        for (b, high) in rising.iter().enumerate() {
            assert_eq!(compare(low, high), a.cmp(&b), "{low} {high}");
        }
    }
    for (a, sign, b) in
        [("1.0", "=", "1_0"), ("001", "=", "1"), ("2a", "<", "2.0"), ("xyz10", "<", "xyz10.1"), ("", "<", "0"), ("a+", "=", "a_")]
    {
        assert_eq!(compare(a, b), order(sign), "{a} {b}");
    }
}

#[test]
fn an_epoch_outweighs_a_version_and_a_version_a_release() {
    let evr = |text: &str| text.parse::<Evr>().unwrap();
    assert!(evr("1:1.0-1").compare(&evr("2.0-9")).is_gt());
    assert!(evr("2.0-1.el7").compare(&evr("2.0-1.el8")).is_lt());
    assert!(evr("0:2.0-1").compare(&evr("2.0-1")).is_eq());
    assert_eq!(evr("1:1.18.6-0.x86_64").to_string(), "1:1.18.6-0.x86_64");
    assert_eq!(evr("0:1.0").to_string(), "1.0");
    for wrong in ["", "-1", ":1", "1:", "1 2", "1\n", "1--", "1-2-3", "99999999999:1"] {
        assert!(wrong.parse::<Evr>().is_err(), "{wrong}");
    }
}

#[expect(clippy::print_stderr, reason = "whoever reads the test's output shall know")]
fn skipped(name: &str) {
    eprintln!("skipped: {name} does not lie beside the project");
}

/// The tables of published answers that lie beside the project, where they do.
#[test]
fn published_answers_are_reproduced() {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/versions");
    for name in ["rpm-rpmvercmp.tsv", "rpm-cavaliergopher.tsv", "rpm-libsolv-caret.tsv", "rpm-redhat-osv.tsv"] {
        let Ok(text) = fs::read_to_string(tables.join(name)) else {
            skipped(name);
            continue;
        };
        for line in text.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            let (a, sign, b) = (columns[0], columns[1], columns[2]);
            let whole = name == "rpm-redhat-osv.tsv";
            let found = |a: &str, b: &str| match whole {
                true => a.parse::<Evr>().unwrap().compare(&b.parse().unwrap()),
                false => compare(a, b),
            };
            assert_eq!(found(a, b), order(sign), "{name}: {line}");
            assert_eq!(found(b, a), order(sign).reverse(), "{name}: {line}, turned");
        }
    }
}
