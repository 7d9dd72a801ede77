//! How a host with yum or dnf is pointed at a published repository.

use super::{BaseUrl, key_lines};
use crate::yum::reads_modern_keys;
use lsrepo_types::Os;

/// Where the set-up script puts keys.
const KEYS: &str = "/etc/pki/rpm-gpg";
/// How the repository's own key is called among them.
const OWN: &str = "lsrepo";

/// What a host has to know of a repository.
#[derive(Clone, Copy, Debug)]
pub struct YumSource<'a> {
    /// whose packages
    pub os: &'a Os,
    /// of the server
    pub base_url: &'a BaseUrl,
    /// the repository's own key, armoured. None: the OS cannot read a key of this kind, so that its metadata is
    /// not checked there, see [`reads_modern_keys`](crate::yum::reads_modern_keys); packages always are
    pub repository_key: Option<&'a str>,
    /// those that signed the packages
    pub package_keys: &'a [YumKey],
    /// whether every package is signed by one of those. If not, the signature of the repository has to do for all:
    /// a client would refuse the others
    pub packages_signed: bool,
    /// packages of modules are carried without modules metadata: dnf would refuse to install them otherwise. Not
    /// where there is any, for then it is what keeps the streams apart
    pub module_hotfixes: bool,
}

/// An upstream's key, under `/keys/` on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YumKey {
    /// a plain file name: `RPM-GPG-KEY-AlmaLinux-9`
    pub name: String,
    /// the key
    pub armored: String,
}

/// What `/etc/yum.repos.d/lsrepo.repo` says. Keys are named where the server has them.
///
/// ```
/// # use lsrepo_publish::client::{YumSource, yum_repo};
/// let (os, base) = ("almalinux-9".parse()?, "http://repo.example".parse()?);
/// let source = YumSource { os: &os, base_url: &base, repository_key: Some("…"), package_keys: &[],
///     packages_signed: true, module_hotfixes: false };
/// assert_eq!(
///     yum_repo(&source),
///     "[lsrepo]\nname=lsrepo almalinux-9\nbaseurl=http://repo.example/yum/almalinux-9/$basearch\nenabled=1\n\
///      gpgcheck=1\nrepo_gpgcheck=1\ngpgkey=http://repo.example/keys/lsrepo.asc\nmetadata_expire=300\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn yum_repo(source: &YumSource<'_>) -> String {
    let base = source.base_url;
    repo(source, |name| match name {
        OWN => format!("{base}/keys/{}", repository_key_name(source.os)),
        name => format!("{base}/keys/{name}"),
    })
}

/// How the repository's own key is called under `/keys/`: clients that know no elliptic curves get one of RSA.
pub fn repository_key_name(os: &Os) -> &'static str {
    match reads_modern_keys(os) {
        true => "lsrepo.asc",
        false => "lsrepo-rsa.asc",
    }
}

/// The same as the set-up script writes it, with the keys and the authority in files, and those files.
pub(super) fn setup_files(source: &YumSource<'_>, ca: Option<&str>) -> (String, Vec<(String, String)>) {
    let path = |name: &str| format!("{KEYS}/{}", file_name(name));
    let own = source.repository_key.map(|armored| (path(OWN), key_lines(armored)));
    let others = usable(source.package_keys).map(|key| (path(&key.name), key_lines(&key.armored)));
    let mut text = repo(source, |name| format!("file://{}", path(name)));
    if let Some(file) = ca {
        text.push_str(&format!("sslcacert={file}\n"));
    }
    (text, own.into_iter().chain(others).collect())
}

/// All of ours begin in the same way, so that they can be found and taken away again.
fn file_name(name: &str) -> String {
    match name {
        OWN => "lsrepo.asc".to_owned(),
        name => format!("lsrepo-{name}"),
    }
}

fn repo(source: &YumSource<'_>, place: impl Fn(&str) -> String) -> String {
    let own = source.repository_key.map(|_| OWN);
    // A client imports them in this order, and older ones stop at a key that they cannot read: ours is the last.
    let keys: Vec<String> = usable(source.package_keys).map(|key| key.name.as_str()).chain(own).map(place).collect();
    let mut text = format!(
        "[lsrepo]\nname=lsrepo {os}\nbaseurl={base}/yum/{os}/$basearch\nenabled=1\ngpgcheck={packages}\nrepo_gpgcheck={checked}\n",
        os = source.os,
        base = source.base_url,
        packages = u8::from(source.packages_signed),
        checked = u8::from(own.is_some()),
    );
    if !keys.is_empty() {
        text.push_str(&format!("gpgkey={}\n", keys.join("\n       ")));
    }
    // minutes: the server is near, and an import there should be seen soon
    text.push_str("metadata_expire=300\n");
    if source.module_hotfixes {
        text.push_str("module_hotfixes=1\n");
    }
    text
}

/// Those whose names are plain: a name goes into a script and a URL.
fn usable(keys: &[YumKey]) -> impl Iterator<Item = &YumKey> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    keys.iter().filter(move |key| {
        key.name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && key.name.len() <= 100
            && key.name.chars().all(plain)
            && !key.name.starts_with(OWN)
    })
}
