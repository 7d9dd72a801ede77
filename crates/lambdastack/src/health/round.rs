//! All targets are asked, many at a time.

use super::{Checked, Report, Target, Targets, probe::probe};
use crate::source::unknown;
use lsrepo_bom::ModuleName;
use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// So many are asked at a time.
const AT_ONCE: usize = 32;

/// Only the targets of these modules; all of them where none are named.
pub fn select(mut targets: Targets, only: &[String]) -> Result<Targets, String> {
    for word in only {
        if !targets.modules.keys().any(|name| name.as_str() == word) {
            return Err(unknown("module with checks", word, targets.modules.keys().map(ModuleName::as_str)));
        }
    }
    let only: BTreeSet<&str> = only.iter().map(String::as_str).collect();
    targets.modules.retain(|name, _| only.is_empty() || only.contains(name.as_str()));
    Ok(targets)
}

/// Asks each of them once, and waits for each no longer than `timeout`.
pub fn round(targets: &Targets, timeout: Duration) -> Report {
    let all: Vec<(&ModuleName, &str, &str, &Target)> = targets.iter().collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let work = || {
        while let Some((module, machine, check, target)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let checked = Checked {
                module: module.to_string(),
                machine: (*machine).to_owned(),
                check: (*check).to_owned(),
                target: (*target).clone(),
                finding: probe(target, timeout),
            };
            found.lock().unwrap_or_else(PoisonError::into_inner).push(checked);
        }
    };
    thread::scope(|scope| {
        // where no more threads are to be had, those that are there do it
        for _ in 1..AT_ONCE.min(all.len()) {
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let mut checks = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    checks.sort_by(|a, b| (&a.module, &a.machine, &a.check).cmp(&(&b.module, &b.machine, &b.check)));
    Report { cluster: targets.cluster.clone(), checks }
}
