//! Where a platform's packages come from.

pub(crate) mod apt;
pub(crate) mod yum;

use anyhow::{Result, bail};
use lsrepo_bom::{embedded, platforms::PlatformDocument};
use lsrepo_types::{Family, Os, nearest};

/// What is known of a platform's OS without being told.
pub(crate) fn document(os: &Os) -> Result<PlatformDocument> {
    if let Some(document) = embedded::platform(os)? {
        return Ok(document);
    }
    let known: Vec<String> = embedded::platforms()?.iter().map(|document| document.name.to_string()).collect();
    let near = nearest(os.as_str(), known.iter().map(String::as_str));
    let hint = match (near, os.family()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Family::Debian) => "name its upstreams with --source 'deb [signed-by=KEYRING] URL SUITE COMPONENT…'".to_owned(),
        (None, Family::RedHat) => "name its upstreams with --source 'rpm [gpgkey=FILE] URL'".to_owned(),
    };
    bail!("nothing is known of the platform `{os}` (known: {})\nhint: {hint}", known.join(", "));
}
