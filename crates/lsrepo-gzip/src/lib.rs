//! Rebuilds gzip streams bit for bit from what is in them.
//!
//! A gzip layer packs badly once more, what is in it packs well; but the far side needs the very bytes that the layer's
//! digest is of. DEFLATE (RFC 1951) leaves to the writer which matches it takes and where it ends a block. The programs
//! that write layers, charts and archives are few and have not changed these decisions in years: run the same decisions
//! again, and the same bytes come out. [`recognise`] finds out which [`Writer`] wrote a stream, by doing so; the [`Recipe`]
//! is what the far side needs besides the plain bytes, and a [`Rebuilder`] takes both.
//!
//! Everything here is pure and needs memory that does not grow with the stream.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

mod bits;
mod encoder;
mod go;
mod header;
mod recipe;
mod recognise;
mod symbols;
mod writer;
mod zlib;

pub(crate) use bits::Bits;
pub(crate) use encoder::Encoder;
/// Goes up with every change of what is recognised or written: what was found out before is of no use then.
pub const VERSION: u32 = 1;

pub use recipe::{Rebuilder, Recipe, RecipeError};
pub use recognise::{guess, recognise};
pub use writer::Writer;
