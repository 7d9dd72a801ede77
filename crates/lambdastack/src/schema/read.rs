//! A schema out of a document.

use super::{Field, Shape};
use crate::{
    source::{Reader, under, unknown},
    yaml::{Node, Value},
};

const WORDS: [&str; 11] = ["text", "name", "address", "path", "secret", "boolean", "port", "integer", "list", "map", "record"];
const KEYS: [&str; 9] = ["type", "default", "optional", "about", "one_of", "minimum", "maximum", "of", "fields"];

impl Field {
    /// Reads a field: a map as above, or only the word of its type. What is wrong is told to `reader`.
    pub fn read(reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Option<Self> {
        if let Some(word) = node.text() {
            let shape = simple(word).filter(|_| !["list", "map", "record"].contains(&word));
            if shape.is_none() {
                reader.wrong(node.place, pointer, unknown("type", word, WORDS));
            }
            return shape.map(|shape| Self { shape, default: None, optional: false, about: String::new() });
        }
        if !reader.map(node, pointer, &KEYS) {
            return None;
        }
        let about = reader.text(node, pointer, "about").unwrap_or_default().to_owned();
        let optional = boolean(reader, node, pointer, "optional");
        let shape = shape(reader, node, pointer)?;
        let mut field = Self { shape, default: None, optional, about };
        if let Some(default) = node.get("default") {
            let before = reader.misfits.len();
            let pointer = under(pointer, "default");
            field.default = field.check(reader, default, &pointer);
            for misfit in &mut reader.misfits[before..] {
                misfit.what = format!("the default does not fit: {}", misfit.what);
            }
            if optional {
                reader.wrong(default.place, &pointer, "a field with a default is always there: it cannot be `optional`");
            }
        }
        Some(field)
    }

    /// Reads a record out of the map of its fields.
    pub fn read_record(reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Self {
        Self { shape: Shape::Record(fields(reader, node, pointer)), ..Self::empty() }
    }
}

fn fields(reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Vec<(String, Field)> {
    let Value::Map(entries) = &node.value else {
        reader.wrong(node.place, pointer, format!("expected a map of fields, found {}", node.kind()));
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, node) in entries {
        if !super::check::is_name(&key.text) {
            let said = format!("`{}` cannot be the name of a field: lower-case letters, digits and `_`", key.text);
            reader.wrong(key.place, pointer, said);
        }
        let field = Field::read(reader, node, &under(pointer, &key.text));
        if field.as_ref().is_some_and(|field| is_text(&field.shape)) && sounds_secret(&key.text) {
            let said =
                format!("`{}` sounds like a secret, and what is text is written into the state\nhint: `type: secret`", key.text);
            reader.wrong(key.place, pointer, said);
        }
        all.extend(field.map(|field| (key.text.clone(), field)));
    }
    all
}

/// Whether it is text, or made of it.
fn is_text(shape: &Shape) -> bool {
    match shape {
        Shape::Text(_) => true,
        Shape::List(of) | Shape::Map(of) => is_text(&of.shape),
        _ => false,
    }
}

fn sounds_secret(name: &str) -> bool {
    let words = ["password", "passwd", "secret", "token", "passphrase", "credential"];
    let is_secret = |word: &str| words.contains(&word.strip_suffix('s').unwrap_or(word));
    let plain = name.replace('-', "_");
    plain.split('_').any(is_secret) || ["api_key", "apikey", "private_key"].iter().any(|key| plain.contains(key))
}

fn boolean(reader: &mut Reader<'_>, node: &Node, pointer: &str, key: &str) -> bool {
    match node.get(key).map(|node| (&node.value, node)) {
        None => false,
        Some((Value::Boolean(value), _)) => *value,
        Some((_, node)) => {
            reader.wrong(node.place, &under(pointer, key), format!("expected true or false, found {}", node.kind()));
            false
        }
    }
}

fn integer(reader: &mut Reader<'_>, node: &Node, pointer: &str, key: &str) -> Option<i64> {
    let node = node.get(key)?;
    if let Value::Integer(value) = node.value {
        return Some(value);
    }
    reader.wrong(node.place, &under(pointer, key), format!("expected a whole number, found {}", node.kind()));
    None
}

fn shape(reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Option<Shape> {
    let word = reader.required_text(node, pointer, "type")?;
    let belongs = |key: &str| match key {
        "one_of" => word == "text",
        "minimum" | "maximum" => word == "integer",
        "of" => word == "list" || word == "map",
        "fields" => word == "record",
        _ => true,
    };
    if !WORDS.contains(&word) {
        let place = node.get("type").map_or(node.place, |node| node.place);
        reader.wrong(place, &under(pointer, "type"), unknown("type", word, WORDS));
        return None;
    }
    for (key, _) in node.entries().iter().filter(|(key, _)| KEYS.contains(&key.text.as_str()) && !belongs(&key.text)) {
        reader.wrong(key.place, pointer, format!("`{}` says nothing of the type `{word}`", key.text));
    }
    let part = |reader: &mut Reader<'_>, key: &str| {
        if node.get(key).is_none() {
            reader.wrong(node.place, pointer, format!("the type `{word}` needs `{key}`"));
        }
        node.get(key).map(|part| (part, under(pointer, key)))
    };
    match word {
        "list" | "map" => {
            let (of, pointer) = part(reader, "of")?;
            let of = Box::new(Field::read(reader, of, &pointer)?);
            Some(if word == "list" { Shape::List(of) } else { Shape::Map(of) })
        }
        "record" => part(reader, "fields").map(|(node, pointer)| Shape::Record(fields(reader, node, &pointer))),
        "integer" => {
            let minimum = integer(reader, node, pointer, "minimum").unwrap_or(i64::MIN);
            let maximum = integer(reader, node, pointer, "maximum").unwrap_or(i64::MAX);
            if minimum > maximum {
                reader.wrong(node.place, pointer, "`minimum` is above `maximum`: nothing fits");
            }
            Some(Shape::Integer(minimum, maximum))
        }
        "text" => {
            let listed = node.get("one_of").map(Node::items).unwrap_or_default();
            Some(Shape::Text(listed.iter().filter_map(Node::text).map(str::to_owned).collect()))
        }
        word => simple(word),
    }
}

/// The types that are said with one word.
fn simple(word: &str) -> Option<Shape> {
    Some(match word {
        "text" => Shape::Text(Vec::new()),
        "name" => Shape::Name,
        "address" => Shape::Address,
        "path" => Shape::Path,
        "secret" => Shape::Secret,
        "boolean" => Shape::Boolean,
        "port" => Shape::Port,
        "integer" => Shape::Integer(i64::MIN, i64::MAX),
        _ => return None,
    })
}
