//! Whether a value fits, and what it is with its defaults.

use super::{Field, Shape};
use crate::{
    merge::merge,
    source::{Reader, under, unknown},
    vault,
    yaml::{Node, Value},
};
use serde_json::Value as Json;
use std::net::IpAddr;

impl Field {
    /// The value with the defaults under it; `None` where it does not fit, which was told to `reader`.
    pub fn check(&self, reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Option<Json> {
        let before = reader.misfits.len();
        let filled = self.fill(reader, node, pointer);
        if matches!(self.shape, Shape::Secret) {
            // The line that is wrong may hold the secret itself.
            reader.misfits[before..].iter_mut().for_each(|misfit| misfit.text.clear());
        }
        let filled = match (&self.default, &self.shape) {
            (Some(default), Shape::Map(_)) => merge(default, &filled),
            _ => filled,
        };
        (reader.misfits.len() == before).then_some(filled)
    }

    fn fill(&self, reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Json {
        match (&self.shape, &node.value) {
            (_, Value::Null) => {
                reader.wrong(
                    node.place,
                    pointer,
                    "nothing is written here\nhint: leave the key out for its default, or write `\"\"`, `[]` or `{}` for nothing",
                );
            }
            (Shape::List(of), Value::List(items)) => {
                let item = |(index, node): (usize, &Node)| of.check(reader, node, &under(pointer, &index.to_string()));
                return items.iter().enumerate().filter_map(item).collect();
            }
            (Shape::Map(of), Value::Map(entries)) => {
                let mut all = serde_json::Map::new();
                for (key, node) in entries {
                    if !is_name(&key.text) {
                        reader.wrong(key.place, pointer, not_a_name(&key.text));
                    }
                    all.extend(of.check(reader, node, &under(pointer, &key.text)).map(|value| (key.text.clone(), value)));
                }
                return Json::Object(all);
            }
            (Shape::Record(fields), Value::Map(entries)) => return record(fields, reader, node, entries, pointer),
            (Shape::Integer(minimum, maximum), Value::Integer(value)) if !(minimum..=maximum).contains(&value) => {
                reader.wrong(node.place, pointer, out_of_range(*value, *minimum, *maximum));
            }
            (Shape::Port, Value::Integer(value)) if !(1..=65535).contains(value) => {
                reader.wrong(node.place, pointer, out_of_range(*value, 1, 65535));
            }
            (Shape::Boolean, Value::Boolean(_)) | (Shape::Integer(..) | Shape::Port, Value::Integer(_)) => {}
            (shape, Value::Text(text)) if shape.is_text() => {
                if let Some(what) = shape.wrong_text(text) {
                    reader.wrong(node.place, pointer, what);
                }
            }
            (shape, value) => {
                let quotes = match (shape.is_text(), value) {
                    (true, Value::Boolean(_) | Value::Integer(_) | Value::Number(_)) => "\nhint: put it into quotes",
                    _ => "",
                };
                reader.wrong(node.place, pointer, format!("expected {}, found {}{quotes}", shape.expected(), node.kind()));
            }
        }
        node.to_json()
    }
}

fn record(
    fields: &[(String, Field)],
    reader: &mut Reader<'_>,
    node: &Node,
    entries: &[(crate::yaml::Key, Node)],
    pointer: &str,
) -> Json {
    let mut all = serde_json::Map::new();
    for (key, value) in entries {
        match fields.iter().find(|(name, _)| *name == key.text) {
            Some((name, field)) => {
                all.extend(field.check(reader, value, &under(pointer, name)).map(|value| (name.clone(), value)));
            }
            None => {
                reader.wrong(key.place, pointer, unknown("key", &key.text, fields.iter().map(|(name, _)| name.as_str())));
            }
        }
    }
    for (name, field) in fields.iter().filter(|(name, _)| node.get(name).is_none()) {
        match field.defaults() {
            Some(default) => drop(all.insert(name.clone(), default)),
            None if field.optional => {}
            None => {
                let about = if field.about.is_empty() { String::new() } else { format!("\nhint: {name}: {}", field.about) };
                reader.wrong(node.place, pointer, format!("`{name}` is missing{about}"));
            }
        }
    }
    Json::Object(all)
}

impl Shape {
    fn is_text(&self) -> bool {
        matches!(self, Shape::Text(_) | Shape::Name | Shape::Address | Shape::Path | Shape::Secret)
    }

    fn expected(&self) -> &'static str {
        match self {
            Shape::Text(_) => "text",
            Shape::Name => "a name",
            Shape::Address => "an address",
            Shape::Path => "a path",
            Shape::Secret => "the place of a secret",
            Shape::Boolean => "true or false",
            Shape::Port => "a port",
            Shape::Integer(..) => "a whole number",
            Shape::List(_) => "a list",
            Shape::Map(_) | Shape::Record(_) => "a map",
        }
    }

    fn wrong_text(&self, text: &str) -> Option<String> {
        let fits = match self {
            _ if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') => {
                return Some("it holds a control character".to_owned());
            }
            // It would be worked out where Ansible runs, and be something else than the plan shows.
            _ if ["{{", "{%", "{#"].iter().any(|start| text.contains(start)) => {
                return Some("it holds `{{`, `{%` or `{#`, which Ansible would work out\nhint: documents say what is wanted, and playbooks work out".to_owned());
            }
            Shape::Text(listed) if !listed.is_empty() && !listed.iter().any(|one| one == text) => {
                return Some(unknown("value", text, listed.iter().map(String::as_str)));
            }
            Shape::Name => is_name(text),
            Shape::Address => is_address(text),
            Shape::Path => (text.starts_with('/') || text.starts_with("~/")) && !text.split('/').any(|step| step == ".."),
            Shape::Secret => match text.strip_prefix("vault:") {
                Some(name) => vault::is_name(name),
                None => text.len() > "file:/".len() && text.starts_with("file:/"),
            },
            _ => true,
        };
        let shown: String = text.chars().take(80).collect();
        match self {
            _ if fits => None,
            Shape::Name => Some(not_a_name(text)),
            Shape::Address => Some(format!("`{shown}` is neither an IP address nor a host name")),
            Shape::Path => Some(format!("`{shown}` is not an absolute path\nhint: it begins with `/` or `~/`, and has no `..`")),
            // what is wrong here may be the secret itself
            _ => {
                Some("a secret is not written into a document\nhint: write where it lies: `file:/PATH` or `vault:NAME`".to_owned())
            }
        }
    }
}

fn out_of_range(value: i64, minimum: i64, maximum: i64) -> String {
    match (minimum, maximum) {
        (_, i64::MAX) => format!("{value} is too small: at least {minimum}"),
        (i64::MIN, _) => format!("{value} is too large: at most {maximum}"),
        _ => format!("{value} is not between {minimum} and {maximum}"),
    }
}

pub(crate) fn not_a_name(text: &str) -> String {
    let text: String = text.chars().take(80).collect();
    format!("`{text}` is not a name: lower-case letters, digits, `-` and `_`, beginning with a letter")
}

/// Lower-case letters, digits, `-` and `_`, beginning with a letter.
pub(crate) fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(fits)
}

fn is_address(text: &str) -> bool {
    let label = |label: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.len() <= 63 && label.chars().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    // 10.0.0.300 would pass as a host name otherwise
    let numbers = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse::<IpAddr>().is_ok() || (!numbers && text.len() <= 253 && text.split('.').all(label))
}
