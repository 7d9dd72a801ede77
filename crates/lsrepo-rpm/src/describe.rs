//! What a package says of itself, as an index tells it: the judge of every rule here is createrepo_c.

mod changelog;
mod dependency;
mod files;
#[cfg(test)]
mod tests;

pub use changelog::Change;
pub use dependency::{Dependency, Relations};
pub use files::{FileKind, PackageFile, is_primary};

use crate::{
    Evr, Nevra,
    package::{Header, Package, PackageError, tag},
    text,
};
use std::borrow::Cow;

/// Everything that an index says of a package, but where it lies, and the size and digest of its file.
#[derive(Clone, Debug)]
pub struct Description<'a> {
    /// name, version, release and architecture
    pub nevra: Nevra,
    /// one line
    pub summary: Cow<'a, str>,
    /// many
    pub description: Cow<'a, str>,
    /// who packaged it
    pub packager: Cow<'a, str>,
    /// its home page
    pub url: Cow<'a, str>,
    /// `GPLv2+`
    pub license: Cow<'a, str>,
    /// who distributes it
    pub vendor: Cow<'a, str>,
    /// `Applications/System`
    pub group: Cow<'a, str>,
    /// where it was built
    pub build_host: Cow<'a, str>,
    /// the source package that it was built from; empty for a source package
    pub source_rpm: Cow<'a, str>,
    /// when it was built, in seconds since 1970
    pub build_time: u64,
    /// bytes on disk
    pub installed_size: u64,
    /// bytes of the payload without compression
    pub archive_size: u64,
    /// what it provides, needs and so on
    pub relations: Relations<'a>,
    /// its files, in the order of the header
    pub files: Vec<PackageFile<'a>>,
    /// the newest ten changes, oldest first
    pub changelog: Vec<Change<'a>>,
    /// `name:stream:version:context:arch`, for packages of a module
    pub modularity_label: Option<Cow<'a, str>>,
}

impl Package {
    /// Name, epoch, version, release and architecture. Each is a plain word, fit for a file name.
    pub fn nevra(&self) -> Result<Nevra, PackageError> {
        let header = self.header();
        let word = |tag, what: &'static str, allowed: &str| {
            let value = header.text(tag).map(text::decode).filter(|value| !value.is_empty());
            let value = value.ok_or(PackageError::Missing { what })?;
            let plain = |c: char| c.is_ascii_alphanumeric() || allowed.contains(c);
            match value.len() <= 255 && value.chars().all(plain) && !value.starts_with(['.', '-']) {
                true => Ok(Box::<str>::from(value)),
                false => Err(PackageError::Word { what, value: value.chars().take(80).collect() }),
            }
        };
        let arch = match is_source(header) {
            true => "src".into(),
            false => word(tag::ARCH, "architecture", "_")?,
        };
        let epoch = header.number(tag::EPOCH).unwrap_or(0);
        let epoch = u32::try_from(epoch).map_err(|_| PackageError::Word { what: "epoch", value: epoch.to_string() })?;
        // rpm itself allows these in names and versions, and no others
        let version = word(tag::VERSION, "version", "._+~^")?;
        let release = word(tag::RELEASE, "release", "._+~^")?;
        Ok(Nevra { name: word(tag::NAME, "name", "._+-")?, evr: Evr { epoch, version, release }, arch })
    }

    /// What an index says of this package. A text that no index can hold refuses it.
    pub fn describe(&self) -> Result<Description<'_>, PackageError> {
        let (header, signature) = (self.header(), self.signature_header());
        let nevra = self.nevra()?;
        let title = || nevra.to_string();
        let of = |tag, what| text::checked(header.text(tag).unwrap_or_default(), what, title);
        let source_rpm = match (header.has(tag::SOURCE_RPM), is_source(header)) {
            (false, false) => Cow::Borrowed("(none)"),
            _ => of(tag::SOURCE_RPM, "source package")?,
        };
        let files = files::read(header, title)?;
        let number = |long, short| header.number(long).or_else(|| header.number(short));
        let of_signature = |tag| signature.number(tag);
        let archive_size = number(tag::signature::LONG_ARCHIVE_SIZE, tag::ARCHIVE_SIZE)
            .or_else(|| of_signature(tag::signature::LONG_ARCHIVE_SIZE))
            .or_else(|| of_signature(tag::signature::ARCHIVE_SIZE));
        Ok(Description {
            summary: of(tag::SUMMARY, "summary")?,
            description: of(tag::DESCRIPTION, "description")?,
            packager: of(tag::PACKAGER, "packager")?,
            url: of(tag::URL, "URL")?,
            license: of(tag::LICENSE, "licence")?,
            vendor: of(tag::VENDOR, "vendor")?,
            group: of(tag::GROUP, "group")?,
            build_host: of(tag::BUILD_HOST, "build host")?,
            source_rpm,
            build_time: header.number(tag::BUILD_TIME).unwrap_or(0),
            installed_size: number(tag::LONG_SIZE, tag::SIZE).unwrap_or(0),
            archive_size: archive_size.unwrap_or(0),
            relations: dependency::read(header, &nevra, &files, title)?,
            changelog: changelog::read(header, title)?,
            modularity_label: header.text(tag::MODULARITY_LABEL).map(text::decode),
            files,
            nevra,
        })
    }
}

/// Source packages from before rpm 4.4 do not say that they are: their files lie in no directory, and they
/// name no source package.
fn is_source(header: &Header) -> bool {
    match header.number(tag::SOURCE_PACKAGE) {
        Some(flag) => flag != 0,
        None => !header.has(tag::SOURCE_RPM) && files::lie_in_no_directory(header),
    }
}
