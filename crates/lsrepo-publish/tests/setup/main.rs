//! The set-up script on made-up hosts: what it writes, that it takes everything back, and that nothing ends it badly.
#![allow(clippy::unwrap_used)]

mod containers;
mod crash;
mod host;
mod hostile;
mod old;
#[path = "../../../../tests/it/program.rs"]
#[allow(clippy::print_stderr, dead_code)]
mod program;
mod stories;
