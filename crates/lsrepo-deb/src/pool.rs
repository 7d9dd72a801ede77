//! Where a package lies: `pool/main/p/postgresql-15/postgresql-15_15.6-0+deb12u1_amd64.deb`.

use crate::{Error, version::Version};
use lsrepo_types::RelPath;

/// The place of a package in a pool, as Debian's own archive has it. The epoch is not in the name: some
/// clients write it as `%3a`, others do not find it then.
///
/// ```
/// # use lsrepo_deb::{pool_path, version::Version};
/// let version: Version = "1:2.3-4".parse()?;
/// assert_eq!(pool_path("main", "libpq", "libpq5", &version, "amd64")?.as_str(), "pool/main/libp/libpq/libpq5_2.3-4_amd64.deb");
/// # Ok::<(), lsrepo_deb::Error>(())
/// ```
pub fn pool_path(component: &str, source: &str, name: &str, version: &Version, arch: &str) -> Result<RelPath, Error> {
    let source = if source.is_empty() { name } else { source };
    let word = |word: &&&str| word.is_empty() || !word.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-._~".contains(&c));
    let file_version = version.without_epoch().replace(':', ".");
    if let Some(wrong) = [component, source, name, arch].iter().find(word) {
        return Err(Error::Pool(wrong.chars().take(80).collect()));
    }
    let first = if source.starts_with("lib") && source.len() > 3 { 4 } else { 1 };
    let path = format!("pool/{component}/{}/{source}/{name}_{file_version}_{arch}.deb", &source[..first]);
    path.parse().map_err(|_| Error::Pool(path.chars().take(120).collect()))
}
