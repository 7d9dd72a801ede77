//! Values that passed a schema. Only these get into the state, and since a schema takes for a secret nothing but the place
//! where it lies, no secret gets there.

use super::Field;
use crate::{source::Reader, yaml::Node};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A value that passed a schema, with its defaults. Made by [`Field::settle`] alone, and read back from the state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(Json);

impl Settings {
    /// The value.
    pub fn as_json(&self) -> &Json {
        &self.0
    }
}

impl Field {
    /// What was written with the defaults under it; `None` where it does not fit, which was told to `reader`.
    pub fn settle(&self, reader: &mut Reader<'_>, node: &Node, pointer: &str) -> Option<Settings> {
        self.check(reader, node, pointer).map(Settings)
    }

    /// What it is where nothing was written; `None` where something has to be.
    pub fn settled_defaults(&self) -> Option<Settings> {
        self.defaults().map(Settings)
    }
}
