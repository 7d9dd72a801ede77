//! `lsrepo client`: this host is pointed at a server, and back.
//!
//! What changes a host is the script of the server alone, the same that people run by hand; it lies on the host after the
//! first run, so that nothing but it is needed to look, to repair and to revert. Here it is fetched, run, and understood.

mod fetch;
mod status;

use crate::{
    cli::{ClientApplyArgs, ClientCommand},
    context::Context,
    failure::unsatisfied,
};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;
use lsrepo_publish::client::bare_script;
use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

/// Where the script keeps itself, below the root.
const KEPT: &str = "var/lib/lsrepo-client/setup.sh";

pub(crate) fn run(context: &Context, command: &ClientCommand) -> Result<()> {
    match command {
        ClientCommand::Apply(args) => apply(context, args),
        ClientCommand::Revert(args) => {
            let root = root(args.root.as_deref());
            let restart = if args.restart { &["--restart"][..] } else { &[] };
            finished(perform(context, &root, &known(&root)?, &[&["--revert"], restart].concat())?).map(drop)
        }
        ClientCommand::Status(args) => status::run(context, &root(args.root.as_deref()), args.output),
    }
}

fn apply(context: &Context, args: &ClientApplyArgs) -> Result<()> {
    let root = root(args.root.as_deref());
    let script = match &args.url {
        Some(url) => fetch::script(url, &root, args)?,
        None => kept(&root)?.ok_or_else(|| anyhow::anyhow!("which server?\nhint: name it with --url http://SERVER:8080"))?,
    };
    let mut words = Vec::new();
    // who repairs does not want to say everything again
    let again = args.url.is_none() && !args.keep && args.only.is_empty();
    let flags = [(again, "--again"), (args.keep, "--keep"), (args.restart, "--restart"), (args.dry_run, "--dry-run")];
    words.extend(flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| word));
    let only: Vec<String> = args.only.iter().filter_map(|part| Some(part.to_possible_value()?.get_name().to_owned())).collect();
    let only = only.join(",");
    if !only.is_empty() {
        words.extend(["--only", &only]);
    }
    let done = finished(perform(context, &root, &script, &words)?)?;
    crate::output::write(done.as_bytes())
}

fn root(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| PathBuf::from("/"), Path::to_owned)
}

/// The script that this host was set up with.
fn kept(root: &Path) -> Result<Option<String>> {
    let file = root.join(KEPT);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

/// That script, or one that knows no server.
fn known(root: &Path) -> Result<String> {
    Ok(kept(root)?.unwrap_or_else(bare_script))
}

/// How a run of the script ended.
struct Ended {
    code: Option<i32>,
    /// its data
    out: String,
    /// the last that it said, and the hints after it
    last: String,
}

/// Runs a script; what it says is told as it comes.
fn perform(context: &Context, root: &Path, script: &str, words: &[&str]) -> Result<Ended> {
    let mut child = Command::new("sh")
        .args(["-s", "--"])
        .args(words)
        .env("LSREPO_ROOT", root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("sh")?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (out, last) = thread::scope(|scope| {
        // A script that ends before it has read all of itself is no error here; its code tells.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(script.as_bytes())));
        let out = scope.spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut bytes));
            read.map(|_| String::from_utf8_lossy(&bytes).into_owned())
        });
        let mut last: Option<String> = None;
        for line in stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).split(b'\n').map_while(Result::ok)) {
            let line = String::from_utf8_lossy(&line).trim_start_matches("lsrepo: ").to_owned();
            match &mut last {
                Some(last) if line.starts_with("hint: ") => last.extend(["\n", &line]),
                _ => last.replace(line).iter().for_each(|before| context.progress.note(before)),
            }
        }
        (out.join(), last)
    });
    let code = child.wait().context("sh")?.code();
    let last = last.unwrap_or_default();
    if code == Some(0) && !last.is_empty() {
        context.progress.note(&last);
    }
    let out = out.map_err(|_| anyhow::anyhow!("sh: its output cannot be read"))?.context("sh")?;
    Ok(Ended { code, out, last })
}

/// Its data, where it ended well.
fn finished(ended: Ended) -> Result<String> {
    let why = if ended.last.is_empty() { "the set-up script ended badly" } else { &ended.last };
    match ended.code {
        Some(0) => Ok(ended.out),
        Some(1) => Err(unsatisfied(why)),
        Some(_) => bail!("{why}"),
        None => bail!("the set-up script was killed\nhint: run the same command again, or `lsrepo client revert`"),
    }
}
