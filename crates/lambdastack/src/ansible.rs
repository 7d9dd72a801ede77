//! Ansible: what it is given, what it is told, and what it says.
//!
//! A run happens in a folder of its own, in which everything lies that the playbook needs:
//!
//! ```text
//! ansible.cfg  inventory.json  variables.json
//! module/…                  the module, as it is
//! roles/…                   roles that modules share
//! plugins/lambdastack_events.py   one JSON object for each thing that happens
//! lookups/lambdastack_secret.py   the secret that lies at a place; none is in this folder
//! ```

mod events;
mod run;
mod workplace;

pub use events::{Event, Failure, Outcome};
pub(crate) use run::write;
pub use run::{RunError, found, run};
pub use workplace::{give, workplace};

#[cfg(test)]
mod tests;
