//! What holds for the project as a whole.
#![allow(clippy::unwrap_used)]

mod fuzz_corpus;
mod layers;
