//! Whether what was applied is well: what is asked where, and what is answered, once or again and again.
//!
//! ```text
//! state ────┐
//! manifests ┴─► targets ─► round ─► report ─► text, JSON, Prometheus
//! ```
//! Targets say all that is needed to ask, and nothing else: a machine without the state can do it, and no secret gets there.

mod ask;
mod metrics;
mod probe;
mod report;
mod round;
mod server;
mod targets;
mod tls;

pub use ask::Ask;
pub(crate) use ask::{wrong_codes, wrong_path, wrong_text};
pub use report::{Checked, Finding, Report};
pub use round::{round, select};
pub use server::{Monitor, ServeError};
pub use targets::{Known, Target, Targets, TargetsError, of_modules, of_state};

#[cfg(test)]
mod tests;
