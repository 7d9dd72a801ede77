//! Requests that exclude each other, solved apart: the same for every kind of package.

/// Adds of `open` what fits together with `members`, each only after all before it; gives the rest.
/// Halving finds the same members as trying one after the other, in fewer steps.
pub(crate) fn fill<'w, W, S>(
    members: &mut Vec<&'w W>,
    chosen: &mut Option<S>,
    open: &[&'w W],
    attempt: &mut impl FnMut(&[&W]) -> Option<S>,
) -> Vec<&'w W> {
    if open.is_empty() {
        return Vec::new();
    }
    let all: Vec<&W> = members.iter().chain(open).copied().collect();
    if let Some(found) = attempt(&all) {
        *members = all;
        *chosen = Some(found);
        return Vec::new();
    }
    if open.len() == 1 {
        return open.to_vec();
    }
    let (first, second) = open.split_at(open.len() / 2);
    let mut rejected = fill(members, chosen, first, attempt);
    rejected.extend(fill(members, chosen, second, attempt));
    rejected
}

/// The name of a set: `main` for the first, `haproxy-2.4` for one that starts with `haproxy=2.4.*`.
pub(crate) fn name<'n>(first: Option<&str>, taken: impl Iterator<Item = &'n str> + Clone) -> String {
    let (true, Some(first)) = (taken.clone().next().is_some(), first) else { return "main".to_owned() };
    let text = first.trim_end_matches(['*', '?', '.']);
    let safe = |c: char| if c.is_ascii_alphanumeric() || "+.-".contains(c) { c } else { '-' };
    let plain: String = text.chars().map(safe).collect();
    let free = |name: &String| taken.clone().all(|other| other != name);
    std::iter::once(plain.clone()).chain((2..).map(|number| format!("{plain}-{number}"))).find(free).unwrap_or(plain)
}
