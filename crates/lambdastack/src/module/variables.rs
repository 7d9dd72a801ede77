//! The variables that lambdastack hands to playbooks: whoever reads one that is never given is told.

use super::{Extra, Manifest};
use crate::{
    source::{Source, unknown},
    yaml::Place,
};
use lsrepo_bom::Misfit;

/// The configuration of the module.
const CONFIGURATION: &str = "lambdastack_config";
/// What is handed to playbooks.
pub(crate) const GIVEN: [&str; 8] = [
    CONFIGURATION,
    "lambdastack_machines",
    "lambdastack_modules",
    "lambdastack_anew",
    "lambdastack_leaving",
    "lambdastack_archive",
    "lambdastack_step",
    "lambdastack_upgrade",
];
/// What a place of a secret is looked up with; it is no variable.
const SECRET: &str = "lambdastack_secret";
/// What playbooks hand back.
pub(crate) const RETURNED: [&str; 2] = ["lambdastack_returns", "lambdastack_audit"];

/// The variables in a text that are not given, and the keys that the configuration does not have.
pub(crate) fn check(source: &Source, manifest: &Manifest) -> Vec<Misfit> {
    let configuration = &manifest.configuration;
    let mut misfits = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        let mut position = 0;
        while let Some(found) = line[position..].find("lambdastack_") {
            let start = position + found;
            let word = word(&line[start..]);
            position = start + word.len();
            if line[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &line[position..];
            let place = |byte: usize| Place { line: number as u64 + 1, column: line[..byte].chars().count() as u64 + 1 };
            let extras = Extra::ALL.into_iter().filter(|(extra, ..)| manifest.gets.contains(extra)).map(|(.., variable)| variable);
            let known = GIVEN.into_iter().chain(extras).chain(RETURNED);
            if word == SECRET {
                if !["lookup('", "lookup(\""].iter().any(|call| line[..start].ends_with(call)) {
                    let said =
                        "`lambdastack_secret` is no variable\nhint: `lookup('lambdastack_secret', PLACE)` is the secret at a place";
                    misfits.push(source.misfit(place(start), "", said));
                }
            } else if let Some((_, asks, _)) =
                Extra::ALL.iter().find(|(extra, _, variable)| *variable == word && !manifest.gets.contains(extra))
            {
                let said = format!("`{word}` is not given\nhint: `gets: [{asks}]` in module.yml asks for it");
                misfits.push(source.misfit(place(start), "", said));
            } else if !known.clone().any(|one| one == word) {
                misfits.push(source.misfit(place(start), "", unknown("variable", word, known.chain([SECRET]))));
            } else if let Some(key) = rest.strip_prefix('.').map(self::word).filter(|key| word == CONFIGURATION && !key.is_empty())
                && configuration.field(key).is_none()
            {
                let fields = configuration.fields().iter().map(|(name, _)| name.as_str());
                misfits.push(source.misfit(place(position + 1), "", unknown("key of the configuration", key, fields)));
            }
        }
    }
    misfits
}

/// The identifier that the text begins with.
fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())]
}
