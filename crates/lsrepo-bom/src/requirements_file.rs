//! `requirements_<arch>.txt`: wishes as plain lines, the form that users of LambdaStack already have.
//!
//! ```text
//! [packages-repo-prereqs]         what the repository machine itself needs
//! [packages]
//! curl                            # a comment
//! docker-ce 5:20.10.8             name and version: that version and what continues it
//! docker-ce=5:20.10.8*            exactly this pattern
//! nmap-ncat kubeadm-1.19.15       several on a line; a version joined by a dash stays part of the name
//! https://example.org/x.rpm       by URL: it lands in the package repository
//! [files]
//! https://example.org/dashboards/7249/download dashboards/7249.json
//! https://example.org/x.tgz sha256:9f86d081…
//! [images]
//! registry:2.8.0
//! [charts]
//! https://charts.example.org NAME 1.2.3
//! ```
//! Sections come in any order and may be repeated. `[crane]` named the tool that fetched images; none is needed
//! here, so its lines are passed over. Everything else that cannot be used is an error with its file and line.

mod render;

pub use render::render;

use crate::{
    chart::ChartRequestError,
    download::{FileRequest, image_reference},
    error::{BomError, UnusableLine},
    requirement::{PackageRequest, RequirementError},
    wish_list::WishList,
};
use lsrepo_types::nearest;

#[derive(Clone, Copy)]
enum Section {
    Prerequisites,
    Packages,
    Files,
    Images,
    Charts,
    Crane,
}

const SECTIONS: [(&str, Section); 6] = [
    ("packages-repo-prereqs", Section::Prerequisites),
    ("packages", Section::Packages),
    ("files", Section::Files),
    ("images", Section::Images),
    ("charts", Section::Charts),
    ("crane", Section::Crane),
];

/// Reads the file's text; `file` is named in errors, which list every line that cannot be used.
pub fn parse(text: &str, file: &str) -> Result<WishList, BomError> {
    let mut wishes = WishList::default();
    let mut section = None;
    let mut unusable = Vec::new();
    for (position, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let line = without_comment(line);
        let done = match (line.strip_prefix('['), section) {
            _ if line.is_empty() => Ok(()),
            (Some(header), _) => open(header).map(|opened| section = Some(opened)),
            (None, None) => Err("this line stands before the first section\nhint: begin with `[packages]`".to_owned()),
            (None, Some(section)) => wishes.take(section, line).map_err(|error| error.to_string()),
        };
        if let Err(why) = done {
            unusable.push(UnusableLine { file: file.to_owned(), line: position + 1, why });
        }
    }
    match unusable.is_empty() {
        true => Ok(wishes),
        false => Err(BomError::Lines(unusable)),
    }
}

impl WishList {
    /// Takes a line of a section.
    fn take(&mut self, section: Section, line: &str) -> Result<(), RequirementError> {
        match section {
            Section::Prerequisites => take_packages(&mut self.prerequisites, line),
            Section::Packages if line.contains("://") => take_package_file(&mut self.package_files, line),
            Section::Packages => take_packages(&mut self.packages, line),
            Section::Files => line.parse().map(|file| add(&mut self.files, file)),
            Section::Images => line
                .split_whitespace()
                .try_for_each(|word| image_reference(word).map(|image| add(&mut self.images, image.to_owned()))),
            Section::Charts => line
                .parse()
                .map(|chart| add(&mut self.charts, chart))
                .map_err(|error: ChartRequestError| RequirementError::Chart(error)),
            Section::Crane => Ok(()),
        }
    }
}

/// One package with its version, or several packages.
fn take_packages(packages: &mut Vec<PackageRequest>, line: &str) -> Result<(), RequirementError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        [name, version] if version.starts_with(|c: char| c.is_ascii_digit()) => {
            let more = if version.contains(['*', '?']) { "" } else { "*" };
            add(packages, format!("{name}={version}{more}").parse()?);
        }
        _ => {
            for word in words {
                add(packages, word.parse()?);
            }
        }
    }
    Ok(())
}

fn take_package_file(files: &mut Vec<FileRequest>, line: &str) -> Result<(), RequirementError> {
    let file: FileRequest = line.parse()?;
    match file.name.ends_with(".deb") || file.name.ends_with(".rpm") {
        true => add(files, file),
        false => return Err(RequirementError::Package(line.to_owned())),
    }
    Ok(())
}

fn add<T: PartialEq>(list: &mut Vec<T>, wish: T) {
    if !list.contains(&wish) {
        list.push(wish);
    }
}

/// A `#` opens a comment at the start of a line or behind a blank; inside a word it belongs to a URL.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
    comment.map_or(line, |(at, _)| &line[..at]).trim()
}

fn open(header: &str) -> Result<Section, String> {
    let known = SECTIONS.map(|(name, _)| name);
    let name = header.strip_suffix(']').ok_or_else(|| format!("`[{header}` is not closed"))?.trim();
    let found = SECTIONS.iter().find(|(known, _)| *known == name);
    found.map(|(_, section)| *section).ok_or_else(|| {
        let hint = nearest(name, known).map_or(String::new(), |near| format!("\nhint: did you mean `[{near}]`?"));
        format!("unknown section `[{name}]` (known: {}){hint}", known.join(", "))
    })
}

#[cfg(test)]
mod tests;
