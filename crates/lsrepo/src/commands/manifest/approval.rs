//! May this bundle be imported: a machine that knows approvers asks for the signature of one of them under the bundle's manifest.
//!
//! The manifest is made anew from the head of the bundle, before anything is stored, and the import goes on with the very bytes
//! that it was made from. A machine where approvers are trusted takes nothing without: a policy that can be forgotten is none.

use super::{document::Document, head::Head};
use crate::{
    cli::ImportArgs,
    commands::carry::{self, Asked, Given},
    context::Context,
    failure::unsatisfied,
};
use anyhow::{Context as _, Result};
use lsrepo_bundle::BundleError;
use lsrepo_sign::{SignatureError, check_detached};
use lsrepo_types::Digest;
use std::{fs, path::PathBuf};

/// The bundle to be taken, from its first byte, and the digest of the only index that may be taken with it; refused where it
/// needs an approval and has none.
pub(in super::super) fn cleared<'a>(
    context: &Context,
    asked: Asked<'_>,
    paths: &[PathBuf],
    given: Given<'a>,
) -> Result<(Option<Digest>, Given<'a>)> {
    let (bundle, approvers) = (shown(paths), context.approvers()?);
    let Some(file) = asked.approve else {
        return match approvers.is_empty() {
            true => Ok((None, given)),
            false => Err(unsatisfied(format!(
                "{bundle}: this machine takes only bundles that an approver signed for\nhint: {}",
                how_to(&bundle)
            ))),
        };
    };
    let name = file.display().to_string();
    if approvers.is_empty() {
        return Err(unsatisfied(format!(
            "{name}: no approver is trusted on this machine\nhint: compare the fingerprint, then `lsrepo key trust --approver FILE`"
        )));
    }
    let signature = fs::read(file).with_context(|| name.clone())?;
    let (head, given) = Head::read(context, paths, given)?;
    if !head.seen.trusted && !asked.on_first_use {
        return carry::judge(Err(BundleError::Untrusted { signer: head.seen.signer }), paths);
    }
    let manifest = Document::of(&head).json()?;
    match check_detached(manifest.as_bytes(), &signature, &approvers, context.now) {
        Ok(approver) => {
            context.progress.note(&format!("{bundle}: approved by {approver}"));
            Ok((Some(head.seen.index), given))
        }
        Err(error) => Err(unsatisfied(refusal(&name, &bundle, &error))),
    }
}

fn shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
}

/// A bundle in a registry cannot be approved: what it is is known only bit by bit.
pub(in super::super) fn refuse_registry(context: &Context, args: &ImportArgs) -> Result<()> {
    match args.approve.is_none() && context.approvers()?.is_empty() {
        true => Ok(()),
        false => Err(unsatisfied(format!(
            "{}: only a bundle in a file can be approved, not one in a registry\nhint: `lsrepo export -o FILE` writes one",
            shown(&args.bundle)
        ))),
    }
}

fn refusal(name: &str, bundle: &str, error: &SignatureError) -> String {
    match error {
        SignatureError::MissingKey { issuers } => format!(
            "{name}: signed by {}, who is no approver on this machine\nhint: `lsrepo key list` shows those who are; `lsrepo key trust --approver FILE` adds one",
            issuers.join(", ")
        ),
        SignatureError::Bad { signer } => format!(
            "{name}: the signature of {signer} is not one under the manifest of {bundle}: it approves another bundle, or another text\nhint: {}",
            how_to(bundle)
        ),
        SignatureError::Malformed(_) => format!("{name}: this is no signature of OpenPGP\nhint: {}", how_to(bundle)),
        other => format!("{name}: {other}\nhint: {}", how_to(bundle)),
    }
}

fn how_to(bundle: &str) -> String {
    format!(
        "`lsrepo manifest {bundle} -o json > manifest.json`, have it signed (`gpg --detach-sign --armor manifest.json`), then `lsrepo import --approve manifest.json.asc {bundle}`"
    )
}
