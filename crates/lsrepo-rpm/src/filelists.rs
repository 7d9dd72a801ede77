//! `filelists.xml`: every file of every package. Several times the size of all else, so it is read as a
//! stream, and only when somebody needs a file that `primary.xml` does not tell of.

use crate::{
    NevraRef,
    scan::{Element, Piece, Problem, Scanner},
};
use std::io::BufRead;

/// An index that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("filelists, after `{after}`: {problem}")]
pub struct Error {
    /// the last package that could be read; empty at the start
    pub after: String,
    /// what is wrong
    pub problem: Problem,
}

/// The package whose files come.
#[derive(Debug, Default)]
struct Package {
    id: String,
    name: String,
    arch: String,
    epoch: u32,
    version: String,
    release: String,
}

/// Calls `each` for every file of an unpacked index: the digest of the package (`pkgid`), its name, the path.
pub fn read(input: impl BufRead, mut each: impl FnMut(&str, &NevraRef<'_>, &str)) -> Result<(), Error> {
    let mut package = Package::default();
    let mut after = String::new();
    scan(input, &mut package, &mut after, &mut each).map_err(|problem| Error { after, problem })
}

fn scan(
    input: impl BufRead,
    package: &mut Package,
    after: &mut String,
    each: &mut impl FnMut(&str, &NevraRef<'_>, &str),
) -> Result<(), Problem> {
    let mut scanner = Scanner::new(input, "filelists");
    let mut path = String::new();
    let (mut inside, mut file) = (false, false);
    loop {
        match scanner.next()? {
            Piece::Open { element, depth, empty } => {
                if depth == 2 {
                    inside = element.name() == "package";
                }
                file = inside && depth == 3 && element.name() == "file" && !empty;
                path.clear();
                match (depth, element.name()) {
                    (2, "package") => *package = begin(&element)?,
                    (3, "version") if inside => package.version(&element)?,
                    _ => {}
                }
            }
            Piece::Text(text) if file => path.push_str(&text),
            Piece::Text(_) => {}
            Piece::Close { depth } => {
                if file {
                    let Package { id, name, arch, epoch, version, release } = &*package;
                    each(id, &NevraRef { name, epoch: *epoch, version, release, arch }, &path);
                }
                if depth == 2 {
                    after.clone_from(&package.name);
                }
                file = false;
            }
            Piece::End => return Ok(()),
        }
    }
}

fn begin(element: &Element<'_>) -> Result<Package, Problem> {
    let mut package = Package::default();
    element.attributes(|name, value| {
        match name {
            "pkgid" => package.id = value.to_ascii_lowercase(),
            "name" => package.name = value.to_owned(),
            "arch" => package.arch = value.to_owned(),
            _ => {}
        }
        Ok(())
    })?;
    match package.id.is_empty() {
        true => Err(Problem::Missing("pkgid")),
        false => Ok(package),
    }
}

impl Package {
    fn version(&mut self, element: &Element<'_>) -> Result<(), Problem> {
        element.attributes(|name, value| {
            match name {
                "epoch" => self.epoch = value.parse().map_err(|_| Problem::value("epoch", "no number", value))?,
                "ver" => self.version = value.to_owned(),
                "rel" => self.release = value.to_owned(),
                _ => {}
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn every_file_comes_with_its_package() {
        let index = r#"<?xml version="1.0"?>
<filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="2">
<package pkgid="AA" name="web" arch="noarch"><version epoch="1" ver="2" rel="3"/>
<file>/opt/web/a&amp;b</file><file type="dir">/opt/web</file><file/></package>
<extra><file>/opt/none</file></extra>
<package pkgid="bb" name="db" arch="x86_64"><version ver="1" rel="1"/><file><![CDATA[/opt/<db>]]></file></package>
</filelists>"#;
        let mut told = Vec::new();
        read(index.as_bytes(), |id, nevra, path| told.push(format!("{id} {nevra} {path}"))).unwrap();
        assert_eq!(told, ["aa web-1:2-3.noarch /opt/web/a&b", "aa web-1:2-3.noarch /opt/web", "bb db-1-1.x86_64 /opt/<db>"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_place() {
        let index = |rest: &str| format!("<filelists><package pkgid='a' name='web' arch='noarch'></package>{rest}");
        for (rest, told) in [
            ("<package name='db'/></filelists>", "filelists, after `web`: a package without `pkgid`"),
            ("", "filelists, after `web`: ends before its last element is closed"),
            ("<package pkgid='b'><version epoch='x'/></package></filelists>", "`epoch`: no number: `x`"),
        ] {
            let error = read(index(rest).as_bytes(), |_, _, _| ()).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let error = read("<metadata/>".as_bytes(), |_, _, _| ()).unwrap_err().to_string();
        assert!(error.contains("is no `filelists`: begins with `metadata`"), "{error}");
    }
}
