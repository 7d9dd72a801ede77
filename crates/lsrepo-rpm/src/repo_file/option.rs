//! The options of a repository by their names.

use super::{Password, Repository};
use crate::metadata_error::start;

/// What was said in so many words; the rest follows from other options.
#[derive(Default)]
pub(super) struct Said {
    gpgcheck: Option<bool>,
    proxy_username: Option<String>,
    proxy_password: Option<String>,
}

impl Said {
    pub(super) fn set(&mut self, repository: &mut Repository, key: &str, value: &str) -> Result<(), String> {
        let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
        match key {
            "name" => repository.name = value.replace('\n', " "),
            "baseurl" => repository.baseurl = words(value),
            "mirrorlist" => repository.mirrorlist = text(),
            "metalink" => repository.metalink = text(),
            "gpgkey" => repository.gpgkey.extend(words(value)),
            "gpgcheck" | "pkg_gpgcheck" => self.gpgcheck = Some(yes(key, value)?),
            "repo_gpgcheck" => repository.repo_gpgcheck = yes(key, value)?,
            "enabled" => repository.enabled = yes(key, value)?,
            "priority" => repository.priority = number(key, value)?,
            "cost" => repository.cost = number(key, value)?,
            "exclude" | "excludepkgs" => repository.excludepkgs.extend(words(value)),
            "includepkgs" => repository.includepkgs.extend(words(value)),
            "module_hotfixes" => repository.module_hotfixes = yes(key, value)?,
            "skip_if_unavailable" => repository.skip_if_unavailable = yes(key, value)?,
            "sslcacert" => repository.tls.ca = text(),
            "sslclientcert" => repository.tls.client_certificate = text(),
            "sslclientkey" => repository.tls.client_key = text(),
            "sslverify" => repository.tls.verify = yes(key, value)?,
            "username" => repository.username = text(),
            "password" => repository.password = text().map(Password),
            "proxy" => repository.proxy = text().filter(|proxy| proxy != "_none_"),
            "proxy_username" => self.proxy_username = text(),
            "proxy_password" => self.proxy_password = text(),
            other => {
                repository.others.insert(other.to_owned(), value.to_owned());
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, repository: &mut Repository) {
        repository.gpgcheck = self.gpgcheck.unwrap_or(!repository.gpgkey.is_empty());
        if let (Some(proxy), Some(user)) = (&mut repository.proxy, self.proxy_username)
            && let Some((scheme, rest)) = proxy.split_once("://")
            && !rest.contains('@')
        {
            let password = self.proxy_password.map_or(String::new(), |password| format!(":{}", encoded(&password)));
            *proxy = format!("{scheme}://{}{password}@{rest}", encoded(&user));
        }
    }
}

/// As user and password stand in an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn words(value: &str) -> Vec<String> {
    value.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn yes(key: &str, value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" | "on" | "enabled" => Ok(true),
        "0" | "no" | "false" | "off" | "disabled" | "never" => Ok(false),
        _ => Err(format!("{key}: `{}` is neither yes nor no", start(value))),
    }
}

fn number(key: &str, value: &str) -> Result<i32, String> {
    value.parse().map_err(|_| format!("{key}: `{}` is not a number", start(value)))
}
