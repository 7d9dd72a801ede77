//! A plan on paper: what somebody agrees to, with its digest.

use super::Plan;
use lsrepo_types::Digest;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

/// The form of the file that this program writes.
const FORM: u32 = 1;

/// A plan and its digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper<P = Plan> {
    /// the form of the file
    pub form: u32,
    /// of the plan: the same plan has the same digest
    pub digest: String,
    /// what would be done
    pub plan: P,
}

/// Why a plan on paper cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// not a plan
    #[error("not a plan: {0}")]
    Json(#[from] serde_json::Error),
    /// it was written by a later program
    #[error("its form is {0}, and this lambdastack knows up to {FORM}\nhint: use a newer lambdastack")]
    Newer(u32),
    /// it was changed after it was written
    #[error("its digest is {written}, and that of what it says is {found}: it was changed by hand\nhint: plan again")]
    Changed {
        /// in the file
        written: String,
        /// of its content
        found: String,
    },
}

impl<P: Serialize + DeserializeOwned> Paper<P> {
    /// Puts a plan on paper.
    pub fn new(plan: P) -> Self {
        Self { form: FORM, digest: digest(&plan), plan }
    }

    /// Reads a plan that was put on paper, and sees that it says what it said then.
    pub fn parse(bytes: &[u8]) -> Result<Self, PaperError> {
        let paper: Self = serde_json::from_slice(bytes)?;
        let found = digest(&paper.plan);
        match paper.form {
            form if form > FORM => Err(PaperError::Newer(form)),
            _ if paper.digest != found => Err(PaperError::Changed { written: paper.digest, found }),
            _ => Ok(paper),
        }
    }
}

/// Of the plan as JSON with sorted keys and without blanks.
fn digest(plan: &impl Serialize) -> String {
    let value = serde_json::to_value(plan).unwrap_or_default();
    Digest::of(sorted(&value).to_string().as_bytes()).to_string()
}

/// Keys in the order of their bytes, whatever the order of the map's own.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Json::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
