//! `health:` in `module.yml`: how one sees whether a module is well.
//!
//! ```yaml
//! health:
//!   - {name: metrics, port: stats_port, http: /metrics}                  # 200, or what `expect` says: 204 or [200, 429]
//!   - {name: alive, port: client_port, send: ruok, receive: imok}        # over TCP; without both, whether it listens
//!   - {name: pool, port: 6432, when: pgbouncer, tls: with_tls}           # fields of the configuration that are true or false
//! ```

use crate::{
    health::{Ask, wrong_codes, wrong_path, wrong_text},
    schema::{Field, Shape, is_name, not_a_name},
    source::{Reader, under, unknown},
    yaml::{Node, Value},
};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// How one sees whether a module is well on one of its machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// what it is called
    pub name: String,
    /// where it is asked
    port: Port,
    /// whether it is asked at all
    when: Switch,
    /// whether it speaks TLS
    tls: Switch,
    /// what is asked
    pub ask: Ask,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Port {
    Number(u16),
    /// of the configuration
    Field(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Switch {
    Fixed(bool),
    /// of the configuration
    Field(String),
}

impl Check {
    /// Where it is asked; nowhere where the configuration leaves it out.
    pub fn port(&self, configuration: &Json) -> Option<u16> {
        match &self.port {
            Port::Number(port) => Some(*port),
            Port::Field(name) => configuration.get(name)?.as_u64().and_then(|port| u16::try_from(port).ok()),
        }
    }

    /// Whether it is asked at all.
    pub fn is_on(&self, configuration: &Json) -> bool {
        self.when.is_on(configuration)
    }

    /// Whether it speaks TLS.
    pub fn speaks_tls(&self, configuration: &Json) -> bool {
        self.tls.is_on(configuration)
    }
}

impl Switch {
    fn is_on(&self, configuration: &Json) -> bool {
        match self {
            Self::Fixed(on) => *on,
            Self::Field(name) => configuration.get(name).and_then(Json::as_bool).unwrap_or(false),
        }
    }
}

const KEYS: [&str; 8] = ["name", "port", "when", "tls", "http", "expect", "send", "receive"];

/// All checks of a module; what is wrong is told. Without a configuration nothing is said of its fields.
pub(super) fn read(reader: &mut Reader<'_>, node: Option<&Node>, configuration: Option<&Field>) -> Vec<Check> {
    let Some(list) = node else { return Vec::new() };
    if !matches!(list.value, Value::List(_)) {
        reader.wrong(list.place, "/health", format!("expected a list of checks, found {}", list.kind()));
    }
    let (mut all, mut names) = (Vec::new(), BTreeSet::new());
    for (index, node) in list.items().iter().enumerate() {
        let pointer = under("/health", &index.to_string());
        if !reader.map(node, &pointer, &KEYS) {
            continue;
        }
        let name = reader.required_text(node, &pointer, "name").unwrap_or_default();
        let place = node.get("name").map_or(node.place, |node| node.place);
        match () {
            () if name.is_empty() => {}
            () if !is_name(name) => reader.wrong(place, &under(&pointer, "name"), not_a_name(name)),
            () if !names.insert(name) => reader.wrong(place, &under(&pointer, "name"), format!("`{name}` is named twice")),
            () => {}
        }
        let port = port(reader, node, &pointer, configuration);
        let when = switch(reader, node, &pointer, "when", configuration).unwrap_or(Switch::Fixed(true));
        let tls = switch(reader, node, &pointer, "tls", configuration).unwrap_or(Switch::Fixed(false));
        let ask = ask(reader, node, &pointer);
        all.extend(port.map(|port| Check { name: name.to_owned(), port, when, tls, ask }));
    }
    all
}

fn port(reader: &mut Reader<'_>, node: &Node, pointer: &str, configuration: Option<&Field>) -> Option<Port> {
    let Some(port) = node.get("port") else {
        reader.wrong(node.place, pointer, "`port` is missing\nhint: a field of the configuration, or a number");
        return None;
    };
    let pointer = under(pointer, "port");
    match &port.value {
        Value::Integer(number) => {
            let fits = u16::try_from(*number).ok().filter(|port| *port > 0);
            if fits.is_none() {
                reader.wrong(port.place, &pointer, format!("{number} is not between 1 and 65535"));
            }
            fits.map(Port::Number)
        }
        Value::Text(name) => {
            field(reader, port, &pointer, name, configuration, &Shape::Port);
            Some(Port::Field(name.clone()))
        }
        _ => {
            let said = format!("expected a field of the configuration or a number, found {}", port.kind());
            reader.wrong(port.place, &pointer, said);
            None
        }
    }
}

fn switch(reader: &mut Reader<'_>, node: &Node, pointer: &str, key: &str, configuration: Option<&Field>) -> Option<Switch> {
    let value = node.get(key)?;
    let pointer = under(pointer, key);
    match &value.value {
        Value::Boolean(on) => Some(Switch::Fixed(*on)),
        Value::Text(name) => {
            field(reader, value, &pointer, name, configuration, &Shape::Boolean);
            Some(Switch::Field(name.clone()))
        }
        _ => {
            let said = format!("expected a field of the configuration, or true or false, found {}", value.kind());
            reader.wrong(value.place, &pointer, said);
            None
        }
    }
}

/// Whether the configuration has a field of this name that holds such a thing.
fn field(reader: &mut Reader<'_>, node: &Node, pointer: &str, name: &str, configuration: Option<&Field>, wanted: &Shape) {
    let Some(configuration) = configuration else { return };
    match configuration.field(name) {
        None => {
            let fits = configuration.fields().iter().filter(|(_, field)| field.shape == *wanted).map(|(name, _)| name.as_str());
            reader.wrong(node.place, pointer, unknown("field of the configuration", name, fits));
        }
        Some(field) if field.shape != *wanted => {
            let said = format!("`{name}` is of the type `{}`, and here `{}` is needed", field.shape.word(), wanted.word());
            reader.wrong(node.place, pointer, said);
        }
        Some(_) => {}
    }
}

fn ask(reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Ask {
    let mut text = |key: &str, wrong: fn(&str) -> Option<String>| {
        let text = reader.text(node, pointer, key)?;
        if let Some(why) = wrong(text) {
            reader.wrong(node.get(key).map_or(node.place, |node| node.place), &under(pointer, key), why);
        }
        Some(text.to_owned())
    };
    let (path, send, receive) = (text("http", wrong_path), text("send", wrong_text), text("receive", wrong_text));
    let stray = |reader: &mut Reader<'_>, key: &str, said: &str| {
        if let Some(value) = node.get(key) {
            reader.wrong(value.place, &under(pointer, key), said);
        }
    };
    if node.get("http").is_none() {
        stray(reader, "expect", "a status code is expected of a page, and there is no `http`");
        if node.get("receive").is_none() {
            stray(reader, "send", "something is sent, and no answer is expected\nhint: `receive` says what has to be in it");
        }
        return Ask::Tcp { send, receive };
    }
    for key in ["send", "receive"] {
        stray(reader, key, "a page is asked for by `http` alone");
    }
    Ask::Http { path: path.unwrap_or_default(), expect: expected(reader, node, pointer) }
}

fn expected(reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Vec<u16> {
    let Some(expect) = node.get("expect") else { return vec![200] };
    let pointer = under(pointer, "expect");
    let items = if matches!(expect.value, Value::List(_)) { expect.items() } else { std::slice::from_ref(expect) };
    let code = |node: &Node| if let Value::Integer(code) = node.value { Some(code) } else { None };
    match items.iter().map(code).collect::<Option<Vec<i64>>>() {
        None => reader.wrong(expect.place, &pointer, "expected a status code, or a list of them"),
        Some(codes) => match wrong_codes(codes.iter().copied()) {
            Some(why) => reader.wrong(expect.place, &pointer, why),
            None => return codes.into_iter().filter_map(|code| u16::try_from(code).ok()).collect(),
        },
    }
    Vec::new()
}
