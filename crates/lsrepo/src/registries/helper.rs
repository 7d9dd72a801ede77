//! Programs that keep logins: `docker-credential-pass get` reads a registry's name and writes its login as JSON.
//! Spec: docker-credential-helpers.

use anyhow::{Context as _, Result, bail};
use lsrepo_fetch::registry::Login;
use lsrepo_oci::{RegistryHost, helper_key};
use serde::Deserialize;
use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

/// More than a login has.
const MOST: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// The login that a helper has for a registry. It may ask its user, so it is waited for.
pub(super) fn login(helper: &str, host: &RegistryHost) -> Result<Option<Login>> {
    let plain = !helper.is_empty() && helper.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !plain {
        bail!("`{}` is not the name of a credential helper", helper.escape_debug());
    }
    let program = format!("docker-credential-{helper}");
    let child = Command::new(&program).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
    let mut child = child.with_context(|| program.clone())?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read what it is asked will say so by its end.
        let _ = stdin.write_all(helper_key(host).as_bytes());
    }
    let mut answer = String::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST).read_to_string(&mut answer).with_context(|| program.clone())?;
    }
    let done = child.wait().with_context(|| program.clone())?;
    if !done.success() {
        // The one thing that all helpers say alike.
        if answer.contains("credentials not found") {
            return Ok(None);
        }
        bail!("{program} get {host}: {}", answer.lines().next().unwrap_or("it failed, and says nothing"));
    }
    let given: Given = serde_json::from_str(&answer).map_err(|_| anyhow::anyhow!("{program}: its answer is no login"))?;
    Ok(match given.username.as_str() {
        "" => None,
        "<token>" => Some(Login::Identity(given.secret)),
        _ => Some(Login::Password { user: given.username, password: given.secret }),
    })
}
