//! What the clients of an OS read.

use lsrepo_rpm::metadata::Compression;
use lsrepo_types::Os;

/// How the long lists are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// gzip, which every client since yum 2 reads
    Gzip,
    /// zstd: a tenth of the time to unpack
    Zstd,
}

impl Style {
    /// zstd only where every client of the OS is known to read it: Fedora, and the family of RHEL from 9 on.
    ///
    /// yum 3 (CentOS 7) goes by the suffix and takes a `.zst` for XML. dnf of RHEL 8 depends on how its libsolv
    /// was built, which differs between its minor releases; gzip costs a tenth more bytes there, and is safe.
    pub fn of(os: &Os) -> Self {
        match (os.distribution(), major(os)) {
            ("fedora", _) => Style::Zstd,
            ("almalinux" | "centos" | "oraclelinux" | "redhat" | "rhel" | "rocky", 9..) => Style::Zstd,
            _ => Style::Gzip,
        }
    }

    pub(super) fn lists(self) -> Compression {
        match self {
            Style::Gzip => Compression::Gzip,
            Style::Zstd => Compression::Zstd,
        }
    }
}

/// Whether the clients of an OS can check signatures of elliptic curves. GnuPG 2.0 of CentOS 7 cannot: there a
/// repository is checked with a key of RSA, or not at all.
pub fn reads_modern_keys(os: &Os) -> bool {
    rpm(os) > (4, 11)
}

fn major(os: &Os) -> u32 {
    os.version().split('.').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The version of rpm that an OS began with.
pub(super) fn rpm(os: &Os) -> (u32, u32) {
    match (os.distribution(), major(os)) {
        ("fedora" | "opensuse", _) => (4, 20),
        ("amazonlinux" | "amzn", 2) => (4, 11),
        (_, 0..=7) => (4, 11),
        (_, 8) => (4, 14),
        (_, 9) => (4, 16),
        _ => (4, 19),
    }
}
