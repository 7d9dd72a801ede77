//! OpenPGP: who signed this, and is it somebody we trust.
//!
//! A text from outside goes through [`verify_inline`] or [`verify_detached`] before anybody parses it, and
//! comes out as [`Verified`], which nothing else can make. Packages have their signatures inside and rules of their
//! own, see [`check_package_header`]. Keys and signatures are rPGP's; the rules of what
//! counts as a good signature are here. Spec: RFC 9580, RFC 4880.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

mod certificate;
pub mod cosign;
mod error;
mod fingerprint;
mod framing;
mod keyring;
mod package;
mod secret;
mod verify;

pub use cosign::{CosignError, CosignKey};
pub use error::{KeyError, SignatureError};
pub use fingerprint::Fingerprint;
pub use keyring::{Keyring, PublicKey};
pub use package::{PackagePolicy, PackageSigned, Weakness, check_package, check_package_header};
pub use secret::SecretKey;
pub use verify::{Verified, check_detached, is_canonical, verify_detached, verify_inline};

#[cfg(test)]
mod tests;
