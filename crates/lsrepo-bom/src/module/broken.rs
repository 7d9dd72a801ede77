//! Broken documents, and what is said of each: `tests/broken-documents.md`, made and checked here.

use super::Module;
use crate::PlatformDocument;
use std::fmt::Write as _;

/// What is wrong, and the document.
const BROKEN: &[(&str, &str)] = &[
    ("no YAML", "kind: module\nname: [x\n"),
    ("an empty document", ""),
    ("a list", "- kind: module\n"),
    ("another kind", "kind: role\nname: x\nversion: 0.1.0\n"),
    ("no name", "kind: module\nversion: 0.1.0\n"),
    ("no version", "kind: module\nname: x\n"),
    ("a name with a capital letter", "kind: module\nname: Kafka\nversion: 0.1.0\n"),
    ("a field that is spelt wrong", "kind: module\nname: x\nversion: 0.1.0\nrequirments: {}\n"),
    ("the same field twice", "kind: module\nname: x\nname: y\nversion: 0.1.0\n"),
    ("labels that are a list", "kind: module\nname: x\nversion: 0.1.0\nlabels: [a, b]\n"),
    ("an unknown architecture", "kind: module\nname: x\nversion: 0.1.0\nsupported_architectures: [x86_46]\n"),
    ("no architecture at all", "kind: module\nname: x\nversion: 0.1.0\nsupported_architectures: []\n"),
    (
        "an unknown operator",
        "kind: module\nname: x\nversion: 0.1.0\nrequires:\n  strong: [[{key: a, operator: like, values: [b]}]]\n",
    ),
    ("nothing to be in", "kind: module\nname: x\nversion: 0.1.0\nrequires:\n  strong: [[{key: a, operator: in}]]\n"),
    (
        "two versions to compare with",
        "kind: module\nname: x\nversion: 0.1.0\nrequires:\n  weak: [[{key: a, operator: '>=', values: ['1', '2']}]]\n",
    ),
    (
        "a value for exists",
        "kind: module\nname: x\nversion: 0.1.0\nrequires:\n  weak: [[{key: a, operator: exists, values: [b]}]]\n",
    ),
    ("a rule that is no list", "kind: module\nname: x\nversion: 0.1.0\ninfluences: [{key: a, operator: exists}]\n"),
    ("a package without a name", "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {version: 1.2}\n"),
    (
        "a package with name and URL",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {name: a, url: 'https://a.example/a.rpm'}\n",
    ),
    (
        "a package whose name is two words",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {name: pg bouncer}\n",
    ),
    (
        "an empty version",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {name: a, version: ['1', '']}\n",
    ),
    ("an unknown system", "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {name: a, os: [Debian 12]}\n"),
    ("an unknown family", "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {name: a, os_family: suse}\n"),
    (
        "a digest for a package of a repository",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {name: a, sha256: abc}\n",
    ),
    (
        "a package by URL that is none",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  packages:\n    - {url: 'https://a.example/a.tgz'}\n",
    ),
    (
        "an address of another kind",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'ftp://a.example/a.tgz'}\n",
    ),
    (
        "a pattern with one word",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'https://a.example/a-{arch:amd64}.tgz'}\n",
    ),
    (
        "a name that leads out",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'https://a.example/a', name: '../a'}\n",
    ),
    (
        "a folder that leads out",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'https://a.example/a', folder: '../etc'}\n",
    ),
    (
        "half a digest",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'https://a.example/a', sha256: abcdef}\n",
    ),
    (
        "a digest that is a number",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'https://a.example/a', sha256: [1]}\n",
    ),
    (
        "a signature without a key",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'https://a.example/a', checksums: {url: 'https://a.example/s', signature: 'https://a.example/s.asc'}}\n",
    ),
    (
        "any content will do",
        "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  files:\n    - {url: 'https://a.example/a', allow_mismatch: true}\n",
    ),
    ("an image without a tag", "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  images:\n    - {ref: 'quay.io/org/app'}\n"),
    ("an image that has no reference", "kind: module\nname: x\nversion: 0.1.0\nrequirements:\n  images:\n    - {name: 'app:1'}\n"),
];

#[test]
fn each_broken_document_gets_one_clear_message() {
    let mut table = String::from(
        "# Broken documents\n\nWhat `lsrepo` says of each: file, line and column, what is wrong, where in the document (a JSON pointer), the line itself.\n\
         This file is made by a test.\n",
    );
    for (number, (what, text)) in BROKEN.iter().enumerate() {
        let error = Module::parse(text, "bom/x.yml").unwrap_err().to_string();
        assert!(error.starts_with("bom/x.yml"), "{error}");
        let _ = write!(table, "\n## {}. {what}\n\n```yaml\n{text}```\n\n```\n{error}\n```\n", number + 1);
    }
    assert!(BROKEN.len() >= 30);
    expect_test::expect_file!["../../../../tests/broken-documents.md"].assert_eq(&table);
}

#[test]
fn a_platform_says_where_it_is_broken_too() {
    let text = "kind: platform\nname: rocky-9\nfamily: redhat\narchitectures: [x86_64]\nbase: none\nyum:\n  - {id: a}\n";
    let error = PlatformDocument::parse(text, "x.yml").unwrap_err().to_string();
    assert!(error.starts_with("x.yml:7:5: ") && error.contains("(at /yum/0)"), "{error}");
}
