//! Object storage as this machine reaches it: flags, configuration and environment together.

use crate::{cli::S3Flags, failure::Hint, service::config::S3};
use anyhow::{Context as _, Result, bail};
use lsrepo_depot::{Access, Depot, Place};
use std::{env, fs, path::Path};

/// The depot at a place.
pub(crate) fn depot(place: &Place, flags: &S3Flags, config: &S3) -> Result<Depot> {
    Ok(Depot::open(place, &access(flags, config)?)?)
}

/// How it is reached; the flags come before the configuration.
pub(crate) fn access(flags: &S3Flags, config: &S3) -> Result<Access> {
    let file = flags.s3_credentials.as_ref().or(config.credentials.as_ref());
    let login = match file {
        Some(file) => Login::load(file)?,
        None => Login::of_environment(),
    };
    let (Some(key_id), Some(secret)) = (login.key_id, login.secret) else {
        bail!(
            "object storage: who are we?\nhint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file with --s3-credentials"
        )
    };
    let ca = flags.s3_ca.as_ref().or(config.ca.as_ref());
    let ca = ca.map(|file| fs::read(file).with_context(|| file.display().to_string())).transpose()?;
    Ok(Access {
        endpoint: flags.s3_endpoint.clone().or_else(|| config.endpoint.clone()),
        region: flags.s3_region.clone().or_else(|| config.region.clone()),
        ca,
        key_id,
        secret,
        token: login.token,
    })
}

/// Who we are.
#[derive(Default, Debug, PartialEq, Eq)]
struct Login {
    key_id: Option<String>,
    secret: Option<String>,
    token: Option<String>,
}

impl Login {
    fn of_environment() -> Self {
        let value = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Self { key_id: value("AWS_ACCESS_KEY_ID"), secret: value("AWS_SECRET_ACCESS_KEY"), token: value("AWS_SESSION_TOKEN") }
    }

    fn load(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let login = Self::parse(&text);
        match login.key_id.is_some() && login.secret.is_some() {
            true => Ok(login),
            false => Err(anyhow::anyhow!("{}: no key is in it", file.display()))
                .hint("it has the lines aws_access_key_id = … and aws_secret_access_key = …, first or below [default]"),
        }
    }

    /// The first profile, or the one that is called default: the form that Amazon's own tools keep.
    fn parse(text: &str) -> Self {
        let mut login = Self::default();
        let mut counts = true;
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                counts = name.trim() == "default" || login == Self::default();
                if name.trim() == "default" {
                    login = Self::default();
                }
            } else if let Some((name, value)) = line.split_once('=').filter(|_| counts) {
                let value = Some(value.trim().to_owned());
                match name.trim() {
                    "aws_access_key_id" => login.key_id = value,
                    "aws_secret_access_key" => login.secret = value,
                    "aws_session_token" => login.token = value,
                    _ => {}
                }
            }
        }
        login
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_other_tools_keep_them() {
        let keys = |id: &str, secret: &str| Login { key_id: Some(id.into()), secret: Some(secret.into()), token: None };
        let two = "aws_access_key_id=a\naws_secret_access_key = b=c\n";
        assert_eq!(Login::parse(two), keys("a", "b=c"));
        assert_eq!(Login::parse(&format!("# ours\n[site]\n{two}")), keys("a", "b=c"));
        let several = format!("[x]\naws_access_key_id=1\naws_secret_access_key=2\n\n[default]\n{two}[y]\naws_access_key_id=3\n");
        assert_eq!(Login::parse(&several), keys("a", "b=c"));
        assert_eq!(Login::parse("nothing"), Login::default());
    }
}
