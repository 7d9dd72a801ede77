//! Published files of checksums: `SHA256SUMS`, or a file that holds one digest.
//!
//! Read are the lines of `sha256sum` (`HEX  NAME`, `HEX *NAME`), those of BSD (`SHA256 (NAME) = HEX`), and a lone digest.
//! A list of other checksums is no use here and says so.

use lsrepo_types::Digest;

/// Why a file of checksums says nothing of a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumsError {
    /// no line of it is a SHA-256
    #[error("it holds no SHA-256")]
    None,
    /// it lists other files
    #[error("it does not list `{0}`")]
    Unlisted(String),
    /// it lists the file twice, differently
    #[error("it lists `{0}` twice, differently")]
    Twice(String),
}

/// What it says of the file called `name`.
pub fn find(text: &str, name: &str) -> Result<Digest, ChecksumsError> {
    let lines: Vec<(Digest, Option<&str>)> = text.lines().filter_map(line).collect();
    if lines.is_empty() {
        return Err(ChecksumsError::None);
    }
    let base = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
    let of = |wanted: Option<&str>| {
        let mut all: Vec<Digest> =
            lines.iter().filter(|(_, name)| name.map(base).as_deref() == wanted).map(|(digest, _)| *digest).collect();
        all.sort();
        all.dedup();
        all
    };
    let named = of(Some(name));
    let alone = if lines.iter().all(|(_, name)| name.is_none()) { of(None) } else { Vec::new() };
    match (&named[..], &alone[..]) {
        ([digest], _) | ([], [digest]) => Ok(*digest),
        ([], _) => Err(ChecksumsError::Unlisted(name.to_owned())),
        _ => Err(ChecksumsError::Twice(name.to_owned())),
    }
}

/// A digest, and the file that it is of where the line says so.
fn line(line: &str) -> Option<(Digest, Option<&str>)> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("SHA256 (").or_else(|| line.strip_prefix("SHA256(")) {
        let (name, hex) = rest.rsplit_once(')')?;
        return Some((Digest::from_hex(hex.trim_start_matches([' ', '=']).trim()).ok()?, Some(name)));
    }
    let (hex, name) = line.split_once([' ', '\t']).map_or((line, None), |(hex, name)| (hex, Some(name.trim_start())));
    let digest = Digest::from_hex(hex.trim_start_matches('\\')).ok()?;
    Some((digest, name.map(|name| name.strip_prefix('*').unwrap_or(name).trim()).filter(|name| !name.is_empty() && *name != "-")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_usual_forms_are_read() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let hex = |text: &str, name: &str| find(text, name).map(|digest| digest.hex());
        assert_eq!(hex(&format!("{a}\n"), "x.tgz").unwrap(), a);
        assert_eq!(hex(&format!("{a}  -\n"), "x.tgz").unwrap(), a);
        assert_eq!(hex(&format!("# list\n{a}  ./y.tgz\n{b} *x.tgz\n"), "x.tgz").unwrap(), b);
        assert_eq!(hex(&format!("SHA256 (x.tgz) = {b}\nSHA512 (x.tgz) = {a}{a}\n"), "x.tgz").unwrap(), b);
        assert_eq!(hex(&format!("{a}  y.tgz\n"), "x.tgz"), Err(ChecksumsError::Unlisted("x.tgz".into())));
        assert_eq!(hex(&format!("{a}  x.tgz\n{b}  x.tgz\n"), "x.tgz"), Err(ChecksumsError::Twice("x.tgz".into())));
        assert_eq!(hex("<html>", "x.tgz"), Err(ChecksumsError::None));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,300}", name in "[a-z./]{0,9}") {
            let _ = find(&text, &name);
        }
    }
}
