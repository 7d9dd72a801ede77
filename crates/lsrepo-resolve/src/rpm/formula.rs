//! Rich dependencies as clauses: lists of candidates of which one has to be there, or has not.

use super::{
    universe::Dep,
    view::{Literal, View, is, is_not},
};
use lsrepo_rpm::rich::{Conditional, Expression};

/// More literals than any real dependency comes to.
const MOST: usize = 200_000;

/// A formula that is too large to be solved.
#[derive(Debug)]
pub(super) struct TooLarge;

type Clauses = Vec<Vec<Literal>>;

/// What must hold for `tree` to hold (or, where `wanted` is false, not to hold).
pub(super) fn clauses(view: &View<'_>, tree: &Expression<Dep>, wanted: bool) -> Result<Clauses, TooLarge> {
    match tree {
        Expression::And(all) if wanted => every(view, all, wanted),
        Expression::Or(all) if !wanted => every(view, all, wanted),
        Expression::And(all) | Expression::Or(all) => {
            let mut found: Clauses = vec![Vec::new()];
            for one in all {
                found = either(&found, &clauses(view, one, wanted)?)?;
            }
            Ok(found)
        }
        // Where the condition holds, the first counts, else the last; a missing last one is true.
        Expression::If(parts) => choice(view, parts, wanted, true),
        // The other way round, and a missing last one is false.
        Expression::Unless(parts) => choice(view, parts, wanted, false),
        Expression::Is(_) | Expression::With(_) | Expression::Without(_) => {
            let set = set(view, tree);
            Ok(match wanted {
                true => vec![set.into_iter().map(is).collect()],
                false => set.into_iter().map(|id| vec![is_not(id)]).collect(),
            })
        }
    }
}

fn choice(view: &View<'_>, parts: &Conditional<Dep>, wanted: bool, when_true: bool) -> Result<Clauses, TooLarge> {
    let constant = |value: bool| if value { Vec::new() } else { vec![Vec::new()] };
    let otherwise = match &parts.otherwise {
        Some(otherwise) => clauses(view, otherwise, wanted)?,
        None => constant(when_true == wanted),
    };
    let then = clauses(view, &parts.then, wanted)?;
    let mut found = either(&then, &clauses(view, &parts.condition, !when_true)?)?;
    found.extend(either(&otherwise, &clauses(view, &parts.condition, when_true)?)?);
    bounded(found)
}

fn every(view: &View<'_>, all: &[Expression<Dep>], wanted: bool) -> Result<Clauses, TooLarge> {
    let mut found = Vec::new();
    for one in all {
        found.extend(clauses(view, one, wanted)?);
    }
    bounded(found)
}

/// One or the other: each clause of one with each of the other.
fn either(a: &Clauses, b: &Clauses) -> Result<Clauses, TooLarge> {
    let width = |all: &Clauses| all.iter().map(|clause| clause.len() + 1).sum::<usize>();
    if width(a).saturating_mul(b.len()).saturating_add(width(b).saturating_mul(a.len())) > MOST {
        return Err(TooLarge);
    }
    let join = |a: &Vec<Literal>, b: &Vec<Literal>| a.iter().chain(b).copied().collect();
    Ok(a.iter().flat_map(|one| b.iter().map(move |other| join(one, other))).collect())
}

fn bounded(found: Clauses) -> Result<Clauses, TooLarge> {
    match found.iter().map(|clause| clause.len() + 1).sum::<usize>() > MOST {
        true => Err(TooLarge),
        false => Ok(found),
    }
}

/// The packages that meet `tree` alone, by their numbers.
pub(super) fn set(view: &View<'_>, tree: &Expression<Dep>) -> Vec<u32> {
    match tree {
        Expression::Is(dep) => view.providers(*dep).to_vec(),
        Expression::With(all) | Expression::And(all) => {
            let mut sets = all.iter().map(|one| set(view, one));
            let mut found = sets.next().unwrap_or_default();
            for other in sets {
                found.retain(|id| other.binary_search(id).is_ok());
            }
            found
        }
        Expression::Or(all) => {
            let mut found: Vec<u32> = all.iter().flat_map(|one| set(view, one)).collect();
            found.sort_unstable();
            found.dedup();
            found
        }
        Expression::Without(pair) => {
            let (mut found, other) = (set(view, &pair.0), set(view, &pair.1));
            found.retain(|id| other.binary_search(id).is_err());
            found
        }
        // A condition looks at more than one package: here it is none.
        Expression::If(parts) | Expression::Unless(parts) => set(view, &parts.then),
    }
}

/// Whether `tree` holds in a set of packages.
pub(super) fn holds(view: &View<'_>, tree: &Expression<Dep>, inside: &impl Fn(u32) -> bool) -> bool {
    match tree {
        Expression::And(all) => all.iter().all(|one| holds(view, one, inside)),
        Expression::Or(all) => all.iter().any(|one| holds(view, one, inside)),
        Expression::If(parts) => match holds(view, &parts.condition, inside) {
            true => holds(view, &parts.then, inside),
            false => parts.otherwise.as_ref().is_none_or(|otherwise| holds(view, otherwise, inside)),
        },
        Expression::Unless(parts) => match holds(view, &parts.condition, inside) {
            true => parts.otherwise.as_ref().is_some_and(|otherwise| holds(view, otherwise, inside)),
            false => holds(view, &parts.then, inside),
        },
        Expression::Is(dep) => view.providers(*dep).iter().any(|&id| inside(id)),
        Expression::With(_) | Expression::Without(_) => set(view, tree).into_iter().any(inside),
    }
}
