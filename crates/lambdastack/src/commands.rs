//! What each command does. Only here are files, the terminal and the environment met.

mod apply;
mod audit;
mod backup;
mod health;
mod init;
mod method;
mod module;
mod plan;
mod report;
mod restore;
mod scale;
mod secrets;
mod state;
mod status;
mod teardown;
mod template;
mod terminal;
mod test;
mod upgrade;
mod validate;
mod vault;
mod wanted;

use crate::{
    cli::{Cli, Command, VaultFlag},
    failure::{self, Failed, unsatisfied},
    module::{Catalogue, CatalogueError, artifact::ArtifactError},
    output,
    progress::Progress,
    source::Source,
};
use anyhow::{Context as _, Result};
use clap::{CommandFactory as _, Parser as _};
use std::{
    ffi::OsString,
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
};

/// What several commands need.
struct Context {
    modules: Vec<PathBuf>,
    vault: VaultFlag,
    progress: Progress,
}

impl Context {
    /// All modules: those of the program, and those that were named.
    fn catalogue(&self) -> Result<Catalogue> {
        let mut catalogue = Catalogue::embedded().map_err(of_catalogue)?;
        for named in &self.modules {
            catalogue.add(named).map_err(of_catalogue)?;
        }
        Ok(catalogue)
    }

    /// Says something, unless only errors are wanted.
    fn note(&self, line: &str) {
        self.progress.note(line);
    }
}

/// Exit code 1 for what modules say, 2 for what keeps us from reading them.
fn of_catalogue(error: CatalogueError) -> anyhow::Error {
    match error {
        CatalogueError::Misfits(all) => failure::misfits(&all),
        CatalogueError::Artifact(error @ ArtifactError::Io { .. }) => error.into(),
        error @ (CatalogueError::Empty(_) | CatalogueError::Artifact(_)) => unsatisfied(error),
        error => error.into(),
    }
}

/// Files of documents; `-` is stdin.
fn sources(files: &[PathBuf]) -> Result<Vec<Source>> {
    let read = |path: &PathBuf| {
        let name = if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
        let mut bytes = Vec::new();
        match path == Path::new("-") {
            true => drop(io::stdin().lock().read_to_end(&mut bytes).context("stdin")?),
            false => bytes = fs::read(path).with_context(|| name.clone())?,
        }
        let text = String::from_utf8(bytes).map_err(|_| unsatisfied(format!("{name}: it is not text in UTF-8")))?;
        Ok(Source::new(name, text))
    };
    files.iter().map(read).collect()
}

/// `lsbackup` and `lsupgrade` are links to this program, and mean its commands of that name.
fn called(mut words: Vec<OsString>) -> Vec<OsString> {
    let name = words.first().and_then(|word| Path::new(word).file_name()).unwrap_or_default();
    let command = match name.to_str() {
        Some("lsbackup") => "backup",
        Some("lsupgrade") => "upgrade",
        _ => return words,
    };
    words.insert(1, command.into());
    words
}

/// Runs one command line; what it returns is the exit code.
pub(crate) fn run(words: impl Iterator<Item = OsString>) -> Result<u8, Failed> {
    let words = called(words.collect());
    let cli = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => {
            // where stdout or stderr is closed nobody reads this, and the exit code still says it
            let _ = error.print();
            return Ok(match error.exit_code() {
                0 => 0,
                _ if is_plan(&words) => 1,
                _ => 2,
            });
        }
    };
    let planning = match &cli.command {
        Command::Plan(_) | Command::Audit(_) => true,
        Command::Upgrade(args) => args.plan,
        _ => false,
    };
    let context = Context { modules: cli.modules, vault: cli.vault, progress: Progress::new(cli.quiet) };
    let done = match cli.command {
        Command::Init(args) => init::run(&context, &args),
        Command::Template(args) => template::run(&context, &args),
        Command::Validate(args) => validate::run(&context, &args),
        Command::Plan(args) => plan::run(&context, &args),
        Command::Apply(args) => apply::run(&context, &args),
        Command::Audit(args) => audit::run(&context, &args),
        Command::Teardown(args) => teardown::run(&context, &args),
        Command::Test(args) => test::run(&context, &args),
        Command::Backup(args) => backup::run(&context, &args),
        Command::Restore(args) => restore::run(&context, &args),
        Command::Health(args) => health::run(&context, &args),
        Command::Scale(args) => scale::run(&context, &args),
        Command::Upgrade(args) => upgrade::run(&context, &args),
        Command::Status(args) => status::run(&context, &args),
        Command::Components(args) => status::components(&context, &args),
        Command::State(args) => state::run(&args),
        Command::Vault(command) => vault::run(&context, &command),
        Command::Module(command) => module::run(&context, &command),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "lambdastack", &mut text);
            output::write(&text).map(|()| 0)
        }
    };
    // with these, 2 is no error: there are changes, or differences
    done.map_err(|error| Failed { code: if planning { 1 } else { failure::exit_code(&error) }, error })
}

/// Whether the words that could not be read were meant for a command of which 2 is no error.
fn is_plan(words: &[OsString]) -> bool {
    let command = Cli::command();
    let known = |word: &&OsString| command.get_subcommands().any(|one| word.as_os_str() == one.get_name());
    let plans =
        |word: &OsString| word == "plan" || word == "audit" || word == "upgrade" && words.iter().any(|word| word == "--plan");
    words.iter().skip(1).find(known).is_some_and(plans)
}
