//! What a registry allows.

use std::time::Duration;

/// How pushes are taken. By whom is a matter of [`Admission`](crate::Admission).
#[derive(Clone, Debug)]
pub struct Push {
    /// what pushed content may take in the store, what is under way and what was deleted since the last collection included
    pub quota_bytes: Option<u64>,
    /// under way at once
    pub max_uploads: usize,
    /// images may be pushed without some of their layers: what is carried for some platforms only lacks those of others
    pub accept_missing_layers: bool,
    /// after which an upload that nobody touches is given up
    pub idle: Duration,
}

impl Default for Push {
    /// The usual limits: 100 uploads, an hour each, and as much as the disk has.
    fn default() -> Self {
        Self { quota_bytes: None, max_uploads: 100, accept_missing_layers: false, idle: Duration::from_secs(3600) }
    }
}
