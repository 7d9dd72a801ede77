//! The words everyone uses: digests, platforms, architectures, paths inside a tree, points in time.
//!
//! Everything here is a value that was checked when it was made: a [`RelPath`] cannot say `..`,
//! a [`Digest`] has 32 bytes, a [`Platform`] names a known architecture. No I/O happens here.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod arch;
mod digest;
pub mod glob;
mod hint;
mod human;
mod path;
mod platform;
mod sha512;
mod time;
mod visible;

pub use arch::{Arch, ArchError};
pub use digest::{Digest, DigestError, Hasher, VerifyError, VerifyingReader};
pub use hint::nearest;
pub use human::{Bytes, BytesError, Count};
pub use path::{RelPath, RelPathError};
pub use platform::{Family, Os, OsError, Platform, PlatformError};
pub use sha512::{Sha512, Sha512Hasher};
pub use time::{Timestamp, TimestampError};
pub use visible::visible;
