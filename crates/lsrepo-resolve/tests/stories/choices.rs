//! Which of several packages meets a dependency.

use super::check;
use expect_test::expect;

#[test]
fn an_older_version_is_taken_where_only_that_fits() {
    check(
        "
pkg web 1 amd64
  Depends: db (<< 2)
pkg db 1 amd64
pkg db 2 amd64
request web",
        expect![[r#"
            main: db=1 web=1
        "#]],
    );
}

#[test]
fn the_first_alternative_wins_and_its_failure_leads_to_the_second() {
    check(
        "
pkg web 1 amd64
  Depends: fast | plain
pkg fast 1 amd64
  Depends: exotic
pkg plain 1 amd64
request web",
        expect![[r#"
            main: plain=1 web=1
        "#]],
    );
}

#[test]
fn a_pure_virtual_name_goes_to_the_higher_priority_then_to_the_later_name() {
    check(
        "
pkg web 1 amd64
  Depends: mail-server, editor
pkg postfix 1 amd64
  Provides: mail-server
  Priority: optional
pkg exim 1 amd64
  Provides: mail-server
  Priority: standard
pkg ed 1 amd64
  Provides: editor
pkg vi 1 amd64
  Provides: editor
request web",
        expect![[r#"
            main: exim=1 vi=1 web=1
        "#]],
    );
}

#[test]
fn what_is_there_anyway_meets_an_alternative() {
    check(
        "
pkg web 1 amd64
  Depends: tool, first | second
pkg tool 1 amd64
  Depends: second
pkg first 1 amd64
pkg second 1 amd64
request web",
        expect![[r#"
            main: second=1 tool=1 web=1
        "#]],
    );
}

#[test]
fn a_choice_gives_way_to_what_has_to_be_there() {
    check(
        "
pkg office 1 amd64
  Depends: base, core
pkg base 1 amd64
  Depends: core-nogui | core
pkg core 1 amd64
  Conflicts: core-nogui
pkg core-nogui 1 amd64
  Conflicts: core
request office",
        expect![[r#"
            main: base=1 core=1 office=1
        "#]],
    );
}

#[test]
fn an_unversioned_provides_never_meets_a_version() {
    check(
        "
pkg web 1 amd64
  Depends: api (>= 2)
pkg old 1 amd64
  Provides: api
pkg exact 1 amd64
  Provides: api (= 2)
request web",
        expect![[r#"
            main: exact=1 web=1
        "#]],
    );
}

#[test]
fn breaks_leave_an_alternative_out() {
    check(
        "
pkg web 1 amd64
  Depends: driver, a | b
pkg driver 1 amd64
  Breaks: a (<< 3)
pkg a 2 amd64
pkg b 1 amd64
request web",
        expect![[r#"
            main: b=1 driver=1 web=1
        "#]],
    );
}

#[test]
fn a_conflict_with_a_virtual_name_spares_who_says_it() {
    check(
        "
pkg exim 1 amd64
  Provides: mail-server
  Conflicts: mail-server
pkg postfix 1 amd64
  Provides: mail-server
  Conflicts: mail-server
request exim postfix",
        expect![[r#"
            main: exim=1
            postfix: postfix=1
              apart: `postfix` cannot be installed
                exim 1 excludes postfix 1: `mail-server`
                exim 1 is needed by the request: `exim`
        "#]],
    );
}

#[test]
fn a_virtual_request_is_met_by_a_provider() {
    check(
        "
pkg mawk 1 amd64
  Provides: awk
request awk",
        expect![[r#"
            main: mawk=1
        "#]],
    );
}

#[test]
fn a_stanza_that_cannot_be_read_is_left_out() {
    check(
        "
pkg web 1 amd64
  Depends: db
pkg db 2 amd64
  Depends: ((
pkg db 1 amd64
request web",
        expect![[r#"
            main: db=1 web=1
        "#]],
    );
}

#[test]
fn a_cycle_is_normal() {
    check(
        "
pkg a 1 amd64
  Depends: b
pkg b 1 amd64
  Depends: c
pkg c 1 amd64
  Pre-Depends: a
request b",
        expect![[r#"
            main: a=1 b=1 c=1
        "#]],
    );
}

#[test]
fn the_first_source_counts_between_equal_versions() {
    check(
        "
pkg web 1 amd64
  Depends: first
pkg first 1 all
source other
pkg web 1 amd64
  Depends: second
pkg second 1 all
request web",
        expect![[r#"
            main: first=1 web=1
        "#]],
    );
}
