//! `https://host/path`, `file:///DIR`, `rpm [gpgkey=FILE,repo_gpgcheck=1] URL…`: a repository in one line.

use super::{Repository, option::Said};
use crate::metadata_error::{MetadataError, start};
use std::{fmt, str::FromStr};

impl FromStr for Repository {
    type Err = MetadataError;

    /// A bare address has no signatures to check. Options have the names that they have in a `.repo` file.
    fn from_str(text: &str) -> Result<Self, MetadataError> {
        let refuse = |why: String| MetadataError::Config { file: "source".to_owned(), line: 1, why };
        let mut rest = text.trim();
        let mut repository = Repository::new("");
        let mut said = Said::default();
        if let Some(after) = rest.strip_prefix("rpm").filter(|after| after.starts_with([' ', '\t', '['])) {
            rest = after.trim_start();
            if let Some(options) = rest.strip_prefix('[') {
                let (options, after) = options.split_once(']').ok_or_else(|| refuse("`[` without its `]`".to_owned()))?;
                for option in options.split([',', ' ', '\t']).filter(|option| !option.is_empty()) {
                    let Some((key, value)) = option.split_once('=') else {
                        return Err(refuse(format!("`{}` is not option=value", start(option))));
                    };
                    match key.to_ascii_lowercase().as_str() {
                        "id" => repository.id = value.to_owned(),
                        key => said.set(&mut repository, key, value).map_err(refuse)?,
                    }
                }
                rest = after;
            }
        }
        let addresses: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
        if !addresses.is_empty() {
            repository.baseurl = addresses;
        }
        said.finish(&mut repository);
        if let Some(unknown) = repository.others.keys().next() {
            return Err(refuse(format!("`{}` is not an option of a repository", start(unknown))));
        }
        let first = repository.baseurl.first().or(repository.metalink.as_ref()).or(repository.mirrorlist.as_ref());
        let Some(first) = first else {
            return Err(refuse("expected `URL` or `rpm [gpgkey=FILE,repo_gpgcheck=1] URL`".to_owned()));
        };
        if repository.id.is_empty() {
            repository.id = id_of(first);
        }
        if repository.name.is_empty() {
            repository.name.clone_from(&repository.id);
        }
        match repository.problem() {
            Some(why) => Err(refuse(why)),
            None => Ok(repository),
        }
    }
}

/// A name for a repository of which only the address is known.
fn id_of(address: &str) -> String {
    let plain = address.split_once("://").map_or(address, |(_, rest)| rest);
    let plain = plain.rsplit_once('@').map_or(plain, |(_, rest)| rest);
    let letter = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' };
    let id: String = plain.trim_matches('/').chars().map(letter).collect();
    if id.is_empty() { "root".to_owned() } else { id }
}

/// The repository as one line. A password does not stand in it.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = vec![format!("id={}", self.id)];
        options.extend(self.gpgkey.iter().map(|key| format!("gpgkey={key}")));
        let flag = |yes: bool| if yes { "1" } else { "0" };
        if self.gpgcheck == self.gpgkey.is_empty() {
            options.push(format!("gpgcheck={}", flag(self.gpgcheck)));
        }
        if self.repo_gpgcheck {
            options.push("repo_gpgcheck=1".to_owned());
        }
        if self.priority != 99 {
            options.push(format!("priority={}", self.priority));
        }
        if self.cost != 1000 {
            options.push(format!("cost={}", self.cost));
        }
        if self.module_hotfixes {
            options.push("module_hotfixes=1".to_owned());
        }
        options.extend(self.excludepkgs.iter().map(|name| format!("excludepkgs={name}")));
        options.extend(self.includepkgs.iter().map(|name| format!("includepkgs={name}")));
        options.extend(self.mirrorlist.iter().map(|url| format!("mirrorlist={url}")));
        options.extend(self.metalink.iter().map(|url| format!("metalink={url}")));
        write!(f, "rpm [{}]", options.join(","))?;
        self.baseurl.iter().try_for_each(|url| write!(f, " {url}"))
    }
}
