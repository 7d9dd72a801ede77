//! The rules of RPM one by one, each on the smallest universe that shows it.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod base;
mod choices;
mod conflicts;
mod policy;
#[path = "../rpm_story/mod.rs"]
mod rpm_story;

use expect_test::Expect;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&rpm_story::tell(text));
}
