use super::*;

#[test]
fn one_line_with_options() {
    let line = "deb [arch=amd64,arm64 signed-by=/k.gpg,ABCD check-valid-until=no] https://a.example/debian bookworm main contrib";
    let source: Source = line.parse().unwrap();
    assert_eq!(source.architectures, ["amd64", "arm64"]);
    assert_eq!(source.signed_by, [SignedBy::Path("/k.gpg".into()), SignedBy::Fingerprint("ABCD".into())]);
    assert!(!source.check_valid_until && source.enabled);
    assert_eq!(source.to_string(), line);
}

#[test]
fn comments_and_sources_of_sources_are_passed_over() {
    let text = "# deb http://no.example x main\n\ndeb-src http://a.example b main\ndeb file:/srv/repo ./ # flat\n";
    let all = parse_list(text, "l").unwrap();
    assert_eq!((all.len(), all[0].suites[0].as_str(), all[0].components.len()), (1, "./", 0));
}

#[test]
fn a_stanza_with_an_inline_key() {
    let text = "Types: deb deb-src\nURIs: http://a.example http://b.example\nSuites: x x-updates\nComponents: main\nSigned-By:\n \
                -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ==\n -----END PGP PUBLIC KEY BLOCK-----\n\n\
                Types: deb\nURIs: http://c.example\nSuites: y\nComponents: main\nEnabled: no\n";
    let all = parse_deb822(text, "s").unwrap();
    assert_eq!((all[0].uris.len(), all[0].suites.len(), all[1].enabled), (2, 2, false));
    let key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n";
    assert_eq!(all[0].signed_by, [SignedBy::Inline(key.into())]);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_line() {
    let error = |text: &str| parse_list(text, "l").unwrap_err().to_string();
    assert_eq!(error("\ndeb http://a.example x"), "l:2: the suite `x` needs a component, such as `main`");
    assert!(error("deb ftp://a.example x main").contains("known: http, https, file"));
    assert!(error("deb http://a.example ../x main").contains("neither a suite"));
    assert!(error("rpm http://a.example x main").contains("neither `deb`"));
    assert!(parse_deb822("URIs: x\n", "s").unwrap_err().to_string().contains("Types is missing"));
}
