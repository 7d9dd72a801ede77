//! `lsrepo verify`, `lsrepo repair`: whether a bundle is as it was written, and what to do where it is not.

use super::{judge, source, trust};
use crate::{
    cli::{RepairArgs, VerifyArgs},
    context::Context,
    failure::{OrUnsatisfied as _, unsatisfied},
    output::print,
    progress::listen::Carrying,
};
use anyhow::{Context as _, Result};
use lsrepo_bundle::{
    Archive, Damage, Verified,
    parity::{self, FileState, ParityError, Report, Verdict},
};
use lsrepo_sign::Fingerprint;
use lsrepo_types::{Bytes, Count};
use std::io;

pub(crate) fn verify(context: &Context, args: &VerifyArgs) -> Result<()> {
    let keys = context.trusted()?;
    if args.bundle.iter().any(|path| path.as_os_str() == "-") {
        let carrying = Carrying::new(context.progress, "verify");
        let done = lsrepo_bundle::verify_stream(io::stdin().lock(), &keys, context.now, &|event| carrying.hear(&event));
        carrying.finish();
        let (verified, signer) = judge(done, &args.bundle)?;
        return print(args.output, &verified, |verified| text(verified, &signer, true));
    }
    // Whoever signed it: what is asked is whether it is whole.
    let archive = judge(Archive::open(&source(&args.bundle)?, &trust(&keys, true, context.now)), &args.bundle)?;
    let carrying = Carrying::new(context.progress, "verify");
    let verified = lsrepo_bundle::verify(&archive, args.full, &|event| carrying.hear(&event));
    carrying.finish();
    let verified = judge(verified, &args.bundle)?;
    if archive.new_key.is_some() {
        context.progress.warn(&format!("signed by {}, whose key is not trusted here", archive.signer));
    }
    print(args.output, &verified, |verified| text(verified, &archive.signer, args.full))?;
    match verified.damage.is_empty() {
        true => Ok(()),
        false => {
            Err(unsatisfied("the bundle is damaged\nhint: copy these files again, or `lsrepo repair` where there are parity files"))
        }
    }
}

fn text(verified: &Verified, signer: &Fingerprint, full: bool) -> String {
    let mut text = String::new();
    for Damage { file, offset, bytes, blob, what } in &verified.damage {
        let blob = blob.map(|blob| format!(" ({blob})")).unwrap_or_default();
        text += &format!("{}: {} from byte {offset} on: {what}{blob}\n", file.display(), Bytes(*bytes));
    }
    if verified.damage.is_empty() {
        text += &match full {
            true => format!("whole: {} blobs, {}, signed by {}\n", Count(verified.blobs), Bytes(verified.bytes), signer),
            false => format!("the head is whole, signed by {}; --full reads the blobs too\n", signer),
        };
    }
    if verified.unmade > 0 {
        let unmade = Count(verified.unmade);
        text += &format!("{unmade} packed blobs (--level archive) were not made of it; `lsrepo verify --full FILE` does that\n");
    }
    text
}

pub(crate) fn repair(context: &Context, args: &RepairArgs) -> Result<()> {
    let task = context.progress.task("repair", 0);
    let on_bytes = |bytes: u64| task.advance(bytes);
    let report = match args.dry_run {
        true => parity::check(&args.bundle, &on_bytes),
        false => parity::repair(&args.bundle, false, &on_bytes),
    };
    task.finish();
    let report = match report {
        Err(error @ (ParityError::Io { .. } | ParityError::Full { .. })) => return Err(error.into()),
        other => other.or_unsatisfied().with_context(|| args.bundle.display().to_string())?,
    };
    print(args.output, &report, report_text)?;
    match report.verdict {
        Verdict::Whole | Verdict::Repaired => Ok(()),
        Verdict::Repairable => Err(unsatisfied("it is damaged and can be mended\nhint: run this again without --dry-run")),
        Verdict::Lost => Err(unsatisfied("too much is lost to be mended\nhint: copy the files again")),
    }
}

fn report_text(report: &Report) -> String {
    let mut text = String::new();
    for file in &report.files {
        let state = match &file.state {
            FileState::Whole => continue,
            FileState::Missing => "missing".to_owned(),
            FileState::WrongSize { actual } => format!("{} instead of {}", Bytes(*actual), Bytes(file.size)),
            FileState::Damaged => "damaged".to_owned(),
        };
        text += &format!("{}: {state}\n", file.name);
        for damage in &file.damage {
            let (offset, length) = (damage.offset, Bytes(damage.length));
            text += &format!("  {length} from byte {offset} on ({} of {} shards needed)\n", damage.needed, damage.left);
        }
    }
    if report.parity_is_damaged() {
        text += "some parity is missing or damaged too: what is left of it did\n";
    }
    text + match report.verdict {
        Verdict::Whole => "whole\n",
        Verdict::Repaired => "mended; `lsrepo verify` checks the signature\n",
        Verdict::Repairable => "can be mended\n",
        Verdict::Lost => "lost\n",
    }
}
