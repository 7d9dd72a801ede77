//! The server as a client sees it: bytes over a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod apt;
mod client;
mod lambdastack;
mod limits;
mod pages;
mod parts;
mod plain;
mod ranges;
mod server;
mod site;
mod tls;
