use super::*;

#[test]
fn pages_are_found_by_their_paths_and_nothing_of_the_machines_is_a_page() {
    let platform = || "debian-12/x86_64".to_owned();
    for (path, route) in [
        ("", Some(Route::Overview)),
        ("search", Some(Route::Search)),
        ("packages/debian-12/x86_64", Some(Route::Packages(Some(platform())))),
        ("packages/debian-12/x86_64/g++", Some(Route::Package { platform: platform(), name: "g++".into() })),
        ("images/docker.io/library/nginx", Some(Route::Image("docker.io/library/nginx".into()))),
        ("browse/files/tools/a.tgz", Some(Route::Browse(Kind::File, "tools/a.tgz".into()))),
        ("snapshots/1..2", Some(Route::Difference("1..2".into()))),
        ("setup", Some(Route::Setup)),
        ("packages/a", None),
        ("browse", None),
    ] {
        assert_eq!(Route::parse(path), route, "{path}");
    }
    for path in [
        "apt",
        "apt/debian-12",
        "yum",
        "files",
        "files/a",
        "v2",
        "v2/_catalog",
        "keys",
        "keys/lsrepo.asc",
        "setup/debian-12.sh",
        "lsrepo",
        "lsrepo/packages/a.deb",
        "healthz",
        "metrics",
        "sbom",
        "sbom/debian-12/x86_64.cdx.json",
        "lsrepo/images",
    ] {
        assert_eq!(Route::parse(path), None, "{path}");
    }
}
