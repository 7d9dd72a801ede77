//! The documents people diff: modules, platforms, requirement files, the lock.
//!
//! Text in, values out; nothing here opens a file.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod chart;
pub mod checksums;
pub mod cluster;
pub mod download;
pub mod embedded;
mod error;
pub mod inventory;
pub mod lock;
pub mod module;
pub mod origin;
pub mod platforms;
pub mod requirement;
pub mod requirements_file;
pub mod selection;
mod wish_list;

pub use download::{Checksums, FileRequest};
pub use error::{BomError, Misfit, UnusableLine};
pub use lock::Lock;
pub use module::Module;
pub use platforms::PlatformDocument;
pub use requirement::{FileKind, FileRequirement, ImageRequirement, ModuleName, PackageRequest, Requirement};
pub use wish_list::WishList;
