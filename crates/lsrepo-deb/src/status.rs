//! dpkg's status file: what a host has.

use crate::packages::{Stanza, scan};

/// The installed packages of a status file; stanzas that cannot be read are passed over, as dpkg wrote them.
pub fn installed(text: &str) -> Vec<Stanza<'_>> {
    let is_installed = |stanza: &Stanza<'_>| {
        let status = stanza.raw.lines().find_map(|line| line.strip_prefix("Status:"));
        status.is_some_and(|words| words.split_whitespace().last() == Some("installed"))
    };
    scan(text).filter_map(Result::ok).filter(is_installed).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_what_is_installed_counts() {
        let text = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n\
                    Package: b\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n";
        let names: Vec<_> = super::installed(text).iter().map(|stanza| stanza.package).collect();
        assert_eq!(names, ["a"]);
    }
}
