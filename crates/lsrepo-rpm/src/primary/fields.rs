//! Where each element and attribute of a package goes.

use super::{ChecksumKind, Entry, Kind, Package};
use crate::{
    Operator,
    scan::{Element, Problem},
};

/// The element whose text is collected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Field {
    #[default]
    None,
    Name,
    Arch,
    Checksum,
    File,
}

/// Where in a package the reader is.
#[derive(Default)]
pub(super) struct Place {
    pub(super) inside: bool,
    pub(super) field: Field,
    format: bool,
    kind: Option<Kind>,
}

impl Package {
    pub(super) fn open(&mut self, place: &mut Place, element: &Element<'_>, depth: usize) -> Result<(), Problem> {
        place.field = Field::None;
        match (depth, element.name()) {
            (3, "name") => place.field = Field::Name,
            (3, "arch") => place.field = Field::Arch,
            (3, "version") => self.version(element)?,
            (3, "checksum") => {
                place.field = Field::Checksum;
                self.checksum_kind(element)?;
            }
            (3, "size") => self.sizes(element)?,
            (3, "location") => self.location(element)?,
            (3, "format") => place.format = true,
            (4, "file") if place.format => place.field = Field::File,
            (4, name) if place.format => place.kind = Kind::ALL.into_iter().find(|kind| kind.word() == name),
            (5, "entry") => {
                if let Some(kind) = place.kind {
                    self.entry(kind, element)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn close(&mut self, place: &mut Place, depth: usize, value: &str) -> Result<(), Problem> {
        match place.field {
            Field::None => {}
            Field::Name => self.name = self.keep(value.trim()),
            Field::Arch => self.arch = self.keep(value.trim()),
            Field::Checksum => self.checksum = self.keep(&value.trim().to_ascii_lowercase()),
            Field::File => {
                let file = self.keep(value);
                self.files.push(file);
            }
        }
        place.field = Field::None;
        match depth {
            3 => place.format = false,
            4 => place.kind = None,
            _ => {}
        }
        Ok(())
    }

    fn version(&mut self, element: &Element<'_>) -> Result<(), Problem> {
        element.attributes(|name, value| {
            match name {
                "epoch" => self.epoch = epoch(value)?,
                "ver" => self.version = self.keep(plain("ver", value)?),
                "rel" => self.release = self.keep(plain("rel", value)?),
                _ => {}
            }
            Ok(())
        })
    }

    fn checksum_kind(&mut self, element: &Element<'_>) -> Result<(), Problem> {
        element.attributes(|name, value| {
            if name == "type" {
                let kind = ChecksumKind::from_word(value);
                self.checksum_kind = Some(kind.ok_or_else(|| Problem::value("checksum", "an unknown type", value))?);
            }
            Ok(())
        })
    }

    fn sizes(&mut self, element: &Element<'_>) -> Result<(), Problem> {
        let number = |value: &str| value.parse().map(Some).map_err(|_| Problem::value("size", "no number", value));
        element.attributes(|name, value| {
            match name {
                "package" => self.size = number(value)?,
                "installed" => self.installed_size = number(value)?,
                _ => {}
            }
            Ok(())
        })
    }

    fn location(&mut self, element: &Element<'_>) -> Result<(), Problem> {
        element.attributes(|name, value| {
            match name {
                // A package that lies elsewhere would be fetched from where no signature leads to.
                "xml:base" => return Err(Problem::value("location", "packages outside of the repository (xml:base)", value)),
                "href" => {
                    let part = |part: &str| part.is_empty() || part == "." || part == "..";
                    let odd = |c: char| c.is_control() || c == '\\';
                    let scheme = value.split('/').next().is_some_and(|first| first.ends_with(':'));
                    if value.split('/').any(part) || value.contains(odd) || scheme {
                        return Err(Problem::value("location", "not a path below the repository", value));
                    }
                    self.href = self.keep(value);
                }
                _ => {}
            }
            Ok(())
        })
    }

    fn entry(&mut self, kind: Kind, element: &Element<'_>) -> Result<(), Problem> {
        let mut entry = Entry { kind, name: (0, 0), operator: None, epoch: 0, version: (0, 0), release: None, pre: false };
        element.attributes(|name, value| {
            match name {
                "name" => entry.name = self.keep(value),
                "flags" => {
                    let operator = Operator::from_word(value);
                    entry.operator = Some(operator.ok_or_else(|| Problem::value("flags", "an unknown comparison", value))?);
                }
                "epoch" => entry.epoch = epoch(value)?,
                "ver" => entry.version = self.keep(plain("ver", value)?),
                "rel" => entry.release = Some(self.keep(plain("rel", value)?)).filter(|_| !value.is_empty()),
                "pre" => entry.pre = value == "1" || value == "true",
                _ => {}
            }
            Ok(())
        })?;
        if entry.name.0 == entry.name.1 {
            return Err(Problem::Missing("entry name"));
        }
        // A comparison with nothing compares with nothing.
        entry.operator = entry.operator.filter(|_| entry.version.0 < entry.version.1);
        self.relations.push(entry);
        Ok(())
    }

    /// Whether everything is there that a package cannot do without.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let nevra = self.nevra();
        for (field, value) in [("name", nevra.name), ("arch", nevra.arch), ("version", nevra.version), ("location", self.href())] {
            if value.is_empty() {
                return Err(Problem::Missing(field));
            }
        }
        for (field, value) in [("name", nevra.name), ("arch", nevra.arch)] {
            plain(field, value)?;
            if value.contains('/') {
                return Err(Problem::value(field, "a slash", value));
            }
        }
        let kind = self.checksum_kind.ok_or(Problem::Missing("checksum"))?;
        let hex = self.checksum().hex;
        match hex.len() == kind.digits() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            true => Ok(()),
            false => Err(Problem::value("checksum", "not of the length that its type has", hex)),
        }
    }
}

fn epoch(value: &str) -> Result<u32, Problem> {
    match value {
        "" => Ok(0),
        _ => value.parse().map_err(|_| Problem::value("epoch", "no number", value)),
    }
}

/// Names and versions have neither spaces nor control characters: they stand in messages and lists.
fn plain<'v>(field: &'static str, value: &'v str) -> Result<&'v str, Problem> {
    let odd = |byte: u8| byte.is_ascii_whitespace() || byte.is_ascii_control();
    match value.bytes().any(odd) {
        true => Err(Problem::value(field, "a space or control character", value)),
        false => Ok(value),
    }
}
