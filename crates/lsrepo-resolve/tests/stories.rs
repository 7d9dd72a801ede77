//! The rules one by one, each on the smallest universe that shows it.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod story;

use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&story::tell(text));
}

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
fn two_architectures_of_a_same_package_go_in_lockstep() {
    check(
        "
arch amd64 foreign i386
pkg lib 2 amd64
  Multi-Arch: same
pkg lib 1 amd64
  Multi-Arch: same
pkg lib 1 i386
  Multi-Arch: same
request lib lib:i386",
        expect![[r#"
            main: lib=1 lib:i386=1
        "#]],
    );
}

#[test]
fn one_architecture_of_a_name_unless_it_says_same() {
    check(
        "
arch amd64 foreign i386
pkg tool 1 amd64
  Multi-Arch: foreign
pkg tool 1 i386
  Multi-Arch: foreign
request tool tool:i386",
        expect![[r#"
            main: tool=1
            tool-i386: tool:i386=1
              apart: `tool:i386` cannot be installed
                tool 1 excludes tool:i386 1: `one architecture of a name at a time`
                tool 1 is needed by the request: `tool`
        "#]],
    );
}

#[test]
fn a_foreign_package_takes_its_own_architecture_or_a_tool_of_any() {
    check(
        "
arch amd64 foreign i386
pkg game 1 i386
  Depends: lib, tool
pkg lib 1 amd64
pkg lib 1 i386
pkg tool 1 amd64
  Multi-Arch: foreign
request game",
        expect![[r#"
            main: game:i386=1 lib:i386=1 tool=1
        "#]],
    );
}

#[test]
fn an_arch_all_package_without_multi_arch_serves_only_native_ones() {
    check(
        "
arch amd64 foreign i386
pkg game 1 i386
  Depends: data
pkg data 1 all
request game",
        expect![[r#"
            `game` cannot be installed
              game:i386 1 needs `data`
              nothing provides `data`; there is data 1
            hint: data 1 is for amd64, and says nothing of serving other architectures
        "#]],
    );
}

#[test]
fn any_needs_a_package_that_allows_it() {
    check(
        "
arch amd64 foreign i386
pkg script 1 i386
  Depends: perl:any
pkg other 1 i386
  Depends: shell:any
pkg perl 1 amd64
  Multi-Arch: allowed
pkg shell 1 amd64
request script other",
        expect![[r#"
            main: perl=1 script:i386=1
            `other` cannot be installed
              other:i386 1 needs `shell:any`
              nothing provides `shell:any`; there is shell 1
            hint: shell 1 is for amd64, and says nothing of serving other architectures
        "#]],
    );
}

#[test]
fn a_foreign_package_is_found_where_no_native_one_is() {
    check(
        "
arch amd64 foreign i386
pkg game 1 i386
request game",
        expect![[r#"
            main: game:i386=1
        "#]],
    );
}

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
fn the_chain_to_what_is_missing_can_be_followed() {
    check(
        "
pkg web 1 amd64
  Depends: app
pkg app 3 amd64
  Depends: db (>= 2) | cache
pkg db 1 amd64
request web",
        expect![[r#"
            `web` cannot be installed
              web 1 needs `app`
              app 3 needs `db (>= 2) | cache`
              nothing provides `db (>= 2) | cache`; there is db 1
        "#]],
    );
}

#[test]
fn the_chain_to_a_conflict_names_both_sides() {
    check(
        "
pkg web 1 amd64
  Depends: app, logger
pkg app 3 amd64
  Depends: db
pkg db 1 amd64
  Conflicts: oldlog
pkg logger 1 amd64
  Depends: oldlog
pkg oldlog 4 amd64
request web",
        expect![[r#"
            `web` cannot be installed
              web 1 needs `logger`
              logger 1 needs `oldlog`
              db 1 excludes oldlog 4: `oldlog`
              db 1 is needed by app 3: `db`
              app 3 is needed by web 1: `app`
        "#]],
    );
}

#[test]
fn two_versions_of_one_name_cannot_both_be_had() {
    check(
        "
pkg web 1 amd64
  Depends: app, lib (= 2)
pkg app 3 amd64
  Depends: lib (= 1)
pkg lib 1 amd64
pkg lib 2 amd64
request web",
        expect![[r#"
            `web` cannot be installed
              web 1 needs `app`
              app 3 needs `lib (= 1)`
              lib 1 cannot stand beside lib 2
              lib 2 is needed by web 1: `lib (= 2)`
        "#]],
    );
}

#[test]
fn a_choice_that_fails_on_every_side_tells_the_first() {
    check(
        "
pkg web 1 amd64
  Depends: a | b
pkg a 1 amd64
  Depends: x, y
pkg b 1 amd64
  Depends: x, z
pkg x 1 amd64
pkg y 1 amd64
  Conflicts: x
pkg z 1 amd64
  Conflicts: x
request web",
        expect![[r#"
            `web` cannot be installed
              web 1 needs `a | b`
              b 1 needs `z`
              z 1 excludes x 1: `x`
              x 1 is needed by b 1: `x`
            hint: the choice of a 1 fails as well: y 1 excludes x 1: `x`
        "#]],
    );
}

#[test]
fn contradicting_requests_stand_in_sets_of_their_own() {
    check(
        "
pkg haproxy 2.4.1 amd64
  Depends: lua5
pkg haproxy 2.6.1 amd64
pkg lua5 1 amd64
pkg web 1 amd64
  Depends: lua5
pkg nolua 1 amd64
  Conflicts: lua5
request haproxy=2.6.* web haproxy=2.4.* nolua missing",
        expect![[r#"
            main: haproxy=2.6.1 lua5=1 web=1
            haproxy-2.4: haproxy=2.4.1 lua5=1
              apart: `haproxy=2.4.*` cannot be installed
                haproxy 2.4.1 cannot stand beside haproxy 2.6.1
                haproxy 2.6.1 is needed by the request: `haproxy=2.6.*`
            nolua: nolua=1
              apart: `nolua` cannot be installed
                web 1 needs `lua5`
                nolua 1 excludes lua5 1: `lua5`
                nolua 1 is needed by the request: `nolua`
            `missing` cannot be installed
              nothing provides `missing`
        "#]],
    );
}

#[test]
fn an_excluded_essential_package_is_a_conflict_with_the_base() {
    check(
        "
pkg dash 1 amd64
  Essential: yes
pkg evil 1 amd64
  Conflicts: dash
request evil",
        expect![[r#"
            `evil` cannot be installed
              evil 1 excludes dash 1: `dash`
              dash 1 is needed by the base system: `essential`
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
fn a_tool_of_the_native_architecture_serves_a_foreign_package() {
    check(
        "
arch amd64 foreign i386
pkg game 1 i386
  Depends: conf, lib
pkg conf 1 amd64
  Multi-Arch: foreign
pkg conf 1 i386
  Multi-Arch: foreign
pkg lib 1 i386
  Multi-Arch: same
  Depends: data
pkg data 1 all
  Multi-Arch: foreign
request game",
        expect![[r#"
            main: conf=1 data=1 game:i386=1 lib:i386=1
        "#]],
    );
}

#[test]
fn a_conflict_reaches_every_architecture() {
    check(
        "
arch amd64 foreign i386
pkg web 1 amd64
  Conflicts: lib
pkg lib 1 i386
request web lib:i386",
        expect![[r#"
            main: web=1
            lib-i386: lib:i386=1
              apart: `lib:i386` cannot be installed
                web 1 excludes lib:i386 1: `lib`
                web 1 is needed by the request: `web`
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

#[test]
fn a_conflict_is_a_value_that_turns_into_json() {
    let story = story::Story::parse("pkg web 1 amd64\n  Depends: db (>= 2)\npkg db 1 amd64\nrequest web");
    let conflict = &story.solve(&story.universe()).conflicts[0];
    expect![[r#"
        {
          "request": "web",
          "chain": [
            {
              "link": "needs",
              "package": "web 1",
              "dependency": "db (>= 2)"
            },
            {
              "link": "nothing",
              "dependency": "db (>= 2)",
              "offered": [
                "db 1"
              ]
            }
          ],
          "hints": []
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(conflict).unwrap());
}
