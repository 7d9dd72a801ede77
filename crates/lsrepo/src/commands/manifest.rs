//! `lsrepo manifest`: what a bundle holds and who vouches for it, for whoever decides whether it may cross the gap.
//!
//! One value says it, read from the bundle's head ([`document::Document`]). As JSON it has nothing of the machine that prints it:
//! equal bundles give equal bytes, and a signature over these bytes approves one bundle and no other ([`approval`]). As a page it
//! says besides who trusts the signer here, and what is new since something was carried earlier.

mod approval;
mod document;
mod head;
mod html;
mod text;

pub(super) use approval::{cleared, refuse_registry};

use crate::{
    cli::{ManifestArgs, ManifestFormat},
    commands::{bom, carry},
    context::Context,
    output::write,
};
use anyhow::{Result, bail};
use document::Document;
use head::Head;
use lsrepo_bom::inventory::{Difference, Inventory, diff};
use lsrepo_types::Digest;
use std::path::Path;

/// A manifest as people see it, with what only this machine can say.
struct View<'a> {
    document: &'a Document,
    /// the bundle's file
    bundle: &'a str,
    /// whether this machine trusts the signer
    trusted: bool,
    /// of the bytes that an approver signs
    approved: Digest,
    /// what it was compared with, and how it differs
    changes: Option<(String, Difference)>,
}

pub(super) fn run(context: &Context, args: &ManifestArgs) -> Result<()> {
    if args.output == ManifestFormat::Json && args.against.is_some() {
        bail!(
            "what is approved is a bundle, whatever was carried before: -o json goes without --against\nhint: `lsrepo bom diff BEFORE BUNDLE -o json` prints the differences"
        );
    }
    if carry::is_in_registry(&args.bundle)? {
        bail!("manifest reads files\nhint: `lsrepo import {0} && lsrepo export -o FILE` makes one of {0}", args.bundle.display());
    }
    let paths = std::slice::from_ref(&args.bundle);
    let (head, _) = Head::read(context, paths, carry::Given::open(paths)?)?;
    let document = Document::of(&head);
    let json = document.json()?;
    let against = args.against.as_ref().map(|before| {
        let difference = diff(&earlier(context, before, &head)?, &head.inventory());
        anyhow::Ok((before.display().to_string(), difference))
    });
    let bundle = args.bundle.display().to_string();
    let (trusted, approved) = (head.seen.trusted, Digest::of(json.as_bytes()));
    let view = View { document: &document, bundle: &bundle, trusted, approved, changes: against.transpose()? };
    let text = match args.output {
        ManifestFormat::Json => json,
        ManifestFormat::Html => html::page(&view),
        ManifestFormat::Text => text::render(&view),
    };
    match &args.output_file {
        Some(file) => bom::save(file, &text),
        None => write(text.as_bytes()),
    }
}

/// What was carried before. A receipt names digests alone: of what is in the bundle, it says what is there already.
fn earlier(context: &Context, before: &Path, head: &Head) -> Result<Inventory> {
    let Some(receipt) = carry::delta::read_receipt(context, before)? else {
        return bom::artifacts::inventory(context, Some(before));
    };
    let mut inventory = head.inventory();
    inventory.artifacts.retain(|one| receipt.have.contains(&one.digest));
    Ok(inventory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::tests::{head, lock};

    #[test]
    fn nothing_that_a_bundle_says_is_obeyed_by_a_browser_or_a_terminal() {
        let evil = "<script>alert(1)</script>\u{1b}[2J\u{202e}";
        let mut lock = lock(4);
        let package = &mut lock.packages[0];
        for text in [&mut package.name, &mut package.version, &mut package.arch, &mut package.source] {
            *text = evil.to_owned();
        }
        let source = &mut lock.sources[0];
        (source.name, source.uris, source.signer) = (evil.to_owned(), vec![evil.to_owned()], Some(evil.to_owned()));
        let mut head = head(lock, &[("shop", 4), (evil, 1)], Some(evil));
        head.seen.signer = evil.to_owned();
        head.seen.parts[0].module = evil.to_owned();
        head.licences.insert(Digest::of(b"shop"), evil.to_owned());
        let changes = Some((evil.to_owned(), diff(&Inventory::default(), &head.inventory())));
        let document = Document::of(&head);
        let view = View { document: &document, bundle: evil, trusted: false, approved: Digest::of(b""), changes };
        let (html, text) = (html::page(&view), text::render(&view));
        assert!(html.matches("&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}").count() > 10 && !html.contains("<script"), "{html}");
        assert!(text.contains("\\u{1b}") && text.contains("no lock names it") && html.contains("none of its locks"), "{text}");
        for shown in [html, text] {
            assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        }
    }
}
