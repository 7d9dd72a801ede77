//! The words of `lsrepo manifest`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `lsrepo manifest`
#[derive(Args, Debug)]
#[command(
    after_help = "To approve a bundle:   lsrepo manifest BUNDLE -o json > manifest.json  &&  gpg --detach-sign --armor manifest.json\n\
                        Behind the air gap:    lsrepo import --approve manifest.json.asc BUNDLE"
)]
pub struct ManifestArgs {
    /// The bundle; `-` reads it from standard input
    pub bundle: PathBuf,
    /// Form of the manifest
    #[arg(short, long, value_enum, default_value_t = ManifestFormat::Html, value_name = "FORMAT")]
    pub output: ManifestFormat,
    /// Show what is new, changed and gone since this one was carried
    #[arg(long, value_name = "RECEIPT|LOCK|BUNDLE|STORE")]
    pub against: Option<PathBuf>,
    /// Write it to a file
    #[arg(long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}

/// The form of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ManifestFormat {
    /// a page to read, print and sign
    Html,
    /// what an approver signs: equal bundles give equal bytes
    Json,
    /// for a terminal
    Text,
}
