//! Where RPM packages come from: sections of a `.repo` file, and a source in one line of the command line.
//! Spec: yum.conf(5), dnf.conf(5).

mod ini;
mod one_line;
mod option;
mod variables;

use crate::metadata_error::MetadataError;
use std::{collections::BTreeMap, fmt};

pub use variables::Variables;

/// A repository as a client is told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// the section's name
    pub id: String,
    /// for people; the id where nothing is said
    pub name: String,
    /// addresses with the same content
    pub baseurl: Vec<String>,
    /// where a list of addresses is
    pub mirrorlist: Option<String>,
    /// where a list of addresses is that also says what `repomd.xml` has to be
    pub metalink: Option<String>,
    /// addresses or paths of keys
    pub gpgkey: Vec<String>,
    /// whether packages have to be signed. Where nothing is said, they have to if a key is named
    pub gpgcheck: bool,
    /// whether `repomd.xml` has to be signed
    pub repo_gpgcheck: bool,
    /// whether it counts
    pub enabled: bool,
    /// 1 is best
    pub priority: i32,
    /// among repositories of one priority that offer the same
    pub cost: i32,
    /// names and globs that are not taken from here
    pub excludepkgs: Vec<String>,
    /// if any: only these are taken from here
    pub includepkgs: Vec<String>,
    /// its packages count whatever module streams are active
    pub module_hotfixes: bool,
    /// whether a failure of it is no failure of all
    pub skip_if_unavailable: bool,
    /// of the connection
    pub tls: Tls,
    /// who we are there
    pub username: Option<String>,
    /// and how we prove it
    pub password: Option<Password>,
    /// through which proxy it is asked; `_none_` and nothing mean the same
    pub proxy: Option<String>,
    /// options that are not known here, as written
    pub others: BTreeMap<String, String>,
}

/// How a server proves who it is, and how we do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// file of the authorities that are trusted instead of the system's
    pub ca: Option<String>,
    /// file of our certificate
    pub client_certificate: Option<String>,
    /// file of its key
    pub client_key: Option<String>,
    /// whether the server's certificate is looked at
    pub verify: bool,
}

/// A password, which is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Repository {
    /// One that has an id and nothing else yet.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            baseurl: Vec::new(),
            mirrorlist: None,
            metalink: None,
            gpgkey: Vec::new(),
            gpgcheck: false,
            repo_gpgcheck: false,
            enabled: true,
            priority: 99,
            cost: 1000,
            excludepkgs: Vec::new(),
            includepkgs: Vec::new(),
            module_hotfixes: false,
            skip_if_unavailable: false,
            tls: Tls { ca: None, client_certificate: None, client_key: None, verify: true },
            username: None,
            password: None,
            proxy: None,
            others: BTreeMap::new(),
        }
    }

    /// Why this cannot be used.
    fn problem(&self) -> Option<String> {
        if self.baseurl.is_empty() && self.mirrorlist.is_none() && self.metalink.is_none() {
            return Some(format!("[{}] names no baseurl, mirrorlist or metalink", self.id));
        }
        let scheme = |url: &&String| !["http://", "https://", "file:/"].iter().any(|known| url.starts_with(known));
        let mut all = self.baseurl.iter().chain(&self.mirrorlist).chain(&self.metalink);
        all.find(scheme).map(|url| format!("`{url}` is not an address that can be read (known: http, https, file)"))
    }
}

/// Reads a `.repo` file; `file` is named in errors. `[main]` is passed over, and so is a section that is not enabled
/// and not complete.
pub fn parse(text: &str, file: &str, variables: &Variables) -> Result<Vec<Repository>, MetadataError> {
    let mut all = Vec::new();
    for section in ini::sections(text, file)? {
        if section.name == "main" {
            continue;
        }
        let refuse = |line: usize, why: String| MetadataError::Config { file: file.to_owned(), line, why };
        let mut repository = Repository::new(&section.name);
        let mut said = option::Said::default();
        for ini::Entry { line, key, value } in &section.entries {
            said.set(&mut repository, key, &variables.expand(value)).map_err(|why| refuse(*line, why))?;
        }
        said.finish(&mut repository);
        match repository.problem().filter(|_| repository.enabled) {
            Some(why) => return Err(refuse(section.line, why)),
            None => all.push(repository),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
