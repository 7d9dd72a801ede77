//! What the hosts already have.

use super::check;
use expect_test::expect;

#[test]
fn an_empty_machine_gets_the_essential_packages() {
    check(
        "
pkg dash 1 amd64
  Essential: yes
  Depends: libc
pkg libc 1 amd64
pkg mount 1 amd64
  Priority: required
pkg web 1 amd64
  Depends: libc
request web",
        expect![[r#"
            main: dash=1 (base) libc=1 mount=1 (base) web=1
        "#]],
    );
}

#[test]
fn a_minimal_machine_has_them_already() {
    check(
        "
base minbase
pkg dash 1 amd64
  Essential: yes
  Depends: libc
pkg libc 1 amd64
pkg apt 1 amd64
  Depends: keyring
pkg keyring 1 all
pkg web 1 amd64
  Depends: libc, keyring, db
pkg db 1 amd64
request web",
        expect![[r#"
            main: db=1 web=1
        "#]],
    );
}

#[test]
fn a_base_package_is_carried_where_an_older_point_release_would_not_do() {
    check(
        "
base minbase
pkg libc 2.36-9+deb12u10 amd64
  Priority: required
pkg libc-bin 2.36-9+deb12u10 amd64
  Priority: required
  Depends: libc (= 2.36-9+deb12u10)
pkg libssl 3.0-1+deb12u2 amd64
  Priority: required
  Depends: libz (>= 1.2-1+deb12u1)
pkg libz 1.2-1+deb12u1 amd64
  Priority: required
pkg libm 1-1+deb12u1 amd64
  Priority: required
pkg libk 1-1+deb12u1 amd64
  Priority: required
pkg dev 2.36-9+deb12u10 amd64
  Depends: libc (= 2.36-9+deb12u10), libm (>= 1-1)
pkg tls 1 amd64
  Depends: libssl (>= 3.0-1+deb12u1)
  Breaks: libk (<< 1-1+deb12u1)
request dev tls",
        expect![[r#"
            main: dev=2.36-9+deb12u10 libc=2.36-9+deb12u10 (base update) libc-bin=2.36-9+deb12u10 (base update) libk=1-1+deb12u1 (base update) libssl=3.0-1+deb12u2 (base update) libz=1.2-1+deb12u1 (base update) tls=1
        "#]],
    );
}

#[test]
fn a_known_machine_is_upgraded_only_where_needed() {
    check(
        "
base status libc=1 db=1 web=1
pkg libc 2 amd64
pkg db 2 amd64
  Depends: libc
pkg web 2 amd64
  Depends: db (>= 2), libc
request web",
        expect![[r#"
            main: db=2 (base update) web=2
        "#]],
    );
}

#[test]
fn an_installed_version_that_no_index_has_still_meets_dependencies() {
    check(
        "
base status local=7 libc=1
pkg web 1 amd64
  Depends: local (>= 5), libc
pkg libc 2 amd64
request web",
        expect![[r#"
            main: web=1
        "#]],
    );
}

#[test]
fn a_break_of_an_installed_version_carries_the_newer_one() {
    check(
        "
base status old=1 libc=1
pkg libc 1 amd64
pkg old 1 amd64
pkg old 2 amd64
pkg web 1 amd64
  Breaks: old (<< 2)
request web",
        expect![[r#"
            main: old=2 (base update) web=1
        "#]],
    );
}

#[test]
fn a_named_base_is_present_with_what_it_needs() {
    check(
        "
base names python
pkg python 3 amd64
  Depends: libc
pkg libc 1 amd64
pkg app 1 all
  Depends: python, libc, extra
pkg extra 1 all
request app",
        expect![[r#"
            main: app=1 extra=1
        "#]],
    );
}

#[test]
fn a_choice_in_the_base_is_not_taken_to_be_present() {
    check(
        "
base minbase
pkg init 1 all
  Priority: required
  Depends: merge-now | merged
pkg merge-now 1 all
  Depends: perl
pkg merged 1 all
pkg perl 1 amd64
pkg web 1 amd64
  Depends: perl
request web",
        expect![[r#"
            main: perl=1 web=1
        "#]],
    );
}

#[test]
fn what_a_request_names_is_carried_even_if_the_base_has_it() {
    check(
        "
base minbase
pkg libc 2.36-9+deb12u10 amd64
  Priority: required
pkg tar 1.34+dfsg-1.2+deb12u1 amd64
  Priority: required
  Depends: libc (>= 2.36-9)
request tar",
        expect![[r#"
            main: tar=1.34+dfsg-1.2+deb12u1
        "#]],
    );
}

#[test]
fn packages_that_want_exactly_what_is_updated_go_with_it() {
    check(
        "
base minbase
pkg libpam-modules 1.5-6+deb12u2 amd64
  Priority: required
  Depends: libpam-bin (= 1.5-6+deb12u2)
pkg libpam-bin 1.5-6+deb12u2 amd64
pkg tool 1 amd64
  Depends: libpam-bin (>= 1.5-6+deb12u1)
request tool",
        expect![[r#"
            main: libpam-bin=1.5-6+deb12u2 (base update) libpam-modules=1.5-6+deb12u2 (base update) tool=1
        "#]],
    );
}

#[test]
fn a_request_that_excludes_what_is_installed_wins() {
    check(
        "
base status postfix=1
pkg postfix 1 amd64
  Provides: mail-server
  Conflicts: mail-server
pkg exim 1 amd64
  Provides: mail-server
  Conflicts: mail-server
request exim",
        expect![[r#"
            main: exim=1
        "#]],
    );
}

#[test]
fn nothing_asked_of_an_empty_machine_is_its_base() {
    check(
        "
pkg dash 1 amd64
  Essential: yes
request",
        expect![[r#"
            main: dash=1 (base)
        "#]],
    );
}
