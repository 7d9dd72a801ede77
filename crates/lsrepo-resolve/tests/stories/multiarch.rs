//! Architectures side by side.

use super::check;
use expect_test::expect;

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
