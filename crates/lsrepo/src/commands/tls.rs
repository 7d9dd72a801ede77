//! `lsrepo tls` and `lsrepo token`: what a server and its users prove themselves with.

use crate::{
    authority,
    cli::{TlsCommand, TokenArgs},
    context::Context,
    failure::Hint,
    output,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_types::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
struct Shown {
    /// SHA-256 of the authority's certificate
    authority: String,
    names: Vec<String>,
    /// the end of the server's certificate
    until: Option<Timestamp>,
}

pub(crate) fn run(context: &Context, command: &TlsCommand) -> Result<()> {
    match command {
        TlsCommand::Init { names } => {
            let names = if names.is_empty() { authority::own_names() } else { names.clone() };
            authority::init(context, &names)?;
            context.progress.note(&format!("made an authority, and a certificate for {}", names.join(", ")));
            context.progress.note("next: `lsrepo serve --listen https://0.0.0.0:8443`; hosts take the authority with their set-up");
            show(context, output::Format::Text)
        }
        TlsCommand::Renew { names } => {
            authority::renew(context, names)?;
            context.progress.note("made another certificate; a server that runs takes it on SIGHUP");
            show(context, output::Format::Text)
        }
        TlsCommand::Show { output } => show(context, *output),
        TlsCommand::Export => output::write(pem(context)?.as_bytes()),
    }
}

fn pem(context: &Context) -> Result<String> {
    authority::certificate(context)?.context("there is no authority").hint("`lsrepo tls init` makes one")
}

fn show(context: &Context, format: output::Format) -> Result<()> {
    let authority = authority::fingerprint(&pem(context)?)?.hex();
    let until = authority::identity(context)?.and_then(|identity| identity.not_after());
    let shown = Shown { authority, names: authority::server_names(context)?, until };
    output::print(format, &shown, |shown| {
        let until = shown.until.map_or("unknown".to_owned(), |until| until.to_string());
        format!("authority: sha256 {}\nserver: {}\nuntil: {until}\n", shown.authority, shown.names.join(", "))
    })
}

/// Prints a token on stdout, and says the line that lets it in.
pub(crate) fn token(context: &Context, args: &TokenArgs) -> Result<()> {
    if args.name.is_empty() || args.name.contains(|c: char| c == ':' || c.is_control()) {
        bail!("`{}` is no name: expected plain text without `:`", args.name.escape_debug());
    }
    let (token, line) = lsrepo_serve::make_token(&args.name)?;
    context.progress.note(&format!("add this line to the file of --users; the token itself is kept nowhere:\n{line}"));
    output::write(format!("{token}\n").as_bytes())
}
