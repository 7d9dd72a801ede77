//! What a host has before anything is installed on it.

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use std::fmt;

/// What a host has at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// nothing at all
    None,
    /// the essential packages, apt, and those of priority `required`
    Minbase,
    /// packages of these names, with what they need
    Packages(Vec<String>),
}

impl<'de> Deserialize<'de> for Base {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrList)
    }
}

struct WordOrList;

impl<'de> Visitor<'de> for WordOrList {
    type Value = Base;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`none`, `minbase` or a list of package names")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Base, E> {
        match word {
            "none" => Ok(Base::None),
            "minbase" => Ok(Base::Minbase),
            other => Err(E::custom(format!("`{other}` is not a base (known: none, minbase, or a list of package names)"))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Base, A::Error> {
        let mut names: Vec<String> = Vec::new();
        while let Some(name) = list.next_element::<String>()? {
            let letter = |c: char| c.is_ascii_alphanumeric() || "-._+".contains(c);
            if name.is_empty() || !name.chars().all(letter) {
                return Err(A::Error::custom(format!("`{name}` is not the name of a package")));
            }
            names.push(name);
        }
        Ok(Base::Packages(names))
    }
}
