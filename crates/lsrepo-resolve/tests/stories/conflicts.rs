//! What cannot be, and how it is said.

use super::check;
use super::story;
use expect_test::expect;

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
