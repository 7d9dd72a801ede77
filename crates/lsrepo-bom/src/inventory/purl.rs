//! Package URLs. Spec: <https://github.com/package-url/purl-spec>

use super::Kind;
use crate::lock::LockedPackage;
use lsrepo_types::{Arch, Digest, Os};
use std::fmt::Write as _;

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
    let name: Vec<String> = name.split('/').map(encoded).collect();
    format!("pkg:generic/{}?checksum=sha256%3A{}&download_url={}", name.join("/"), digest.hex(), encoded(url))
}

/// `pkg:oci/nginx@sha256%3A…?arch=amd64&repository_url=docker.io/library/nginx&tag=1.27`
pub(super) fn image(name: &str, tag: &str, arch: Arch, digest: &Digest) -> String {
    let last = encoded(name.rsplit('/').next().unwrap_or(name));
    let tag = if tag.is_empty() { String::new() } else { format!("&tag={}", encoded(tag)) };
    format!("pkg:oci/{last}@sha256%3A{}?arch={}&repository_url={}{tag}", digest.hex(), arch.oci(), encoded(name))
}

fn encoded(text: &str) -> String {
    let mut done = String::new();
    for byte in text.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => done.push(char::from(byte)),
            byte => {
                let _ = write!(done, "%{byte:02X}");
            }
        }
    }
    done
}
