//! Whether a package is meant by a name with or without version and architecture, as dnf's excludes,
//! and the policy's here, name packages.

use lsrepo_rpm::{NevraRef, request::Pattern};
use lsrepo_types::glob;

/// `name`, `name.arch`, `name-version`, `name-version-release`, `name-version-release.arch`, the last three also
/// with an epoch; all maybe with `*` and `?`.
pub(super) fn fits(pattern: &str, nevra: &NevraRef<'_>) -> bool {
    // Most patterns are names, and no name of the package is shorter than its first letters.
    let literal = pattern.split(['*', '?']).next().unwrap_or_default();
    let common = literal.len().min(nevra.name.len());
    if !literal.is_char_boundary(common) || !nevra.name.starts_with(&literal[..common]) && !literal.contains(':') {
        return false;
    }
    let NevraRef { name, epoch, version, release, arch } = nevra;
    glob::matches(pattern, name)
        || [
            format!("{name}.{arch}"),
            format!("{name}-{version}"),
            format!("{name}-{version}-{release}"),
            format!("{name}-{version}-{release}.{arch}"),
            format!("{name}-{epoch}:{version}"),
            format!("{name}-{epoch}:{version}-{release}"),
            format!("{name}-{epoch}:{version}-{release}.{arch}"),
            format!("{epoch}:{name}-{version}-{release}.{arch}"),
        ]
        .iter()
        .any(|text| glob::matches(pattern, text))
}

/// Whether a package has all the parts that a reading of a request names.
pub(super) fn has_parts(pattern: &Pattern<'_>, nevra: &NevraRef<'_>) -> bool {
    let same = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found || glob::matches(wanted, found));
    let epoch = |wanted: &str| wanted.trim_start_matches('0') == nevra.epoch.to_string().trim_start_matches('0');
    (pattern.name == nevra.name || glob::matches(pattern.name, nevra.name))
        && pattern.epoch.is_none_or(epoch)
        && same(pattern.version, nevra.version)
        && same(pattern.release, nevra.release)
        && same(pattern.arch, nevra.arch)
}

#[cfg(test)]
mod tests {
    use super::fits;
    use lsrepo_rpm::NevraRef;

    #[test]
    fn an_exclude_may_name_any_part() {
        let nevra = NevraRef { name: "web", epoch: 1, version: "2.0", release: "3.el9", arch: "x86_64" };
        for pattern in
            ["web", "w*", "*eb", "web.x86_64", "web-2.0", "web-2*", "web-2.0-3.el9", "web-1:2.0-3.el9.x86_64", "*.x86_64"]
        {
            assert!(fits(pattern, &nevra), "{pattern}");
        }
        for pattern in ["webs", "we", "web.i686", "web-3*", "web-0:2.0-3.el9", "b*"] {
            assert!(!fits(pattern, &nevra), "{pattern}");
        }
    }
}
