//! What a configuration may hold: a type, a default and a sentence for each field.
//!
//! ```yaml
//! listen_port: {type: port, default: 9100, about: where metrics are given}
//! backends:
//!   type: list
//!   default: []
//!   of: {type: record, fields: {name: name, address: address}}
//! ```
//! A field without `default` must be written, unless it is `optional`. Modules describe their configuration and what they
//! return like this, and so are the built-in kinds of documents described: checks, defaults and templates come from one place.

mod check;
mod read;
mod render;
mod settings;

pub(crate) use check::{is_name, not_a_name};
pub use render::{description, scalar, template};
pub use settings::Settings;

use serde_json::Value as Json;

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// what it may hold
    pub shape: Shape,
    /// what it holds where nothing was written; it fits
    pub default: Option<Json>,
    /// whether it may be absent although it has no default
    pub optional: bool,
    /// a sentence for people
    pub about: String,
}

/// What a field may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// text, one of these where any are listed
    Text(Vec<String>),
    /// lower-case letters, digits, `-` and `_`, beginning with a letter
    Name,
    /// an IP address or a host name
    Address,
    /// an absolute path, or one from the home folder (`~/`)
    Path,
    /// where a secret lies: `file:/PATH` or `vault:NAME`; never the secret
    Secret,
    /// true or false
    Boolean,
    /// 1 to 65535
    Port,
    /// a whole number, both ends included
    Integer(i64, i64),
    /// any number of these
    List(Box<Field>),
    /// names of one's own, and for each one of these
    Map(Box<Field>),
    /// fields that are known, in the order in which they were described
    Record(Vec<(String, Field)>),
}

impl Shape {
    /// The word for it in a schema.
    pub fn word(&self) -> &'static str {
        match self {
            Shape::Text(_) => "text",
            Shape::Name => "name",
            Shape::Address => "address",
            Shape::Path => "path",
            Shape::Secret => "secret",
            Shape::Boolean => "boolean",
            Shape::Port => "port",
            Shape::Integer(..) => "integer",
            Shape::List(_) => "list",
            Shape::Map(_) => "map",
            Shape::Record(_) => "record",
        }
    }
}

impl Field {
    /// A record of nothing.
    pub fn empty() -> Self {
        Self { shape: Shape::Record(Vec::new()), default: None, optional: false, about: String::new() }
    }

    /// The fields of a record; none for anything else.
    pub fn fields(&self) -> &[(String, Field)] {
        if let Shape::Record(fields) = &self.shape { fields } else { &[] }
    }

    /// One field of a record.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|(one, _)| one == name).map(|(_, field)| field)
    }

    /// What it is where nothing was written; `None` where something has to be.
    pub fn defaults(&self) -> Option<Json> {
        match (&self.default, &self.shape) {
            (Some(default), _) => Some(default.clone()),
            (None, Shape::Record(_)) if self.optional => None,
            (None, Shape::Record(fields)) => {
                let mut all = serde_json::Map::new();
                for (name, field) in fields {
                    match field.defaults() {
                        Some(default) => drop(all.insert(name.clone(), default)),
                        None if field.optional => {}
                        None => return None,
                    }
                }
                Some(Json::Object(all))
            }
            (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests;
