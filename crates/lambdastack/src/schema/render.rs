//! A documented template: every field with its default and its sentence.

use super::{Field, Shape};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// The fields as YAML, indented by `depth` steps. `values` stand in the place of defaults; fields that have to be written
/// and are not among them get a comment.
pub fn template(fields: &[(String, Field)], values: &Json, depth: usize) -> String {
    let (mut text, indent) = (String::new(), "  ".repeat(depth));
    for (name, field) in fields {
        let value = values.get(name).cloned().or_else(|| field.default.clone());
        let (shape, about) = (described(field), &field.about);
        let about = if about.is_empty() { String::new() } else { format!("{about}; ") };
        let _ = writeln!(text, "{indent}# {about}{shape}");
        match (&field.shape, value) {
            (Shape::Record(inner), value) if !field.optional || value.is_some() => {
                let _ = write!(text, "{indent}{name}:\n{}", template(inner, &value.unwrap_or_default(), depth + 1));
            }
            (_, Some(value)) => {
                let _ = write!(text, "{indent}{name}:{}", block(&value, depth + 1));
            }
            (_, None) if field.optional => {
                let _ = writeln!(text, "{indent}# {name}:");
            }
            (_, None) => {
                let _ = writeln!(text, "{indent}{name}: {}", example(&field.shape));
            }
        }
    }
    text
}

fn described(field: &Field) -> String {
    let shape = match &field.shape {
        Shape::Text(listed) if !listed.is_empty() => format!("one of {}", listed.join(", ")),
        Shape::Integer(i64::MIN, i64::MAX) => "integer".to_owned(),
        Shape::Integer(minimum, i64::MAX) => format!("integer, at least {minimum}"),
        Shape::Integer(i64::MIN, maximum) => format!("integer, at most {maximum}"),
        Shape::Integer(minimum, maximum) => format!("integer, {minimum} to {maximum}"),
        Shape::Secret => "where a secret lies: file:/PATH or vault:NAME".to_owned(),
        _ if field.fields().is_empty() => of_what(field),
        other => other.word().to_owned(),
    };
    match (field.optional, field.defaults()) {
        (true, _) => format!("{shape}, optional"),
        (false, None) if field.fields().is_empty() => format!("{shape}, has to be written"),
        _ => shape,
    }
}

fn of_what(field: &Field) -> String {
    match (&field.shape, field.fields()) {
        (Shape::List(of), _) => format!("a list of {}", of_what(of)),
        (Shape::Map(of), _) => format!("a map of {}", of_what(of)),
        (shape, []) => shape.word().to_owned(),
        (_, fields) => {
            let one = |(name, field): &(String, Field)| {
                let question = if field.optional || field.default.is_some() { "?" } else { "" };
                format!("{name}{question}: {}", of_what(field))
            };
            format!("{{{}}}", fields.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}

fn example(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "\"\"",
        Shape::Name => "name",
        Shape::Address => "192.0.2.10",
        Shape::Path => "/path",
        Shape::Secret => "file:/path",
        Shape::Boolean => "false",
        Shape::Port => "1",
        Shape::Integer(..) => "0",
        Shape::List(_) => "[]",
        Shape::Map(_) | Shape::Record(_) => "{}",
    }
}

/// The fields in lines, each with its type and its sentence.
pub fn description(fields: &[(String, Field)]) -> String {
    let line = |(name, field): &(String, Field)| {
        let about = if field.about.is_empty() { String::new() } else { format!("  # {}", field.about) };
        format!("  {name}: {}{about}\n", of_what(field))
    };
    fields.iter().map(line).collect()
}

/// A value behind its key, or its dash.
fn block(value: &Json, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(map) if !map.is_empty() => {
            let entry = |(key, value): (&String, &Json)| format!("{indent}{}:{}", scalar(key), block(value, depth + 1));
            format!("\n{}", map.iter().map(entry).collect::<String>())
        }
        Json::Array(items) if !items.is_empty() => {
            let item = |item: &Json| match item {
                Json::Object(map) if !map.is_empty() => {
                    let nested = block(item, depth + 1);
                    format!("{indent}- {}", nested.trim_start())
                }
                item => format!("{indent}-{}", block(item, depth + 1)),
            };
            format!("\n{}", items.iter().map(item).collect::<String>())
        }
        Json::Object(_) => " {}\n".to_owned(),
        Json::Array(_) => " []\n".to_owned(),
        Json::String(text) => format!(" {}\n", scalar(text)),
        other => format!(" {other}\n"),
    }
}

/// Text as YAML reads it back: plain where that is safe, else in quotes.
pub fn scalar(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.');
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan"];
    let start = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    // an IP address has too many dots for a number
    let address = text.parse::<std::net::Ipv4Addr>().is_ok();
    let harmless = |c: char| harmless(c) || c == ' ';
    match (start || address)
        && text.trim() == text
        && text.chars().all(harmless)
        && !words.contains(&text.to_ascii_lowercase().as_str())
    {
        true => text.to_owned(),
        false => Json::from(text).to_string(),
    }
}
