//! What cannot be, and how it is said.

use super::check;
use expect_test::expect;

#[test]
fn the_chain_to_what_is_missing_can_be_followed() {
    check(
        "
pkg web 1 noarch
  Requires: app
pkg app 3 noarch
  Requires: db >= 2
pkg db 1 noarch
request web",
        expect![[r#"
            `web` cannot be installed
              web 1-1 needs `app`
              app 3-1 needs `db >= 2`
              nothing provides `db >= 2`; there is db 1-1
        "#]],
    );
}

#[test]
fn the_chain_to_a_conflict_names_both_sides() {
    check(
        "
pkg web 1 noarch
  Requires: app
  Requires: logger
pkg app 3 noarch
  Requires: db
pkg db 1 noarch
  Conflicts: oldlog
pkg logger 1 noarch
  Requires: oldlog
pkg oldlog 4 noarch
request web",
        expect![[r#"
            `web` cannot be installed
              web 1-1 needs `logger`
              logger 1-1 needs `oldlog`
              db 1-1 excludes oldlog 4-1: `Conflicts: oldlog`
              db 1-1 is needed by app 3-1: `db`
              app 3-1 is needed by web 1-1: `app`
        "#]],
    );
}

#[test]
fn a_condition_that_cannot_hold_is_told() {
    check(
        "
pkg web 1 noarch
  Requires: (web-selinux if selinux)
  Requires: selinux
pkg selinux 1 noarch
request web",
        expect![[r#"
            `web` cannot be installed
              web 1-1 needs `selinux`
              web 1-1 excludes selinux 1-1: `Requires: (web-selinux if selinux)`
              web 1-1 is needed by the request: `web`
        "#]],
    );
    check(
        "
pkg web 1 noarch
  Requires: (a unless b)
  Requires: b
pkg a 1 noarch
pkg b 1 noarch
request web",
        expect![[r#"
            `web` cannot be installed
              web 1-1 needs `b`
              web 1-1 excludes b 1-1: `Requires: (a unless b)`
              web 1-1 is needed by the request: `web`
        "#]],
    );
}

#[test]
fn requests_that_exclude_each_other_are_solved_apart() {
    check(
        "
pkg curl 7 x86_64
pkg curl-minimal 7 x86_64
  Conflicts: curl
request curl curl-minimal",
        expect![[r#"
            main: curl-7
            curl-minimal: curl-minimal-7
              apart: `curl-minimal` cannot be installed
                curl-minimal 7-1 excludes curl 7-1: `Conflicts: curl`
                curl 7-1 is needed by the request: `curl`
        "#]],
    );
}

#[test]
fn a_wrong_name_gets_the_nearest_right_one() {
    check(
        "
pkg postgresql 16 noarch
pkg haproxy 2 noarch
request postgesql",
        expect![[r#"
            `postgesql` cannot be installed
              nothing provides `postgesql`
            hint: did you mean `postgresql`?
        "#]],
    );
    check(
        "
group web-server httpd
pkg httpd 2 noarch
request @web-servr",
        expect![[r#"
            `@web-servr` cannot be installed
              nothing provides `@web-servr`
            hint: did you mean `@web-server`?
        "#]],
    );
}

#[test]
fn what_is_there_and_does_not_fit_is_named() {
    check(
        "
pkg web 1 x86_64
pkg web 2 x86_64
request web-3",
        expect![[r#"
            `web-3` cannot be installed
              nothing provides `web-3`; there is web 1-1, web 2-1
            hint: versions of `web`: 2-1, 1-1
        "#]],
    );
    check(
        "
pkg web 1 x86_64
request web.i686",
        expect![[r#"
            `web.i686` cannot be installed
              nothing provides `web.i686`; there is web 1-1
            hint: architectures of `web`: x86_64
        "#]],
    );
    check(
        "
pkg web 1 aarch64
request web",
        expect![[r#"
            `web` cannot be installed
              nothing provides `web`
            hint: web 1-1 is for aarch64
        "#]],
    );
    check(
        "
pkg web 1 noarch
exclude web
request web",
        expect![[r#"
            `web` cannot be installed
              nothing provides `web`
            hint: web 1-1 is excluded
        "#]],
    );
}

#[test]
fn a_module_that_is_not_enabled_is_named() {
    check(
        "
pkg app 1 noarch
  Requires: postgresql
pkg postgresql 16 noarch
  module postgresql:16
request app postgresql",
        expect![[r#"
            `app` cannot be installed
              app 1-1 needs `postgresql`
              nothing provides `postgresql`
            hint: postgresql 16-1 belongs to the module stream `postgresql:16`, which is not enabled
            `postgresql` cannot be installed
              nothing provides `postgresql`
            hint: postgresql 16-1 belongs to the module stream `postgresql:16`, which is not enabled
        "#]],
    );
}

#[test]
fn a_dependency_that_cannot_be_read_is_told() {
    check(
        "
pkg web 1 noarch
  Requires: (a xor b)
request web",
        expect![[r#"
            `web` cannot be installed
              web 1-1 cannot be read: an unknown word between two dependencies in `(a xor b)`
        "#]],
    );
}

#[test]
fn the_best_version_or_a_word_about_the_second_best() {
    let universe = "
pkg web 1 noarch
pkg web 2 noarch
  Requires: missing
request web";
    check(
        universe,
        expect![[r#"
        `web` cannot be installed
          web 2-1 needs `missing`
          nothing provides `missing`
        hint: not the best version, but one that fits: web 1-1
    "#]],
    );
    check(
        &format!("any\n{universe}"),
        expect![[r#"
        main: web-1
    "#]],
    );
}
