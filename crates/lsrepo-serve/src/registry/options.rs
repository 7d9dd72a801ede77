//! What a registry allows.

use std::time::Duration;

/// How pushes are taken.
#[derive(Clone, Debug)]
pub struct Push {
    /// who may push and delete
    pub pushers: Pushers,
    /// what pushed content may take in the store, what is under way and what was deleted since the last collection included
    pub quota_bytes: Option<u64>,
    /// under way at once
    pub max_uploads: usize,
    /// images may be pushed without some of their layers: what is carried for some platforms only lacks those of others
    pub accept_missing_layers: bool,
    /// after which an upload that nobody touches is given up
    pub idle: Duration,
}

/// Who may push and delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushers {
    /// whoever logs in; without users nobody can, which is an error when the server starts
    Users,
    /// anybody who reaches the server
    Anyone,
}

impl Push {
    /// With the usual limits: 100 uploads, an hour each, and as much as the disk has.
    pub fn by(pushers: Pushers) -> Self {
        Self { pushers, quota_bytes: None, max_uploads: 100, accept_missing_layers: false, idle: Duration::from_secs(3600) }
    }
}
