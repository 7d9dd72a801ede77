//! Programs that keep logins: `docker-credential-pass get` reads a registry's name and writes its login as JSON.
//! Spec: docker-credential-helpers.

use anyhow::{Context as _, Result, bail};
use lsrepo_fetch::registry::Login;
use lsrepo_oci::{RegistryHost, helper_key};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use std::{
    io::{self, Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// More than a login has.
const MOST: u64 = 1 << 20;
/// It may ask its user for the word that opens its safe.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// The login that a helper has for a registry.
pub(super) fn login(helper: &str, host: &RegistryHost) -> Result<Option<Login>> {
    let plain = !helper.is_empty() && helper.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !plain {
        bail!("`{}` is not the name of a credential helper", helper.escape_debug());
    }
    ask(&format!("docker-credential-{helper}"), host, PATIENCE)
}

fn ask(program: &str, host: &RegistryHost, patience: Duration) -> Result<Option<Login>> {
    let hint = "hint: a file of logins without it can be named with --authfile FILE";
    let child = Command::new(program).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
    let child = match child {
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!("{program}: there is no such program\n{hint}"),
        child => child.with_context(|| program.to_owned())?,
    };
    let (pid, key) = (Pid::from_child(&child), helper_key(host).to_owned());
    let (tell, heard) = mpsc::channel();
    thread::spawn(move || tell.send(talk(child, &key)));
    let (succeeded, answer) = match heard.recv_timeout(patience) {
        Ok(done) => done.with_context(|| program.to_owned())?,
        Err(_) => {
            // Nobody has waited for it yet, so this is still its number.
            let _ = kill_process(pid, Signal::KILL);
            bail!("{program} get {host}: it gave no answer in {} s\n{hint}", patience.as_secs());
        }
    };
    if !succeeded {
        // The one thing that all helpers say alike.
        if answer.contains("credentials not found") {
            return Ok(None);
        }
        bail!("{program} get {host}: {}\n{hint}", answer.lines().next().unwrap_or("it failed, and says nothing"));
    }
    let given: Given = serde_json::from_str(&answer).map_err(|_| anyhow::anyhow!("{program}: its answer is no login"))?;
    Ok(match given.username.as_str() {
        "" => None,
        "<token>" => Some(Login::Identity(given.secret)),
        _ => Some(Login::Password { user: given.username, password: given.secret }),
    })
}

/// Whether it says yes, and what it says.
fn talk(mut child: Child, key: &str) -> io::Result<(bool, String)> {
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read what it is asked will say so by its end.
        let _ = stdin.write_all(key.as_bytes());
    }
    let mut answer = String::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST).read_to_string(&mut answer)?;
    }
    Ok((child.wait()?.success(), answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    fn says(script: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("helper");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        match ask(program.to_str().unwrap(), &"r.example:5000".parse().unwrap(), Duration::from_secs(1)) {
            Ok(Some(Login::Password { user, password })) => format!("{user}/{password}"),
            Ok(Some(Login::Identity(token))) => format!("token {token}"),
            Ok(None) => "none".to_owned(),
            Err(error) => error.to_string().replace(&format!("{}/", dir.path().display()), ""),
        }
    }

    #[test]
    fn a_helper_is_asked_for_a_host_and_gives_a_login_or_a_token() {
        assert_eq!(says(r#"read -r host; echo "{\"Username\": \"me\", \"Secret\": \"$1 $host\"}""#), "me/get r.example:5000");
        assert_eq!(says(r#"echo '{"ServerURL": "x", "Username": "<token>", "Secret": "long"}'"#), "token long");
        assert_eq!(says("echo 'credentials not found in native keychain'; exit 1"), "none");
    }

    #[test]
    fn a_helper_that_fails_or_does_not_answer_is_named() {
        let hint = "\nhint: a file of logins without it can be named with --authfile FILE";
        assert_eq!(says("echo 'no safe'; exit 1"), format!("helper get r.example:5000: no safe{hint}"));
        assert_eq!(says("echo secret"), "helper: its answer is no login");
        assert_eq!(says("exec sleep 60"), format!("helper get r.example:5000: it gave no answer in 1 s{hint}"));
        assert!(
            ask("/nowhere/helper", &"r.example".parse().unwrap(), PATIENCE).unwrap_err().to_string().contains("no such program")
        );
    }
}
