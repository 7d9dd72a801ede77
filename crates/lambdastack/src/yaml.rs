//! YAML as a tree in which every value knows its line and column, so that whatever is wrong with it later can be shown.

use crate::source::Source;
use lsrepo_bom::Misfit;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value as Json;
use serde_saphyr::Spanned;
use std::fmt;

/// Where something begins in a file; both count from 1, columns in characters. 0 where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// counted from 1
    pub line: u64,
    /// counted from 1
    pub column: u64,
}

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// where it begins
    pub place: Place,
    /// what it is
    pub value: Value,
}

/// What can be written in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// nothing, or `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// a whole number
    Integer(i64),
    /// any other number
    Number(f64),
    /// text
    Text(String),
    /// a list
    List(Vec<Node>),
    /// a map, in the order in which it was written
    Map(Vec<(Key, Node)>),
}

/// A key of a map and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// where it begins
    pub place: Place,
    /// the key
    pub text: String,
}

/// All documents of a stream; empty ones are left out.
pub fn parse(source: &Source) -> Result<Vec<Node>, Misfit> {
    let options = serde_saphyr::options! { with_snippet: false, budget: serde_saphyr::budget! { max_depth: 64 } };
    serde_saphyr::from_multiple_with_options(&source.text, options).map_err(|error| {
        let place = error.location().map(place_of).unwrap_or_default();
        let said = error.to_string().replace(", set DuplicateKeyPolicy in Options if acceptable", "");
        let position = format!(" at line {}, column {}", place.line, place.column);
        source.misfit(place, "", said.replace(&position, "").trim_start_matches("error: "))
    })
}

fn place_of(location: serde_saphyr::Location) -> Place {
    Place { line: location.line(), column: location.column() }
}

impl Node {
    /// The value of a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(one, _)| one.text == key).map(|(_, node)| node)
    }

    /// The value behind several keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[(Key, Node)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The same value without places.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Integer(value) => Json::from(*value),
            Value::Number(value) => Json::from(*value),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), node.to_json())).collect(),
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Boolean(_) => "true or false",
            Value::Integer(_) | Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Bare>::deserialize(deserializer)?;
        Ok(Self { place: place_of(referenced), value: value.0 })
    }
}

/// A value that does not yet know its place.
struct Bare(Value);

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Bares).map(Self)
    }
}

struct Bares;

impl<'de> Visitor<'de> for Bares {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Number(value as f64), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(Spanned { value: text, referenced, .. }) = access.next_key::<Spanned<String>>()? {
            entries.push((Key { place: place_of(referenced), text }, access.next_value()?));
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_and_every_key_knows_its_place() {
        let source = Source::new("x.yml", "a: 1\n---\nb:\n  - {c: yes, d: ~}\n---\n\n---\ne: 1.5\n");
        let nodes = parse(&source).unwrap();
        assert_eq!(nodes.len(), 3);
        let inner = &nodes[1].get("b").unwrap().items()[0];
        assert_eq!(inner.place, Place { line: 4, column: 5 });
        let places: Vec<_> = inner.entries().iter().map(|(key, node)| (key.place.column, node.place.column)).collect();
        assert_eq!(places, [(6, 9), (14, 17)]);
        assert_eq!(nodes[2].to_json(), serde_json::json!({"e": 1.5}));
    }

    #[test]
    fn what_is_no_yaml_is_said_with_its_place() {
        for (text, place) in [("a: [1\n", "x.yml:"), ("a: 1\na: 2\n", "x.yml:2:1: "), ("a: *b\n", "x.yml:1:4: ")] {
            let said = parse(&Source::new("x.yml", text)).unwrap_err().to_string();
            assert!(said.starts_with(place), "{said}");
        }
        let deep = "[".repeat(5000);
        assert!(parse(&Source::new("x.yml", &deep)).is_err());
    }
}
