use super::*;

const POSTGRESQL: &str = r#"
kind: module
name: postgresql
version: 0.1.0
labels: {kind: database, core-technology: postgresql, provides-postgresql: "14"}
requires:
  strong: [[{key: kind, operator: eq, values: [infrastructure]}, {key: provider, operator: in, values: [any, aws]}]]
  weak: [[{key: kind, operator: eq, values: [monitoring]}]]
influences: [[{key: kind, operator: eq, values: [monitoring]}]]
requirements:
  packages:
    - {name: postgresql14-server, os: [centos-7, redhat-7]}
    - {name: postgresql-14, version: "14.*", os_family: debian}
    - {name: pgbouncer, version: "1.16.*", arch: [amd64]}
  files:
    - url: https://a.example/postgres_exporter-0.8.0.linux-{arch:amd64|arm64}.tar.gz
      sha256: {x86_64: "1111111111111111111111111111111111111111111111111111111111111111"}
      mirrors: ["https://b.example/{arch:x|a}/exporter.tgz"]
  images:
    - {ref: "docker.io/bitnami/pgpool:4.1.1-debian-10-r29", arch: [x86_64]}
"#;

fn module() -> Module {
    Module::parse(POSTGRESQL, "bom/postgresql.yml").unwrap()
}

fn packages(platform: &str) -> Vec<String> {
    module().wishes_for(&platform.parse().unwrap()).packages.iter().map(ToString::to_string).collect()
}

#[test]
fn a_wish_holds_only_where_it_says() {
    assert_eq!(packages("debian-12/x86_64"), ["pgbouncer=1.16.*", "postgresql-14=14.*"]);
    assert_eq!(packages("debian-12/arm64"), ["postgresql-14=14.*"]);
    assert_eq!(packages("centos-7/arm64"), ["postgresql14-server"]);
    assert_eq!(module().wishes_for(&"debian-12/arm64".parse().unwrap()).images, Vec::<String>::new());
}

#[test]
fn a_file_is_asked_for_in_the_architecture_of_the_platform() {
    let files = |platform: &str| module().wishes_for(&platform.parse().unwrap()).files.remove(0);
    let (here, there) = (files("debian-12/x86_64"), files("debian-12/arm64"));
    assert_eq!(here.name, "postgres_exporter-0.8.0.linux-amd64.tar.gz");
    assert_eq!(here.digest.unwrap().hex(), "1".repeat(64));
    assert_eq!(there.url, "https://a.example/postgres_exporter-0.8.0.linux-arm64.tar.gz");
    assert_eq!((there.digest, there.mirrors), (None, vec!["https://b.example/a/exporter.tgz".to_owned()]));
}

#[test]
fn a_module_runs_everywhere_unless_it_says_otherwise() {
    let on = |line: &str| Module::parse(&format!("kind: module\nname: x\nversion: 0.1.0\n{line}"), "x.yml");
    assert!(on("").unwrap().supports(Arch::Arm64));
    assert!(on("supported_architectures: [all]").unwrap().supports(Arch::Arm64));
    let one = on("supported_architectures: [x86_64]\nrequirements: {packages: [{name: curl}]}").unwrap();
    assert!(one.supports(Arch::X86_64) && !one.supports(Arch::Arm64));
    assert!(one.wishes_for(&"debian-12/arm64".parse().unwrap()).is_empty());
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let place = |from: &str, to: &str| {
        let text = POSTGRESQL.replacen(from, to, 1);
        assert_ne!(text, POSTGRESQL, "{from}");
        Module::parse(&text, "bom/x.yml").unwrap_err().to_string()
    };
    for (from, to, said) in [
        ("kind: module", "kind: modul", "bom/x.yml:2:7: "),
        ("name: postgresql\n", "name: PostgreSQL\n", "bom/x.yml:3:7: `PostgreSQL` is not a module name"),
        ("weak:", "week:", "bom/x.yml:8:3: "),
        ("operator: eq", "operator: is", "bom/x.yml:7:"),
        ("arch: [amd64]", "arch: [amd46]", "bom/x.yml:14:"),
        ("name: pgbouncer", "name: pg bouncer", "bom/x.yml:14:"),
        ("{arch:amd64|arm64}", "{arch:amd64}", "bom/x.yml:16:"),
        ("1111}", "111}", "bom/x.yml:"),
        (":4.1.1-debian-10-r29", "", "bom/x.yml:20:"),
    ] {
        let from = if from == "1111}" { "\"1111111111" } else { from };
        let to = if to == "111}" { "\"111111111" } else { to };
        let error = place(from, to);
        assert!(error.starts_with(said), "{from} → {error}");
    }
}
