//! What a person may ask for, and leave out.

use super::check;
use super::story;
use expect_test::expect;

#[test]
fn recommends_come_along_where_they_fit() {
    check(
        "
recommends
pkg web 1 amd64
  Depends: db
  Recommends: docs, broken, gone | extra
  Suggests: more
pkg db 1 amd64
pkg docs 1 all
pkg broken 1 all
  Depends: gone
pkg extra 1 all
pkg more 1 all
request web",
        expect![[r#"
            main: db=1 docs=1 (recommended) extra=1 (recommended) web=1
        "#]],
    );
}

#[test]
fn suggests_come_along_when_asked() {
    check(
        "
recommends
suggests
pkg web 1 amd64
  Suggests: more
pkg more 1 all
  Recommends: evenmore
pkg evenmore 1 all
request web",
        expect![[r#"
            main: evenmore=1 (recommended) more=1 (recommended) web=1
        "#]],
    );
}

#[test]
fn a_recommended_package_never_spoils_a_required_one() {
    check(
        "
recommends
pkg web 1 amd64
  Recommends: nice
  Depends: a
pkg a 1 amd64
  Depends: hard
pkg hard 1 amd64
pkg nice 1 amd64
  Conflicts: hard
request web",
        expect![[r#"
            main: a=1 hard=1 web=1
        "#]],
    );
}

#[test]
fn backports_are_a_fallback() {
    check(
        "
pkg web 1 amd64
pkg tool 1 amd64
  Depends: web (>= 2)
source stable-backports backports
pkg web 2 amd64
  Depends: lib (>= 2)
pkg lib 2 amd64
request web",
        expect![[r#"
            main: web=1
        "#]],
    );
}

#[test]
fn a_suite_in_a_request_takes_the_package_from_there() {
    check(
        "
pkg web 1 amd64
pkg lib 1 amd64
source stable-backports backports
pkg web 2 amd64
  Depends: lib (>= 2)
pkg lib 2 amd64
request web/stable-backports",
        expect![[r#"
            main: lib=2 web=2
        "#]],
    );
}

#[test]
fn an_unknown_suite_says_which_there_are() {
    check(
        "
pkg web 1 amd64
source stable-backports backports
pkg web 2 amd64
request web/testing",
        expect![[r#"
            `web/testing` cannot be installed
              nothing provides `web/testing`; there is web 1, web 2
            hint: suites that have `web`: stable-backports, stable
        "#]],
    );
}

#[test]
fn versions_are_exact_or_patterns() {
    check(
        "
pkg haproxy 1:2.6.12-1+deb12u2 amd64
pkg haproxy 1:2.8.3-1 amd64
request haproxy=2.6.*",
        expect![[r#"
            main: haproxy=1:2.6.12-1+deb12u2
        "#]],
    );
}

#[test]
fn a_version_that_is_not_there_names_those_that_are() {
    check(
        "
pkg haproxy 2.6.12-1+deb12u2 amd64
pkg haproxy 2.8.3-1 amd64
request haproxy=2.6",
        expect![[r#"
            `haproxy=2.6` cannot be installed
              nothing provides `haproxy=2.6`; there is haproxy 2.8.3-1, haproxy 2.6.12-1+deb12u2
            hint: versions of `haproxy`: 2.8.3-1, 2.6.12-1+deb12u2
        "#]],
    );
}

#[test]
fn a_slip_of_the_pen_gets_the_nearest_name() {
    check(
        "
pkg postgresql 15 all
pkg postgresql-14 14 amd64
pkg postgresql-15 15 amd64
request postgesql postgresql-13",
        expect![[r#"
            `postgesql` cannot be installed
              nothing provides `postgesql`
            hint: did you mean `postgresql`?
            `postgresql-13` cannot be installed
              nothing provides `postgresql-13`
            hint: did you mean `postgresql-14`?
        "#]],
    );
}

#[test]
fn a_pattern_means_every_real_package() {
    check(
        "
pkg postgresql-15 15 amd64
pkg postgresql-client-15 15 amd64
pkg other 1 amd64
  Provides: postgresql-virtual
request postgresql-*",
        expect![[r#"
            main: postgresql-15=15 postgresql-client-15=15
        "#]],
    );
}

#[test]
fn what_is_excluded_is_not_there_and_said_so() {
    check(
        "
exclude a
pkg web 1 amd64
  Depends: a | b
pkg a 1 amd64
pkg b 1 amd64
pkg strict 1 amd64
  Depends: a
request web strict a",
        expect![[r#"
            main: b=1 web=1
            `strict` cannot be installed
              strict 1 needs `a`
              nothing provides `a`
            hint: a 1 is excluded
            `a` cannot be installed
              nothing provides `a`
            hint: a 1 is excluded
        "#]],
    );
}

#[test]
fn a_negative_pin_hides_a_package() {
    check(
        "
pin snapd stable -10
pkg snapd 1 amd64
pkg store 1 amd64
  Depends: snapd
request store",
        expect![[r#"
            `store` cannot be installed
              store 1 needs `snapd`
              nothing provides `snapd`
            hint: snapd 1 has a negative pin (-10)
        "#]],
    );
}

#[test]
fn a_higher_pin_wins_over_a_higher_version() {
    check(
        "
pkg web 1 amd64
pkg db 5 amd64
source vendor
pkg db 3 amd64
pin db vendor 900
request db web",
        expect![[r#"
            main: db=3 web=1
        "#]],
    );
}

#[test]
fn every_pick_knows_the_requests_that_lead_to_it() {
    let told = story::tell_wanted(
        "
base minbase
pkg libc 2-1+deb12u1 amd64
  Priority: required
pkg web 1 amd64
  Depends: lib, cache | lib
pkg db 1 amd64
  Depends: lib, libc (= 2-1+deb12u1)
pkg lib 1 amd64
pkg cache 1 amd64
request web db lib",
    );
    expect![[r#"
        db=1 [1]
        lib=1 [0, 1, 2]
        libc=2-1+deb12u1 [1]
        web=1 [0]
    "#]]
    .assert_eq(&told);
}
