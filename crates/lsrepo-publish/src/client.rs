//! How a host is pointed at a published repository: the text of its sources, and a script that sets
//! it up and can undo it.

mod base_url;
mod registry;
mod setup;
#[cfg(test)]
mod tests;
mod yum;

pub use base_url::{BaseUrl, BaseUrlError};
pub use registry::{ConfigFile, RegistryClient, RegistryClientError, registry_config, render_config};
pub use setup::{AptSource, PackageSource, Setup, bare_script, setup_script};
pub use yum::{YumKey, YumSource, repository_key_name, yum_repo};

use lsrepo_types::Os;

/// Where the set-up script puts the repository's key.
pub const KEY_PATH: &str = "/etc/apt/keyrings/lsrepo.asc";

/// The two ways of writing down a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourcesForm {
    /// `lsrepo.sources`, one field a line
    Deb822,
    /// `lsrepo.list`, one source a line
    OneLine,
}

impl SourcesForm {
    /// What the tools of this OS expect. apt itself reads deb822 since 1.1, what else reads sources
    /// (python-apt, software-properties, configuration management) learned it years later.
    pub fn of(os: &Os) -> Self {
        let major: u32 = os.version().split('.').next().and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX);
        let first = match os.distribution() {
            "ubuntu" => 22,
            _ => 12,
        };
        match major >= first {
            true => SourcesForm::Deb822,
            false => SourcesForm::OneLine,
        }
    }

    /// `sources` or `list`.
    pub fn extension(self) -> &'static str {
        match self {
            SourcesForm::Deb822 => "sources",
            SourcesForm::OneLine => "list",
        }
    }
}

/// What `/etc/apt/sources.list.d/lsrepo.{sources,list}` says, in the form that fits the OS.
///
/// ```
/// # use lsrepo_publish::client::debian_sources;
/// let base = "http://repo.example".parse()?;
/// assert_eq!(
///     debian_sources(&"ubuntu-18.04".parse()?, &base, &["main".into()]),
///     "deb [signed-by=/etc/apt/keyrings/lsrepo.asc] http://repo.example/apt/ubuntu-18.04 ubuntu-18.04 main\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn debian_sources(os: &Os, base_url: &BaseUrl, components: &[String]) -> String {
    let components = words(components);
    match SourcesForm::of(os) {
        SourcesForm::Deb822 => {
            format!("Types: deb\nURIs: {base_url}/apt/{os}\nSuites: {os}\nComponents: {components}\nSigned-By: {KEY_PATH}\n")
        }
        SourcesForm::OneLine => {
            format!("deb [signed-by={KEY_PATH}] {base_url}/apt/{os} {os} {components}\n")
        }
    }
}

/// Only what the armor of a key or a certificate is made of, so that it cannot end its here-document.
fn key_lines(armored: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | ' ' | ':' | '.' | ',');
    let mut text = String::with_capacity(armored.len() + 1);
    for line in armored.trim().lines().map(str::trim_end).filter(|line| line.chars().all(plain)) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Components that are plain words; none of them means `main`.
fn words(components: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let words: Vec<&str> = components
        .iter()
        .map(String::as_str)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(plain))
        .collect();
    match words.is_empty() {
        true => crate::apt::MAIN.to_owned(),
        false => words.join(" "),
    }
}
