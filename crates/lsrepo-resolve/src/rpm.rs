//! RPM packages: picks that dnf would make, proved by a solver.
//!
//! All versions of all sources are candidates. What is asked and what packages say of each other becomes
//! clauses, which a small SAT solver keeps true; what to try next is libsolv's taste, since that is what users of
//! dnf see: priorities, then what is recommended anyway, the best architecture, the best version, and
//! the smaller set in the end.
//!
//! Rules: <https://rpm-software-management.github.io/rpm/manual/dependencies.html>. Unlike Debian's, an
//! unversioned Provides meets every version, a missing release equals any, a package takes the place of what it
//! obsoletes on a fresh install too, and a dependency may be any boolean formula.
//!
//! ```
//! # use lsrepo_resolve::rpm::{self, Base, Groups, Policy, SourceInfo, Universe};
//! # use lsrepo_types::Arch;
//! # let sum = format!("<checksum type='sha256'>{}</checksum>", "0".repeat(64));
//! # let package = |name: &str, rest: &str| format!("<package><name>{name}</name><arch>noarch</arch>\
//! #     <version ver='1' rel='1'/>{sum}<location href='{name}.rpm'/><format>{rest}</format></package>");
//! # let web = package("web", "<requires><entry name='db'/></requires>");
//! # let db = package("db", "");
//! let index = format!("<metadata>{web}{db}</metadata>");
//! let mut universe = Universe::new(Arch::X86_64);
//! universe.add(index.as_bytes(), SourceInfo::new("baseos"), |_| None)?;
//! let answer = rpm::solve(&universe, &["web".parse()?], &Base::None, &Policy::default(), &Groups::new());
//! let names = answer.sets[0].picks.iter().map(|pick| universe.candidate(pick.candidate).nevra.to_string());
//! assert_eq!(names.collect::<Vec<_>>(), ["db-1-1.noarch", "web-1-1.noarch"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base;
mod choose;
mod drift;
mod explain;
mod files;
mod formula;
mod hints;
mod index;
mod load;
mod names;
mod range;
mod reach;
mod relations;
mod rules;
mod sat;
mod search;
mod solve;
mod strings;
mod universe;
mod view;
mod wish;

pub use crate::resolution::{CandidateId, Pick, Reason, Resolution, Set};
pub use base::Base;
pub use lsrepo_rpm::{NevraRef, Request};
pub use solve::{Groups, Policy, solve};
pub use universe::{Error, Facts, SourceId, SourceInfo, Universe};
