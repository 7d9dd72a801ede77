//! The kinds of documents: `lambdastack-cluster`, `infrastructure/machine`, and a `configuration/…` for each module.

use crate::{
    schema::Field,
    source::{Reader, Source},
    yaml,
};
use lsrepo_bom::ModuleName;
use lsrepo_types::nearest;
use std::{fmt, str::FromStr};

/// What a document is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// the cluster itself
    Cluster,
    /// a machine that exists
    Machine,
    /// where images come from
    ImageRegistry,
    /// which modules each component takes
    FeatureMapping,
    /// what all modules are told
    SharedConfig,
    /// the configuration of a module
    Module(ModuleName),
}

/// Each built-in kind, its title, and its fields.
const BUILT_IN: [(Kind, &str, &str, &str); 5] = [
    (Kind::Cluster, "lambdastack-cluster", "A cluster on machines that exist", include_str!("kinds/cluster.yml")),
    (Kind::Machine, "infrastructure/machine", "A machine", include_str!("kinds/machine.yml")),
    (
        Kind::ImageRegistry,
        "configuration/image-registry",
        "Where images come from that the repository does not have",
        include_str!("kinds/image-registry.yml"),
    ),
    (
        Kind::FeatureMapping,
        "configuration/feature-mapping",
        "Which modules each component takes",
        include_str!("kinds/feature-mapping.yml"),
    ),
    (Kind::SharedConfig, "configuration/shared-config", "What all modules are told", include_str!("kinds/shared-config.yml")),
];

impl Kind {
    /// The kinds that are there without any module.
    pub fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().map(|(kind, ..)| kind.clone())
    }

    /// The title of a new document; `None` for a module's, which has its summary.
    pub fn title(&self) -> Option<&'static str> {
        BUILT_IN.iter().find(|(kind, ..)| kind == self).map(|(_, _, title, _)| *title)
    }

    /// Its fields; `None` for a module's, which says so itself.
    pub fn schema(&self) -> Option<Field> {
        let (_, word, _, text) = BUILT_IN.iter().find(|(kind, ..)| kind == self)?;
        let source = Source::new(*word, *text);
        let node = yaml::parse(&source).ok()?.into_iter().next()?;
        Some(Field::read_record(&mut Reader::new(&source), &node, ""))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, BUILT_IN.iter().find(|(kind, ..)| kind == self)) {
            (Kind::Module(name), _) => write!(f, "configuration/{name}"),
            (_, Some((_, word, ..))) => f.write_str(word),
            (_, None) => Ok(()),
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((kind, ..)) = BUILT_IN.iter().find(|(_, word, ..)| *word == text) {
            return Ok(kind.clone());
        }
        if let Some(Ok(name)) = text.strip_prefix("configuration/").map(str::parse) {
            return Ok(Kind::Module(name));
        }
        let words = BUILT_IN.iter().map(|(_, word, ..)| *word);
        let hint = match nearest(text, words.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}, configuration/MODULE", words.collect::<Vec<_>>().join(", ")),
        };
        let text: String = text.chars().take(80).collect();
        Err(format!("unknown kind `{text}`\nhint: {hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_fields_that_read_and_a_word_that_reads_back() {
        for (kind, word, title, text) in BUILT_IN {
            let source = Source::new(word, text);
            let node = yaml::parse(&source).unwrap().remove(0);
            let mut reader = Reader::new(&source);
            Field::read_record(&mut reader, &node, "");
            assert!(reader.misfits.is_empty(), "{:?}", reader.misfits);
            assert_eq!((word.parse(), kind.to_string().as_str(), kind.title()), (Ok(kind.clone()), word, Some(title)));
            assert!(!kind.schema().unwrap().fields().is_empty());
        }
        assert_eq!("configuration/kafka".parse(), Ok(Kind::Module("kafka".parse().unwrap())));
    }
}
