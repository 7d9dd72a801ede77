//! Which secrets a configuration names, as its schema says.

use crate::{
    schema::{Field, Shape},
    source::under,
};
use serde_json::Value as Json;

/// A secret that is named `vault:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// its name
    pub name: String,
    /// where in the configuration it is named
    pub pointer: String,
}

/// Every secret of the vault that a value names; the value fits the schema.
pub fn places(field: &Field, value: &Json) -> Vec<Place> {
    let mut found = Vec::new();
    walk(field, value, "", &mut found);
    found
}

fn walk(field: &Field, value: &Json, pointer: &str, found: &mut Vec<Place>) {
    match (&field.shape, value) {
        (Shape::Secret, Json::String(text)) => {
            let name = text.strip_prefix("vault:").map(str::to_owned);
            found.extend(name.map(|name| Place { name, pointer: pointer.to_owned() }));
        }
        (Shape::List(of), Json::Array(items)) => {
            items.iter().enumerate().for_each(|(index, item)| walk(of, item, &under(pointer, &index.to_string()), found));
        }
        (Shape::Map(of), Json::Object(all)) => all.iter().for_each(|(key, item)| walk(of, item, &under(pointer, key), found)),
        (Shape::Record(fields), Json::Object(all)) => {
            for (name, field) in fields {
                if let Some(value) = all.get(name) {
                    walk(field, value, &under(pointer, name), found);
                }
            }
        }
        _ => {}
    }
}
