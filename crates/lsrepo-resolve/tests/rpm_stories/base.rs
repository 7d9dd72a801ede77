//! What the target has already.

use super::check;
use expect_test::expect;

#[test]
fn what_is_installed_is_not_carried() {
    check(
        "
pkg web 1 noarch
  Requires: bash
pkg bash 5 x86_64
base installed bash-5-1.x86_64
request web",
        expect![[r#"
            main: web-1
        "#]],
    );
}

#[test]
fn an_installed_version_that_no_source_has_does_as_well() {
    check(
        "
pkg web 1 noarch
  Requires: bash >= 4
  Requires: /bin/sh
pkg bash 5 x86_64
  Provides: /bin/sh
base installed bash-4.2-1.x86_64
request web",
        expect![[r#"
            main: web-1
        "#]],
    );
}

#[test]
fn an_installed_version_that_is_too_old_is_updated_with_its_siblings() {
    check(
        "
pkg web 1 noarch
  Requires: bash >= 5
pkg bash 5 x86_64
  Requires: bash-libs = 5
pkg bash-libs 5 x86_64
pkg bash 4 x86_64
  Requires: bash-libs = 4
pkg bash-libs 4 x86_64
base installed bash-4-1.x86_64 bash-libs-4-1.x86_64
request web",
        expect![[r#"
            main: bash-5 (base update) bash-libs-5 (base update) web-1
        "#]],
    );
}

#[test]
fn what_is_installed_stays_where_a_request_would_drive_it_out() {
    check(
        "
pkg web 1 noarch
  Conflicts: mail
pkg mail 1 noarch
base installed mail-1-1.noarch
request web",
        expect![[r#"
            `web` cannot be installed
              web 1-1 excludes mail 1-1: `Conflicts: mail`
              mail 1-1 is needed by the base system: `installed`
        "#]],
    );
}

#[test]
fn everything_of_a_source_may_be_the_base() {
    check(
        "
pkg web 1 noarch
  Requires: bash
  Requires: lib
pkg lib 1 noarch
source base
pkg bash 5 noarch
base source base
request web",
        expect![[r#"
            main: lib-1 web-1
        "#]],
    );
}

#[test]
fn a_named_base_has_what_its_packages_cannot_do_without() {
    check(
        "
pkg bash 5 x86_64
  Requires: glibc
  Requires: mta
pkg glibc 2 x86_64
pkg postfix 1 x86_64
  Provides: mta
pkg sendmail 1 x86_64
  Provides: mta
pkg web 1 noarch
  Requires: glibc
  Requires: mta
base names bash
request web",
        expect![[r#"
            main: postfix-1 web-1
        "#]],
    );
}

#[test]
fn a_base_that_may_be_older_is_carried_where_a_version_is_named() {
    check(
        "
pkg bash 5 x86_64
  Requires: glibc = 2
  Requires: filesystem
pkg glibc 2 x86_64
  Requires: glibc-common = 2
pkg glibc-common 2 x86_64
  Requires: glibc = 2
pkg filesystem 3 x86_64
pkg web 1 noarch
  Requires: glibc-common >= 2
  Requires: filesystem
base names bash
request web",
        expect![[r#"
            main: bash-5 (base update) glibc-2 (base update) glibc-common-2 (base update) web-1
        "#]],
    );
}
