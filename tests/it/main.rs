//! What holds for the project as a whole, and what a person gets who types its commands.
#![allow(clippy::unwrap_used)]

mod deb;
mod fuzz_corpus;
mod job;
mod layers;
mod upstream;
