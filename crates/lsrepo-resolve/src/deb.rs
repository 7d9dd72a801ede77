//! Debian packages: picks that apt would make, proved by a solver.
//!
//! A solve has three parts. The [walk](self) goes through the dependencies as apt's own `MarkInstall`
//! does (first alternative first, real packages before providers, one candidate a name, depth
//! first) and proposes a set: what users expect. A SAT solver takes the proposal as its preference
//! and finds the set that is right: it may leave apt's path where that leads to a conflict, and take an
//! older version where only that fits. Whatever nobody needs in the end is dropped.
//!
//! Rules: Debian Policy chapter 7 and the multi-arch specification,
//! <https://wiki.ubuntu.com/MultiarchSpec>; where they leave a choice, apt's.
//!
//! ```
//! # use lsrepo_resolve::deb::{self, Base, Origin, Pins, Policy, SourceInfo, Universe};
//! # use lsrepo_types::Arch;
//! let index = "Package: web\nVersion: 1\nArchitecture: all\nDepends: db\n\n\
//!              Package: db\nVersion: 2\nArchitecture: amd64\n";
//! let mut universe = Universe::new(Arch::X86_64, &[]);
//! universe.add(index, SourceInfo { name: "stable".into(), origin: Origin::default() }, &Pins::default())?;
//! let answer = deb::solve(&universe, &["web".parse()?], &Base::None, &Policy::default());
//! let names = answer.sets[0].picks.iter().map(|pick| universe.candidate(pick.candidate).package);
//! assert_eq!(names.collect::<Vec<_>>(), ["db", "web"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base;
mod drift;
mod engine;
mod explain;
mod hints;
mod reach;
mod relations;
mod solve;
mod universe;
mod view;
mod walk;
mod wish;

pub use crate::resolution::{CandidateId, Pick, Reason, Resolution, Set};
pub use base::{Base, Installed};
pub use lsrepo_deb::preferences::{Origin, Pins};
pub use solve::{Policy, solve};
pub use universe::{Error, SourceInfo, Universe};
