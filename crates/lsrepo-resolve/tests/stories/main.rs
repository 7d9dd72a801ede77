//! The rules one by one, each on the smallest universe that shows it.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod base;
mod choices;
mod conflicts;
mod multiarch;
mod policy;
#[path = "../story/mod.rs"]
mod story;

use expect_test::Expect;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&story::tell(text));
}
