//! What holds for the project as a whole, and what a person gets who types its commands.
#![allow(clippy::unwrap_used)]

mod approval;
mod bom;
mod bucket;
mod bundles;
mod charts;
mod client;
mod deb;
mod desk;
mod files;
mod fuzz_corpus;
mod image_command;
mod images;
mod job;
mod lambdastack;
mod layers;
mod manifest;
mod pages;
#[allow(clippy::print_stderr)] // it says what was not tested
mod program;
mod registry;
mod repository;
#[allow(dead_code)] // each user of it needs another part
mod rpm;
mod rpm_job;
mod selection;
mod service;
mod sync;
mod upstream;
