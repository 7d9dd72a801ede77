//! `/lsrepo/`, where LambdaStack's roles look, and `/epirepo/`, where those of Epiphany do: the same tree.
//!
//! A platform's folder has one path in the tree; in a request its architecture may be spelled as any tool spells it.

use lsrepo_types::{Arch, Os};
use std::borrow::Cow;

/// Where the tree is.
const TOP: &str = "lsrepo";
/// Its older name.
const OLDER: &str = "epirepo";

/// Whether a path is that of the tree, or below it.
pub(crate) fn is_within(path: &str) -> bool {
    matches!(path.split('/').next(), Some(TOP | OLDER))
}

/// The path in the tree that is meant.
pub(crate) fn usual(path: &str) -> Cow<'_, str> {
    if !is_within(path) {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts[0] = TOP;
    if let [_, os, arch, ..] = &mut parts[..]
        && os.parse::<Os>().is_ok()
        && let Ok(known) = arch.parse::<Arch>()
    {
        *arch = known.as_str();
    }
    Cow::Owned(parts.join("/"))
}

/// The folder, as a path in the tree, that has a folder at `path` though there is nothing in it: roles list the images also
/// where there is none.
pub(super) fn owner(path: &str) -> Option<&str> {
    let folders = ["/packages", "/files", "/images", "/grafana_dashboards", "/charts", "/charts/system"];
    let owner = folders.iter().filter_map(|folder| path.strip_suffix(folder)).find(|owner| is_within(owner))?;
    matches!(owner.split('/').count(), 1 | 3).then_some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tree_has_many_spellings() {
        for (path, meant) in [
            ("lsrepo", "lsrepo"),
            ("epirepo/files/x", "lsrepo/files/x"),
            ("lsrepo/centos-7/aarch64/packages", "lsrepo/centos-7/arm64/packages"),
            ("epirepo/ubuntu-18.04/amd64", "lsrepo/ubuntu-18.04/x86_64"),
            ("lsrepo/files/amd64", "lsrepo/files/amd64"),
            ("lsrepos/x", "lsrepos/x"),
            ("files/epirepo", "files/epirepo"),
            ("", ""),
        ] {
            assert_eq!(usual(path), meant);
        }
    }

    #[test]
    fn folders_that_roles_list_are_there_without_content() {
        assert_eq!(owner("lsrepo/images"), Some("lsrepo"));
        assert_eq!(owner("lsrepo/centos-7/arm64/charts/system"), Some("lsrepo/centos-7/arm64"));
        for path in ["lsrepo/files/images", "lsrepo/charts/images", "images", "files/images", "lsrepo"] {
            assert_eq!(owner(path), None, "{path}");
        }
    }
}
