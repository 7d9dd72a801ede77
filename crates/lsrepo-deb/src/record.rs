//! A package record: what an index says of one package, taken from the package's own control file.

use lsrepo_types::{Digest, RelPath};

/// The fields that an index adds, which a control file cannot know.
const ADDED: [&str; 7] = ["Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512", "Description-md5"];

/// The control paragraph of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// the paragraph, as it stands in the package
    pub control: String,
}

impl Record {
    /// The stanza of an index for a package that lies at `filename`.
    pub fn stanza(&self, filename: &RelPath, size: u64, digest: &Digest) -> String {
        render_stanza(&self.control, filename, size, digest)
    }
}

/// The stanza of an index: the control paragraph without what it cannot know, then where the file is, how
/// long it is and its SHA-256. Ends with a line feed; the blank line between stanzas is the caller's.
pub fn render_stanza(control: &str, filename: &RelPath, size: u64, digest: &Digest) -> String {
    let mut text = String::with_capacity(control.len() + 160);
    let mut keep = true;
    for line in control.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split_once(':').map_or("", |(name, _)| name.trim_end());
            keep = !name.is_empty() && !line.starts_with('#') && !ADDED.iter().any(|added| added.eq_ignore_ascii_case(name));
        }
        if keep {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text.push_str(&format!("Filename: {filename}\nSize: {size}\nSHA256: {}\n", digest.hex()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_and_the_hash_are_ours() {
        let control = "Package: a\nFilename: /etc/passwd\nSHA256: 00\n continued\nDescription: short\n long\n\nPackage: smuggled\n";
        let digest = Digest::of(b"");
        let text = render_stanza(control, &"pool/a.deb".parse().unwrap(), 7, &digest);
        let want = format!(
            "Package: a\nDescription: short\n long\nPackage: smuggled\nFilename: pool/a.deb\nSize: 7\nSHA256: {}\n",
            digest.hex()
        );
        assert_eq!(text, want);
    }
}
