//! The deb822 form: `Types`, `URIs`, `Suites`, `Components` and options as fields.

use super::{Source, yes};
use crate::{Error, deb822};

/// Reads a `.sources` file; `file` is named in errors.
pub fn parse_deb822(text: &str, file: &str) -> Result<Vec<Source>, Error> {
    let mut all = Vec::new();
    for paragraph in deb822::paragraphs(text) {
        let paragraph = paragraph.map_err(|error| Error::Config { file: file.to_owned(), line: 1, why: error.to_string() })?;
        let refuse = |why: String| Error::Config { file: file.to_owned(), line: paragraph.line(), why };
        if paragraph.fields().next().is_none() {
            continue;
        }
        let words = |name: &str| -> Vec<String> {
            let value = paragraph.get(name).unwrap_or("");
            value.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).map(str::to_owned).collect()
        };
        let types = words("Types");
        if types.is_empty() {
            return Err(refuse("Types is missing".to_owned()));
        }
        if !types.iter().any(|kind| kind == "deb") {
            continue;
        }
        let mut source =
            Source { uris: words("URIs"), suites: words("Suites"), components: words("Components"), ..Source::default() };
        for (name, value) in paragraph.fields() {
            source.set(&name.to_ascii_lowercase(), value);
        }
        source.enabled = paragraph.get("Enabled").and_then(yes).unwrap_or(true);
        match source.problem().filter(|_| source.enabled) {
            Some(why) => return Err(refuse(why)),
            None => all.push(source),
        }
    }
    Ok(all)
}
