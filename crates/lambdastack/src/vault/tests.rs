use super::*;
use crate::{
    schema::Field,
    source::{Reader, Source},
    yaml,
};
use expect_test::expect;
use proptest::prelude::*;
use std::{fs, os::unix::fs::PermissionsExt as _};

#[test]
fn what_is_written_is_text_in_quotes() {
    let mut secrets = Secrets::default();
    assert_eq!(secrets.render(), "{}\n");
    assert_eq!(Secrets::parse("---\n").unwrap_or_default(), secrets);
    for (name, text) in [("cookie", "00123"), ("db", "it's 100% \"\\ {{ x }}"), ("key", "a\nb\n"), ("smile", "é\u{7f}😀")] {
        secrets.0.insert(name.to_owned(), Secret::new(text));
    }
    expect![[r#"
        cookie: "00123"
        db: "it's 100% \"\\ {{ x }}"
        key: "a\nb"
        smile: "\u00E9\u007F\U0001F600"
    "#]]
    .assert_eq(&secrets.render());
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(texts in proptest::collection::btree_map("[a-zA-Z][a-zA-Z0-9._-]{0,9}", any::<String>(), 0..4)) {
        let secrets = Secrets(texts.into_iter().map(|(name, text)| (name, Secret::new(&text))).collect());
        prop_assert_eq!(Secrets::parse(&secrets.render()).unwrap(), secrets);
    }
}

#[test]
fn nothing_that_is_said_of_a_vault_shows_what_is_in_it() {
    for text in [
        "db: [hunter2\n",
        "hunter2\n",
        "- hunter2\n",
        "hunter2!: x\n",
        "db: {x: hunter2}\n",
        "db: *hunter2\n",
        "a: 1\nb: hunter2\na: 2\n",
    ] {
        let error = Secrets::parse(text).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let error = Secrets::parse("pin: 1234\n").unwrap_err().to_string();
    assert_eq!(error, "`pin` is a number, not text: put it into quotes");
    assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
}

#[test]
fn a_configuration_says_which_secrets_it_needs() {
    let source = Source::new(
        "schema",
        "users: {type: list, of: {type: record, fields: {name: name, password: secret}}}\ntls: {type: map, of: secret}\nnote: text\n",
    );
    let nodes = yaml::parse(&source).unwrap();
    let field = Field::read_record(&mut Reader::new(&source), &nodes[0], "");
    let value = serde_json::json!({"users": [{"name": "a", "password": "file:/x"}, {"name": "b", "password": "vault:b"}],
        "tls": {"key": "vault:key"}, "note": "vault:none"});
    let found: Vec<String> = places(&field, &value).into_iter().map(|place| format!("{} {}", place.pointer, place.name)).collect();
    assert_eq!(found, ["/users/1/password b", "/tls/key key"]);
}

#[test]
fn one_changes_it_at_a_time_and_nobody_overwrites_what_he_did_not_see() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.yml");
    let file = VaultFile::open(&path).unwrap();
    assert!(file.before.is_none());
    assert!(matches!(VaultFile::open(&path), Err(VaultError::Busy(_))));
    file.replace(b"one").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    drop(file);
    fs::write(folder.path().join("vault.yml.tmp"), "half").unwrap();
    let file = VaultFile::open(&path).unwrap();
    fs::write(&path, "by an editor").unwrap();
    assert!(matches!(file.replace(b"two"), Err(VaultError::Changed(_))));
    assert_eq!(fs::read(&path).unwrap(), b"by an editor");
    assert!(!folder.path().join("vault.yml.tmp").exists());
}

#[test]
fn a_password_comes_from_a_file_or_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("plain"), "tea time\n").unwrap();
    fs::write(path("says-client"), "#!/bin/sh\necho \"$*\"\n").unwrap();
    fs::write(path("fails"), "#!/bin/sh\nexit 3\n").unwrap();
    for name in ["says-client", "fails"] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(0o700)).unwrap();
    }
    let read = |name: &str| Password::read(&path(name)).map(|password| fs::read_to_string(password.path()).unwrap());
    assert_eq!(read("plain").unwrap(), "tea time");
    assert_eq!(read("says-client").unwrap(), "--vault-id default");
    assert!(read("fails").unwrap_err().to_string().ends_with("fails: the program ended with 3"));
    fs::write(path("empty"), "\n").unwrap();
    assert!(read("empty").unwrap_err().to_string().ends_with("there is no password"));
    assert!(read("absent").is_err());
    let said = Password::new("two\nlines", "the terminal").unwrap_err().to_string();
    assert!(said.starts_with("the terminal: a password is one line") && !said.contains("two"), "{said}");
}
