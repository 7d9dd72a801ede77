//! What the policy decides.

use super::check;
use expect_test::expect;

#[test]
fn recommended_packages_come_where_they_fit() {
    let universe = "
pkg web 1 noarch
  Recommends: logs
  Recommends: broken
  Suggests: extra
pkg logs 1 noarch
pkg broken 1 noarch
  Requires: missing
pkg extra 1 noarch
pkg web-de 1 noarch
  Supplements: (web and logs)
request web";
    check(
        universe,
        expect![[r#"
        main: web-1
    "#]],
    );
    check(
        &format!("weak on\n{universe}"),
        expect![[r#"
        main: logs-1 (recommended) web-1 web-de-1 (recommended)
    "#]],
    );
}

#[test]
fn kernels_stand_side_by_side() {
    check(
        "
pkg kernel 5 x86_64
pkg kernel 6 x86_64
pkg kmod 1 x86_64
  Provides: multiversion(kernel)
pkg kmod 2 x86_64
  Provides: multiversion(kernel)
request kernel-5 kernel-6 kmod-1 kmod-2",
        expect![[r#"
            main: kernel-5 kernel-6 kmod-1 kmod-2
        "#]],
    );
}

#[test]
fn what_is_kept_beats_what_is_newer() {
    check(
        "
pkg web 1 noarch
pkg web 2 noarch
pkg app 1 noarch
  Requires: web
pkg app 2 noarch
  Requires: web >= 2
keep web-1-1.noarch app-1-1.noarch
request app",
        expect![[r#"
            main: app-1 web-1
        "#]],
    );
    check(
        "
pkg web 1 noarch
pkg web 2 noarch
pkg app 2 noarch
  Requires: web >= 2
keep web-1-1.noarch
request app",
        expect![[r#"
            main: app-2 web-2
        "#]],
    );
}

#[test]
fn an_exclude_leaves_the_next_best() {
    check(
        "
pkg web 1 noarch
pkg web 2 noarch
exclude web-2*
request web",
        expect![[r#"
            main: web-1
        "#]],
    );
    check(
        "
pkg web 1 noarch
source own exclude web
pkg web 2 noarch
request web",
        expect![[r#"
            main: web-1
        "#]],
    );
}

#[test]
fn a_group_brings_its_members_as_far_as_there_are_any() {
    check(
        "
group web-server httpd mod_ssl gone
pkg httpd 2 noarch
pkg mod_ssl 2 noarch
  Requires: httpd
request @web-server",
        expect![[r#"
            main: httpd-2 mod_ssl-2
        "#]],
    );
}
