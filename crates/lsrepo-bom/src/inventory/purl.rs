//! Package URLs. Spec: <https://github.com/package-url/purl-spec>

use super::Kind;
use crate::lock::LockedPackage;
use lsrepo_types::{Arch, Digest, Os};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// `pkg:deb/debian/curl@7.88.1-10%2Bdeb12u12?arch=amd64&distro=debian-12`
pub(super) fn package(kind: Kind, os: &Os, package: &LockedPackage) -> String {
    let vendor = os.distribution();
    let (epoch, version) = match (kind, package.version.split_once(':')) {
        (Kind::Rpm, Some((epoch, version))) => (Some(epoch).filter(|epoch| *epoch != "0"), version),
        _ => (None, package.version.as_str()),
    };
    let epoch = epoch.map_or(String::new(), |epoch| format!("&epoch={epoch}"));
    let (kind, name, version, arch) = (kind.as_str(), encoded(&package.name), encoded(version), encoded(&package.arch));
    format!("pkg:{kind}/{vendor}/{name}@{version}?arch={arch}&distro={os}{epoch}")
}

/// `pkg:generic/tool.tgz?checksum=sha256:…&download_url=https://…`
pub(super) fn file(name: &str, url: &str, digest: &Digest) -> String {
    let name: Vec<String> = name.split('/').map(|part| encoded(part).to_string()).collect();
    format!("pkg:generic/{}?checksum=sha256%3A{}&download_url={}", name.join("/"), digest.hex(), encoded(url))
}

/// `pkg:oci/nginx@sha256%3A…?arch=amd64&repository_url=docker.io/library/nginx&tag=1.27`
pub(super) fn image(name: &str, tag: &str, arch: Arch, digest: &Digest) -> String {
    let last = encoded(name.rsplit('/').next().unwrap_or(name));
    let tag = if tag.is_empty() { String::new() } else { format!("&tag={}", encoded(tag)) };
    format!("pkg:oci/{last}@sha256%3A{}?arch={}&repository_url={}{tag}", digest.hex(), arch.oci(), encoded(name))
}

/// What stands in a package URL as it is: letters, digits, and `-._~`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PLAIN)
}
