//! `lambdastack template`: a document to begin with.

use super::Context;
use crate::{cli::TemplateArgs, failure::unsatisfied, kind::Kind, module::Catalogue, output, source::unknown, template};
use anyhow::Result;
use serde_json::Value as Json;

pub(super) fn run(context: &Context, args: &TemplateArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let Some(word) = &args.kind else {
        let text: String = kinds(&modules).iter().map(|(kind, title)| format!("{kind:<32} {title}\n")).collect();
        return output::write(text.as_bytes()).map(|()| 0);
    };
    let kind: Option<Kind> = word.parse().ok();
    let text = kind.and_then(|kind| template::document(&kind, None, &Json::Null, &modules));
    let known = kinds(&modules);
    let text = text.ok_or_else(|| unsatisfied(unknown("kind", word, known.iter().map(|(kind, _)| kind.as_str()))))?;
    output::write(text.as_bytes())?;
    Ok(0)
}

fn kinds(modules: &Catalogue) -> Vec<(String, String)> {
    let built_in = Kind::built_in().map(|kind| (kind.to_string(), kind.title().unwrap_or_default().to_owned()));
    let own = modules.iter().map(|module| (format!("configuration/{}", module.manifest.name), module.manifest.summary.clone()));
    built_in.chain(own).collect()
}
