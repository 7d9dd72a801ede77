//! `deb [option=value …] URI suite component…`

use super::Source;
use crate::Error;

/// Reads a `.list` file; `file` is named in errors.
pub fn parse_list(text: &str, file: &str) -> Result<Vec<Source>, Error> {
    let mut all = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        let refuse = |why: String| Error::Config { file: file.to_owned(), line: at + 1, why };
        let (kind, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match kind {
            "" | "deb-src" => continue,
            "deb" => {}
            other => return Err(refuse(format!("`{}` is neither `deb` nor `deb-src`", crate::error::start(other)))),
        }
        let mut source = Source::default();
        let mut rest = rest.trim_start();
        if let Some(options) = rest.strip_prefix('[') {
            let (options, after) = options.split_once(']').ok_or_else(|| refuse("`[` without its `]`".to_owned()))?;
            for option in options.split_whitespace() {
                let (name, value) = option.split_once('=').ok_or_else(|| refuse(format!("`{option}` is not option=value")))?;
                source.set(&name.trim_end_matches(['+', '-']).to_ascii_lowercase(), value);
            }
            rest = after;
        }
        let mut words = rest.split_whitespace().map(str::to_owned);
        source.uris.extend(words.next());
        source.suites.extend(words.next());
        source.components.extend(words);
        match source.problem() {
            Some(why) => return Err(refuse(why)),
            None => all.push(source),
        }
    }
    Ok(all)
}
