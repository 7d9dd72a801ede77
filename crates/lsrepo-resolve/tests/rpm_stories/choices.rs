//! Which of several packages is taken.

use super::check;
use expect_test::expect;

#[test]
fn the_newest_version_of_the_best_architecture_is_taken() {
    check(
        "
pkg web 1 x86_64
pkg web 3 i686
pkg web 2 x86_64
request web",
        expect![[r#"
            main: web-2
        "#]],
    );
}

#[test]
fn a_source_of_better_priority_beats_a_newer_version() {
    check(
        "
pkg web 2 noarch
source own priority 10
pkg web 1 noarch
request web",
        expect![[r#"
            main: web-1
        "#]],
    );
}

#[test]
fn a_package_gives_way_to_what_obsoletes_it() {
    check(
        "
pkg web 2 noarch
  Requires: log
pkg oldlog 1 noarch
  Provides: log
pkg newlog 1 noarch
  Provides: log
  Obsoletes: oldlog < 2
request web",
        expect![[r#"
            main: newlog-1 web-2
        "#]],
    );
    check(
        "
pkg oldlog 1 noarch
pkg newlog 1 noarch
  Obsoletes: oldlog < 2
request oldlog",
        expect![[r#"
            main: newlog-1
        "#]],
    );
}

#[test]
fn a_choice_that_came_in_anyway_makes_the_other_needless() {
    check(
        "
pkg web 1 noarch
  Requires: mail
  Requires: zmail
pkg amail 1 noarch
  Provides: mail
pkg zmail 1 noarch
  Provides: mail
request web",
        expect![[r#"
            main: web-1 zmail-1
        "#]],
    );
}

#[test]
fn a_second_architecture_comes_only_where_the_first_does_not_do() {
    check(
        "
pkg web 1 x86_64
  Requires: lib
  Requires: wine(x86-32)
pkg lib 1 x86_64
pkg lib 1 i686
pkg wine 1 i686
  Provides: wine(x86-32)
request web",
        expect![[r#"
            main: lib-1 web-1 wine-1.i686
        "#]],
    );
    check(
        "
pkg glibc 2 x86_64
pkg glibc 2 i686
pkg glibc 1 i686
request glibc.i686 glibc",
        expect![[r#"
            main: glibc-2 glibc-2.i686
        "#]],
    );
}

#[test]
fn a_condition_looks_at_the_whole_set() {
    check(
        "
pkg web 1 noarch
  Requires: (web-selinux if selinux)
pkg web-selinux 1 noarch
pkg selinux 1 noarch
request web selinux",
        expect![[r#"
            main: selinux-1 web-1 web-selinux-1
        "#]],
    );
    check(
        "
pkg web 1 noarch
  Requires: (db >= 2 with db < 4)
pkg db 1 noarch
pkg db 3 noarch
pkg db 4 noarch
request web",
        expect![[r#"
            main: db-3 web-1
        "#]],
    );
}

#[test]
fn requests_may_name_versions_architectures_capabilities_and_files() {
    let universe = "
pkg web 1:1.2-3 x86_64
  Provides: http(server) = 7
pkg web 2-1 x86_64
pkg web-tools 2 x86_64
  File: /usr/bin/web
";
    for (request, expected) in [
        ("web-1.2", "main: web-1:1.2-3\n"),
        ("web-1:1.2-3.x86_64", "main: web-1:1.2-3\n"),
        ("web=1.2-3", "main: web-1:1.2-3\n"),
        ("web-2", "main: web-2\n"),
        ("web-t*", "main: web-tools-2\n"),
        ("http(server)", "main: web-1:1.2-3\n"),
        ("http(server)%>=%7", "main: web-1:1.2-3\n"),
        ("web%<%1:0", "main: web-2\n"),
        ("/usr/bin/web", "main: web-tools-2\n"),
        ("/usr/*/web", "main: web-tools-2\n"),
    ] {
        assert_eq!(super::rpm_story::tell(&format!("{universe}request {request}")), expected, "{request}");
    }
}
