//! `lsrepo serve` as a service: its configuration, its doors, its log, and what it tells the system that started it.

pub(crate) mod access_log;
pub(crate) mod config;
pub(crate) mod doors;
pub(crate) mod figures;
pub(crate) mod notify;
pub(crate) mod settings;
pub(crate) mod units;
