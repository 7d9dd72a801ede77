//! One document as a value, with the checks that libmodulemd makes when it is lenient: unknown keys are passed over,
//! a value of the wrong kind spoils its document.

use super::{
    Defaults, Note, Stream,
    documents::{Document, Problem},
    lean::lean,
};
use crate::Nevra;
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// What a document brings.
pub(super) enum Part {
    Stream(Box<Stream>),
    Defaults(String, Defaults),
    Note(Note),
}

pub(super) fn one(document: &Document) -> Result<Part, Problem> {
    let problem = |why: String| Problem { line: document.line, why };
    let (kind, version) = match head(&document.text) {
        Some((kind, version)) => (kind.to_owned(), version.to_owned()),
        None => {
            let head: Head = yaml(document)?;
            let kind = head.document.ok_or_else(|| problem("it does not say which kind of document it is".to_owned()))?;
            (kind, head.version.ok_or_else(|| problem("it does not say its version".to_owned()))?)
        }
    };
    match (kind.as_str(), version.as_str()) {
        ("modulemd", "1") => stream::<RequiresV1>(document),
        ("modulemd", "2") => stream::<Vec<RequiresV2>>(document),
        // The sources of a build carry no packages yet, but a name to be known by.
        ("modulemd-stream" | "modulemd-packager", "3") => yaml::<Whole<Named>>(document).map(|whole| whole.data.note("")),
        ("modulemd-defaults", "1") => yaml::<Whole<DefaultsText>>(document).and_then(|whole| whole.data.checked(document)),
        ("modulemd-obsoletes", "1") => yaml::<Whole<ObsoletesText>>(document).and_then(|whole| whole.data.checked(document)),
        ("modulemd-translations", "1") => {
            let whole: Whole<TranslationsText> = yaml(document)?;
            number("modified", Some(&whole.data.modified)).map_err(problem)?;
            Ok(Named { name: whole.data.module, stream: whole.data.stream }.note(&document.text))
        }
        ("modulemd-packager", _) => Err(problem("a packager's document, which no repository should have".to_owned())),
        (kind, version) => {
            let kind: String = kind.chars().take(40).collect();
            let version: String = version.chars().take(40).collect();
            Err(problem(format!("documents of kind `{kind}`, version `{version}`, are not known")))
        }
    }
}

/// A stream, from what is needed of its document, or from all of it where that is not enough.
fn stream<R: Requires + DeserializeOwned>(document: &Document) -> Result<Part, Problem> {
    let lean = lean(&document.text).map(|text| Document { line: document.line, text });
    let read = lean.and_then(|lean| yaml::<Whole<StreamText<R>>>(&lean).ok());
    read.map_or_else(|| yaml(document), Ok).and_then(|whole| whole.data.checked(document))
}

/// Kind and version of a document written as almost all are: each in a line of its own that is not indented, where
/// nothing else than a key of the document itself can stand.
fn head(text: &str) -> Option<(&str, &str)> {
    let value = |key: &str| {
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let value = lines.next()?.trim();
        let plain = value.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        (plain && !value.is_empty() && lines.next().is_none()).then_some(value)
    };
    Some((value("document")?, value("version")?))
}

fn yaml<T: DeserializeOwned>(document: &Document) -> Result<T, Problem> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        emit_comments: false,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        // A part that is passed over may look like anything: the commit `7e96446` is no number.
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
    };
    serde_saphyr::from_str_with_options(&document.text, options).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line()).max(1);
        let line = document.line + usize::try_from(line - 1).unwrap_or(0);
        Problem { line, why: error.to_string().chars().take(200).collect() }
    })
}

#[derive(Deserialize)]
struct Head {
    document: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Whole<T> {
    data: T,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    stream: String,
}

impl Named {
    fn note(self, document: &str) -> Part {
        Part::Note(Note { module: self.name, stream: self.stream, obsoleted_by: None, document: document.to_owned() })
    }
}

#[derive(Deserialize)]
struct StreamText<R> {
    name: Option<String>,
    stream: Option<String>,
    version: Option<String>,
    context: Option<String>,
    arch: Option<String>,
    summary: Option<String>,
    description: Option<String>,
    #[serde(default)]
    static_context: bool,
    license: Option<LicenseText>,
    dependencies: Option<R>,
    #[serde(default)]
    profiles: BTreeMap<String, Rpms>,
    #[serde(default)]
    artifacts: Rpms,
    #[serde(default)]
    components: Components,
}

#[derive(Deserialize)]
struct LicenseText {
    #[serde(default)]
    module: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Rpms {
    #[serde(default)]
    rpms: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Components {
    #[serde(default)]
    rpms: BTreeMap<String, Component>,
    #[serde(default)]
    modules: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
struct Component {
    buildorder: Option<i64>,
    #[serde(default)]
    buildafter: Vec<String>,
}

/// One stream a module.
#[derive(Default, Deserialize)]
struct RequiresV1 {
    #[serde(default)]
    requires: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RequiresV2 {
    #[serde(default)]
    requires: BTreeMap<String, Vec<String>>,
}

trait Requires {
    fn all(self) -> Vec<(String, Vec<String>)>;
}

impl Requires for RequiresV1 {
    fn all(self) -> Vec<(String, Vec<String>)> {
        self.requires.into_iter().map(|(module, stream)| (module, vec![stream])).collect()
    }
}

impl Requires for Vec<RequiresV2> {
    fn all(self) -> Vec<(String, Vec<String>)> {
        self.into_iter().flat_map(|one| one.requires).collect()
    }
}

impl<R: Requires> StreamText<R> {
    fn checked(self, document: &Document) -> Result<Part, Problem> {
        let problem = |why: String| Problem { line: document.line, why };
        let version = number("version", self.version.as_deref()).map_err(problem)?;
        let lacks = |what: &str| problem(format!("the stream has no {what}"));
        if self.summary.is_none() || self.description.is_none() {
            return Err(lacks("summary or description"));
        }
        if self.license.is_none_or(|license| license.module.is_empty()) {
            return Err(lacks("licence of its own"));
        }
        let context = self.context.unwrap_or_default();
        if self.static_context && !context.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            return Err(problem(format!(
                "the context `{}` is not made of letters, digits and `_`",
                crate::metadata_error::start(&context)
            )));
        }
        let components = || self.components.rpms.values().chain(self.components.modules.values());
        let ordered = components().any(|component| component.buildorder.is_some_and(|order| order != 0));
        if ordered && components().any(|component| !component.buildafter.is_empty()) {
            return Err(problem("it orders its components both by buildorder and by buildafter".to_owned()));
        }
        let artifacts = self.artifacts.rpms.iter().map(|text| text.parse::<Nevra>());
        let artifacts = artifacts.collect::<Result<_, _>>().map_err(|error| problem(error.to_string()))?;
        let named = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (module, stream) = match (named(self.name), named(self.stream)) {
            (Some(module), Some(stream)) => (module, stream),
            _ => return Err(problem("it does not name its module and stream".to_owned())),
        };
        Ok(Part::Stream(Box::new(Stream {
            module,
            stream,
            version,
            context,
            arch: self.arch.unwrap_or_default(),
            summary: self.summary.unwrap_or_default(),
            requires: self.dependencies.map(Requires::all).unwrap_or_default(),
            artifacts,
            profiles: self.profiles.into_iter().map(|(name, rpms)| (name, rpms.rpms)).collect(),
            document: document.text.clone(),
        })))
    }
}

#[derive(Deserialize)]
struct DefaultsText {
    module: String,
    stream: Option<String>,
    modified: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Vec<String>>,
}

impl DefaultsText {
    fn checked(self, document: &Document) -> Result<Part, Problem> {
        let modified = number("modified", self.modified.as_deref());
        let modified = modified.map_err(|why| Problem { line: document.line, why })?;
        let (stream, profiles, document) = (self.stream, self.profiles, document.text.clone());
        Ok(Part::Defaults(self.module, Defaults { modified, stream, profiles, document }))
    }
}

#[derive(Deserialize)]
struct ObsoletesText {
    module: String,
    stream: String,
    modified: String,
    message: String,
    eol_date: Option<String>,
    obsoleted_by: Option<ObsoletedBy>,
}

#[derive(Deserialize)]
struct ObsoletedBy {
    module: String,
    stream: String,
}

impl ObsoletesText {
    fn checked(self, document: &Document) -> Result<Part, Problem> {
        let problem = |why: String| Problem { line: document.line, why };
        if self.message.is_empty() {
            return Err(problem("it has no message".to_owned()));
        }
        if let Some(wrong) = [Some(&self.modified), self.eol_date.as_ref()].into_iter().flatten().find(|text| !is_date(text)) {
            return Err(problem(format!("`{}` is not a date such as 2020-02-27T00:00Z", crate::metadata_error::start(wrong))));
        }
        let obsoleted_by = self.obsoleted_by.map(|by| (by.module, by.stream));
        Ok(Part::Note(Note { module: self.module, stream: self.stream, obsoleted_by, document: document.text.clone() }))
    }
}

#[derive(Deserialize)]
struct TranslationsText {
    module: String,
    stream: String,
    modified: String,
}

fn number(key: &str, text: Option<&str>) -> Result<u64, String> {
    let wrong = |text: &str| format!("{key}: `{}` is not a number", crate::metadata_error::start(text));
    text.map_or(Ok(0), |text| text.parse().map_err(|_| wrong(text)))
}

fn is_date(text: &str) -> bool {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().map(shape).collect::<String>() == "0000-00-00T00:00Z"
}
