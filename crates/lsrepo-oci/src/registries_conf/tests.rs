use super::*;

const TEXT: &str = r#"
unqualified-search-registries = ["docker.io"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true
[[registry.mirror]]
location = "digests.example"
pull-from-mirror = "digest-only"
[[registry]]
prefix = "docker.io/library"
location = "quay.example/official"
[[registry]]
prefix = "*.corp.example"
insecure = true
[[registry]]
prefix = "bad.example/secret"
blocked = true
"#;

fn places(conf: &RegistriesConf, image: &str) -> Vec<String> {
    let image = image.parse().unwrap();
    let all = conf.rule(&image).map(|rule| rule.places(&image)).unwrap_or_default();
    all.iter()
        .map(|asked| {
            format!("{asked}{}", if conf.is_insecure(&asked.registry, Some(asked.repository.as_str())) { " plain" } else { "" })
        })
        .collect()
}

#[test]
fn mirrors_come_first_and_the_longest_prefix_counts() {
    let conf = RegistriesConf::parse(TEXT).unwrap();
    assert_eq!(places(&conf, "bitnami/kafka:3"), ["mirror.example:5000/hub/bitnami/kafka:3 plain", "docker.io/bitnami/kafka:3"]);
    assert_eq!(places(&conf, "nginx:1"), ["quay.example/official/nginx:1"]);
    let digest = format!("sha256:{}", "a".repeat(64));
    assert_eq!(places(&conf, &format!("a/b@{digest}"))[1], format!("digests.example/a/b@{digest}"));
    assert_eq!(places(&conf, "r.corp.example/x:1"), ["r.corp.example/x:1 plain"]);
    assert!(places(&conf, "corp.example/x:1").is_empty() && places(&conf, "bad.example/secrets:1").is_empty());
    let hosts: Vec<_> = conf.hosts(&"docker.io".parse().unwrap()).map(|host| host.to_string()).collect();
    assert_eq!(hosts, ["mirror.example:5000", "digests.example", "quay.example"]);
    assert!(conf.rule(&"bad.example/secret/x".parse().unwrap()).unwrap().blocked);
}

#[test]
fn a_rule_may_be_for_one_image_or_for_all_hosts_below_a_name() {
    let text = r#"
[[registry]]
prefix = "nginx.example/app:1"
location = "other.example/kept/"
[[registry]]
prefix = "*.corp.example"
location = "mirror.example/"
"#;
    let conf = RegistriesConf::parse(text).unwrap();
    let digest = format!("@sha256:{}", "a".repeat(64));
    assert_eq!(places(&conf, &format!("nginx.example/app:1{digest}")), [format!("other.example/kept:1{digest}")]);
    assert!(places(&conf, "nginx.example/app:11").is_empty() && places(&conf, "nginx.example/app/1:1").is_empty());
    assert_eq!(places(&conf, "r.corp.example:5000/x:1"), ["mirror.example/x:1"]);
    for wrong in ["*", "*.", "*x.example", "*.x.example/y", "x.example/a*"] {
        assert!(RegistriesConf::parse(&format!("[[registry]]\nprefix = '{wrong}'")).is_err(), "{wrong}");
    }
}

#[test]
fn what_one_namespace_may_the_next_may_not() {
    let text = r#"
[[registry]]
prefix = "r.example/lab"
insecure = true
[[registry]]
prefix = "r.example/lab/safe"
[[registry]]
location = "open.example"
insecure = true
"#;
    let conf = RegistriesConf::parse(text).unwrap();
    let plain = |host: &str, repository| conf.is_insecure(&host.parse().unwrap(), repository);
    assert!(plain("r.example", Some("lab/x")) && plain("open.example", None) && plain("open.example", Some("a")));
    for other in [None, Some("laboratory"), Some("lab/safe"), Some("lab/safe/x")] {
        assert!(!plain("r.example", other), "{other:?}");
    }
}

#[test]
fn later_files_replace_rules_of_the_same_prefix() {
    let mut conf = RegistriesConf::parse(TEXT).unwrap();
    conf.extend(RegistriesConf::parse("[[registry]]\nprefix = \"docker.io\"\nlocation = \"other.example\"\n").unwrap());
    assert_eq!(places(&conf, "a/b:1"), ["other.example/a/b:1"]);
    assert_eq!(places(&conf, "nginx:1"), ["quay.example/official/nginx:1"]);
}

#[test]
fn what_is_no_such_file_is_said() {
    for (wrong, word) in [
        ("[registries.search]\nregistries = ['docker.io']", "version 1"),
        ("[[registry]]\nprefix = 1", "not a registries.conf"),
        ("[[registry]]\nlocation = \"a b\"", "`a b` names no registry"),
        ("[[registry]]\nlocation = \"a.b/UP\"", "names no registry"),
    ] {
        let said = RegistriesConf::parse(wrong).unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
    }
    assert_eq!(RegistriesConf::parse("# nothing").unwrap(), RegistriesConf::default());
}
