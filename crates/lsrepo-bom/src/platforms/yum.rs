//! A yum repository of a platform, in the words of a `.repo` file.

use crate::requirement::ModuleName;
use lsrepo_types::Arch;
use serde::Deserialize;

/// One repository. `$releasever` and `$basearch` may stand in its addresses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Entry")]
pub struct YumUpstream {
    /// `baseos`
    pub id: String,
    /// addresses with the same content
    pub baseurl: Vec<String>,
    /// where a list of addresses is
    pub mirrorlist: Option<String>,
    /// where such a list is that also says what the repository has to be
    pub metalink: Option<String>,
    /// addresses or files of keys, or an armoured key itself
    pub gpgkey: Vec<String>,
    /// whether packages have to be signed
    pub gpgcheck: bool,
    /// whether the repository has to be signed
    pub repo_gpgcheck: bool,
    /// 1 is best
    pub priority: Option<i32>,
    /// names and globs that are not taken from it
    pub exclude: Vec<String>,
    /// its packages count whatever module streams are active
    pub module_hotfixes: bool,
    /// only for these; none: for all of the platform
    pub architectures: Vec<Arch>,
    /// asked only where one of these modules is wanted; none: always
    pub modules: Vec<ModuleName>,
    /// whether it is asked without being named
    pub enabled: bool,
    /// whether it is asked with this machine's subscription, of which the certificates lie in `/etc/pki/entitlement`
    pub entitlement: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    #[serde(default)]
    baseurl: Words,
    mirrorlist: Option<String>,
    metalink: Option<String>,
    #[serde(default)]
    gpgkey: Words,
    gpgcheck: Option<bool>,
    #[serde(default)]
    repo_gpgcheck: bool,
    priority: Option<i32>,
    #[serde(default)]
    exclude: Words,
    #[serde(default)]
    module_hotfixes: bool,
    #[serde(default)]
    architectures: Vec<Arch>,
    #[serde(default)]
    modules: Vec<ModuleName>,
    enabled: Option<bool>,
    #[serde(default)]
    entitlement: bool,
}

/// One or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Words::Several(Vec::new())
    }
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        match words {
            Words::One(word) => vec![word],
            Words::Several(words) => words,
        }
    }
}

impl TryFrom<Entry> for YumUpstream {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let Entry {
            id, mirrorlist, metalink, repo_gpgcheck, priority, module_hotfixes, architectures, modules, entitlement, ..
        } = entry;
        let (baseurl, gpgkey, exclude): (Vec<String>, Vec<String>, Vec<String>) =
            (entry.baseurl.into(), entry.gpgkey.into(), entry.exclude.into());
        let letter = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if id.is_empty() || !id.chars().all(letter) {
            return Err(format!("`{id}` is not the id of a repository"));
        }
        if baseurl.is_empty() && mirrorlist.is_none() && metalink.is_none() {
            return Err(format!("`{id}` names no baseurl, mirrorlist or metalink"));
        }
        let known = |url: &str| ["http://", "https://", "file:/"].iter().any(|scheme| url.starts_with(scheme));
        let mut addresses = baseurl.iter().chain(&mirrorlist).chain(&metalink);
        if let Some(wrong) = addresses.find(|url| !known(url)) {
            return Err(format!("`{wrong}` is not an address that can be read (known: http, https, file)"));
        }
        let key = |key: &&String| !known(key) && !key.starts_with('/') && !key.starts_with("-----BEGIN PGP");
        if let Some(wrong) = gpgkey.iter().find(key) {
            let start: String = wrong.chars().take(80).collect();
            return Err(format!("`{start}` is neither the address nor the file of a key, nor one itself"));
        }
        let gpgcheck = entry.gpgcheck.unwrap_or(true);
        if gpgkey.is_empty() && (gpgcheck || repo_gpgcheck) {
            return Err(format!("`{id}` names no gpgkey\nhint: one whose packages are not signed says `gpgcheck: false`"));
        }
        let enabled = entry.enabled.unwrap_or(true);
        Ok(Self {
            id,
            baseurl,
            mirrorlist,
            metalink,
            gpgkey,
            gpgcheck,
            repo_gpgcheck,
            priority,
            exclude,
            module_hotfixes,
            architectures,
            modules,
            enabled,
            entitlement,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        BomError, PlatformDocument,
        platforms::{Base, SignatureRules},
    };
    use lsrepo_types::Arch;

    const HEAD: &str = "kind: platform\nname: rocky-8\nfamily: redhat\narchitectures: [x86_64, arm64]\n";

    fn check(rest: &str) -> Result<PlatformDocument, BomError> {
        PlatformDocument::parse(&format!("{HEAD}{rest}"), "x.yml")
    }

    #[test]
    fn a_platform_of_the_rpm_world_names_repositories_and_a_base() {
        let text = "module_platform: el8\nsignatures: {allow_sha1: true}\nbase: [bash, gcc-c++]\nyum:\n  \
                    - {id: a, baseurl: 'https://a.example/$releasever/$basearch/', gpgkey: [/k, 'https://k.example'], repo_gpgcheck: true}\n  \
                    - {id: b, metalink: 'https://m.example/', gpgcheck: false, priority: 10, exclude: 'x*', architectures: [aarch64], \
                       enabled: false, module_hotfixes: true}\n";
        let document = check(text).unwrap();
        assert_eq!(document.base, Base::Packages(vec!["bash".into(), "gcc-c++".into()]));
        assert_eq!((document.module_platform.as_deref(), document.releasever()), (Some("el8"), "8"));
        assert_eq!(document.signatures, SignatureRules { allow_sha1: true });
        let [a, b] = &document.yum[..] else { panic!("{document:?}") };
        assert!(a.gpgcheck && a.repo_gpgcheck && a.enabled && a.gpgkey.len() == 2 && a.baseurl.len() == 1);
        assert!(!b.gpgcheck && !b.enabled && b.module_hotfixes);
        assert_eq!((b.priority, &b.exclude[..], &b.architectures[..]), (Some(10), &["x*".to_owned()][..], &[Arch::Arm64][..]));
        assert_eq!(check("base: none\nreleasever: 8.4\n").unwrap().releasever(), "8.4");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        let key = "gpgkey: /k";
        for (entry, word) in [
            (format!("{{id: a, {key}}}"), "names no baseurl"),
            (format!("{{id: a b, baseurl: 'http://a', {key}}}"), "not the id"),
            (format!("{{id: a, baseurl: 'ftp://a', {key}}}"), "known: http, https, file"),
            ("{id: a, baseurl: 'http://a'}".to_owned(), "names no gpgkey"),
            ("{id: a, baseurl: 'http://a', gpgkey: k}".to_owned(), "neither the address nor the file"),
            (format!("{{id: a, baseurl: 'http://a', {key}, odd: 1}}"), "odd"),
        ] {
            let error = check(&format!("base: none\nyum:\n  - {entry}\n")).unwrap_err().to_string();
            assert!(error.starts_with("x.yml:7:") && error.contains(word), "{error}");
        }
        for (base, word) in [("half", "known: none, minbase, or a list"), ("['a b']", "not the name of a package")] {
            let error = check(&format!("base: {base}\n")).unwrap_err().to_string();
            assert!(error.starts_with("x.yml:5:") && error.contains(word), "{error}");
        }
    }
}
