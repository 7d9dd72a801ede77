//! What a file is, by its name. Never a `Content-Encoding`: `Packages.gz` is to arrive as it is.

/// The `Content-Type` of a path.
pub(crate) fn of(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    if path.contains("/by-hash/") {
        return "application/octet-stream";
    }
    match name {
        "InRelease" | "Release" | "Packages" | "Sources" => return "text/plain; charset=utf-8",
        "Release.gpg" => return "application/pgp-signature",
        _ => {}
    }
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "deb" | "udeb" => "application/vnd.debian.binary-package",
        "rpm" => "application/x-rpm",
        "gz" | "tgz" => "application/gzip",
        "xz" => "application/x-xz",
        "zst" => "application/zstd",
        "bz2" => "application/x-bzip2",
        "tar" => "application/x-tar",
        "zip" => "application/zip",
        "json" => "application/json",
        "xml" => "application/xml",
        "asc" | "gpg" => "application/pgp-keys",
        "sh" => "text/x-shellscript; charset=utf-8",
        "txt" | "list" | "sources" | "repo" | "yml" | "yaml" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_tell_their_types() {
        let cases = [
            ("pool/main/a/a_1.0_amd64.deb", "application/vnd.debian.binary-package"),
            ("dists/debian-12/InRelease", "text/plain; charset=utf-8"),
            ("dists/debian-12/Release.gpg", "application/pgp-signature"),
            ("dists/debian-12/main/binary-all/Packages.gz", "application/gzip"),
            ("dists/debian-12/main/binary-all/by-hash/SHA256/00", "application/octet-stream"),
            ("kubectl", "application/octet-stream"),
        ];
        for (path, expected) in cases {
            assert_eq!(super::of(path), expected, "{path}");
        }
    }
}
