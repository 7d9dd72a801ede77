//! Sections, `key = value` lines and their continuations.

use crate::metadata_error::{MetadataError, start};

/// `[name]` and what stands below it.
pub(super) struct Section {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) entries: Vec<Entry>,
}

/// A key with its value; the lines of a continued value are joined by line ends.
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: String,
}

pub(super) fn sections(text: &str, file: &str) -> Result<Vec<Section>, MetadataError> {
    let mut sections: Vec<Section> = Vec::new();
    for (at, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let refuse = |why: String| MetadataError::Config { file: file.to_owned(), line: at + 1, why };
        let line = raw.trim();
        if line.is_empty() || raw.starts_with(['#', ';']) {
            continue;
        }
        if raw.starts_with([' ', '\t']) {
            // A comment between the lines of a list belongs to nothing.
            match sections.last_mut().and_then(|section| section.entries.last_mut()) {
                Some(_) if line.starts_with('#') => {}
                Some(entry) => entry.value.extend(["\n", line]),
                None => return Err(refuse(format!("`{}` continues nothing", start(line)))),
            }
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split_once(']').map(|(name, _)| name.trim()).filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| refuse(format!("`{}` is not a section's name", start(line))))?;
            sections.push(Section { name: name.to_owned(), line: at + 1, entries: Vec::new() });
            continue;
        }
        let entry = line.split_once('=').filter(|(key, _)| !key.trim().is_empty());
        let (key, value) = entry.ok_or_else(|| refuse(format!("`{}` is not `key = value`", start(line))))?;
        let section = sections.last_mut().ok_or_else(|| refuse(format!("`{}` stands before any [section]", start(line))))?;
        section.entries.push(Entry { line: at + 1, key: key.trim().to_ascii_lowercase(), value: value.trim().to_owned() });
    }
    Ok(sections)
}
