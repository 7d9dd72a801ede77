//! A document to begin with: the header of its kind, and every field with its default and a sentence.

use crate::{
    document::PROVIDER,
    kind::Kind,
    module::Catalogue,
    schema::{self, scalar},
    version::Version,
};
use serde_json::Value as Json;

/// A document of a kind; `values` stand in the place of defaults. `None` for a module that is not known.
pub fn document(kind: &Kind, name: Option<&str>, values: &Json, modules: &Catalogue) -> Option<String> {
    let (schema, title) = match kind {
        Kind::Module(module) => {
            let manifest = &modules.get(module)?.manifest;
            (manifest.configuration.clone(), manifest.summary.clone())
        }
        kind => (kind.schema()?, kind.title().unwrap_or_default().to_owned()),
    };
    let name = match (kind, name) {
        (_, Some(name)) => format!("name: {}\n", scalar(name)),
        (Kind::Machine, None) => "name: machine-1\n".to_owned(),
        _ => String::new(),
    };
    let fields = match schema.fields() {
        [] => " {}\n".to_owned(),
        fields => format!("\n{}", schema::template(fields, values, 1)),
    };
    let version = Version::of_program();
    Some(format!("kind: {kind}\ntitle: {}\n{name}provider: {PROVIDER}\nversion: {version}\nspecification:{fields}", scalar(&title)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document, source::Source};

    #[test]
    fn the_template_of_every_kind_is_a_document_of_that_kind() {
        let modules = Catalogue::embedded().unwrap();
        let kinds = Kind::built_in().chain(modules.names().cloned().map(Kind::Module));
        for kind in kinds {
            let text = super::document(&kind, None, &Json::Null, &modules).unwrap();
            let (documents, misfits) = document::read(&[Source::new("t.yml", text.clone())], &modules);
            assert!(misfits.is_empty() && documents[0].kind == kind, "{misfits:?}\n{text}");
            let schema = match &kind {
                Kind::Module(name) => modules.get(name).unwrap().manifest.configuration.clone(),
                kind => kind.schema().unwrap(),
            };
            if let Some(defaults) = schema.defaults() {
                assert_eq!(*documents[0].specification.as_json(), defaults, "{text}");
            }
        }
        assert_eq!(super::document(&Kind::Module("absent".parse().unwrap()), None, &Json::Null, &modules), None);
    }
}
