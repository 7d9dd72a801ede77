//! The text of a lock. Written by hand, for a requirement is one line and nothing is left out by accident.

use super::{
    Asked, Lock, LockedDocument, LockedFile, LockedImage, LockedKey, LockedPackage, LockedSource, PackageSignatures, PlatformLock,
    Repin,
};
use crate::requirement::{FileKind, FileRequirement};

/// Equal locks give equal bytes.
pub(super) fn render(lock: &Lock) -> String {
    let mut text = Toml(String::from("# Written by lsrepo; resolve again instead of editing it.\n"));
    text.raw("version", &lock.version.to_string());
    lock.repins.iter().for_each(|one| repin(&mut text, one));
    lock.platforms.iter().for_each(|part| platform(&mut text, part));
    text.0
}

fn repin(text: &mut Toml, repin: &Repin) {
    text.table("[[repin]]");
    text.string("url", &repin.url);
    if let Some(old) = repin.old {
        text.string("old", &old.to_string());
    }
    text.string("digest", &repin.digest.to_string());
}

fn platform(text: &mut Toml, part: &PlatformLock) {
    text.table("[[platform]]");
    text.string("name", &part.name.to_string());
    text.string("date", &part.date.to_string());
    asked(text, &part.asked);
    part.sources.iter().for_each(|entry| source(text, entry));
    part.keys.iter().for_each(|entry| key(text, entry));
    part.documents.iter().for_each(|entry| document(text, entry));
    part.packages.iter().for_each(|entry| package(text, entry));
    part.images.iter().for_each(|entry| image(text, entry));
    part.files.iter().for_each(|entry| file(text, entry));
}

fn asked(text: &mut Toml, asked: &Asked) {
    text.table("[platform.asked]");
    text.string("base", &asked.base);
    text.raw("recommends", &asked.recommends.to_string());
    text.raw("suggests", &asked.suggests.to_string());
    text.list("exclude", asked.exclude.iter().map(|name| quoted(name)));
    if !asked.streams.is_empty() {
        text.list("streams", asked.streams.iter().map(|stream| quoted(stream)));
    }
    if asked.any_version {
        text.raw("any_version", "true");
    }
    let requirement = |wish: &crate::Requirement| {
        format!("{{ module = {}, package = {} }}", quoted(wish.module.as_str()), quoted(&wish.package.to_string()))
    };
    text.lines("requirements", asked.requirements.iter().map(requirement));
    if !asked.images.is_empty() {
        let wish = |wish: &crate::ImageRequirement| {
            format!("{{ module = {}, image = {} }}", quoted(wish.module.as_str()), quoted(&wish.image))
        };
        text.lines("images", asked.images.iter().map(wish));
    }
    if !asked.files.is_empty() {
        text.lines("files", asked.files.iter().map(file_wish));
    }
    if !asked.charts.is_empty() {
        let wish = |wish: &crate::chart::ChartRequirement| {
            format!("{{ module = {}, chart = {} }}", quoted(wish.module.as_str()), quoted(&wish.chart.to_string()))
        };
        text.lines("charts", asked.charts.iter().map(wish));
    }
    for (key, said) in
        [("all_platforms", asked.all_platforms), ("no_referrers", asked.no_referrers), ("foreign_layers", asked.foreign_layers)]
    {
        if said {
            text.raw(key, "true");
        }
    }
}

fn source(text: &mut Toml, source: &LockedSource) {
    text.table("[[platform.source]]");
    text.string("name", &source.name);
    text.list("uris", source.uris.iter().map(|uri| quoted(uri)));
    if let Some(signer) = &source.signer {
        text.string("signer", signer);
    }
    if let Some(date) = source.date {
        text.string("date", &date.to_string());
    }
    match source.package_signatures {
        PackageSignatures::Unchecked => {}
        PackageSignatures::Required => text.string("package_signatures", "required"),
        PackageSignatures::Old => text.string("package_signatures", "old"),
    }
    if source.module_hotfixes {
        text.raw("module_hotfixes", "true");
    }
}

fn key(text: &mut Toml, key: &LockedKey) {
    text.table("[[platform.key]]");
    text.string("fingerprint", &key.fingerprint);
    text.list("sources", key.sources.iter().map(|source| quoted(source)));
    text.text("armored", &key.armored);
}

fn document(text: &mut Toml, document: &LockedDocument) {
    text.table("[[platform.document]]");
    text.string("kind", document.kind.as_str());
    text.string("source", &document.source);
    text.string("path", &document.path);
    text.raw("size", &document.size.to_string());
    text.string("digest", &document.digest.to_string());
}

fn package(text: &mut Toml, package: &LockedPackage) {
    text.table("[[platform.package]]");
    text.string("name", &package.name);
    text.string("version", &package.version);
    text.string("arch", &package.arch);
    text.string("source", &package.source);
    text.string("path", &package.path);
    text.raw("size", &package.size.to_string());
    text.string("digest", &package.digest.to_string());
    text.list("wanted_by", package.wanted_by.iter().map(|module| quoted(module.as_str())));
    if !super::parts::is_main_set(&package.sets) {
        text.list("sets", package.sets.iter().map(|set| quoted(set)));
    }
    if !package.urls.is_empty() {
        text.list("urls", package.urls.iter().map(|url| quoted(url)));
    }
    if let Some(proof) = package.proof {
        text.string("proof", proof.as_str());
    }
}

fn file(text: &mut Toml, file: &LockedFile) {
    text.table("[[platform.file]]");
    text.string("name", &file.name);
    text.list("urls", file.urls.iter().map(|url| quoted(url)));
    text.raw("size", &file.size.to_string());
    text.string("digest", &file.digest.to_string());
    text.string("proof", file.proof.as_str());
    text.list("wanted_by", file.wanted_by.iter().map(|module| quoted(module.as_str())));
    if let Some(chart) = &file.chart {
        text.string("chart", &chart.to_string());
    }
    if !file.images.is_empty() {
        text.list("images", file.images.iter().map(|image| quoted(image)));
    }
}

/// One wish as an inline table.
fn file_wish(wish: &FileRequirement) -> String {
    let FileRequirement { module, kind, file } = wish;
    let mut inner = vec![format!("url = {}", quoted(&file.url)), format!("name = {}", quoted(&file.name))];
    inner.extend(file.digest.map(|digest| format!("digest = {}", quoted(&digest.to_string()))));
    if !file.mirrors.is_empty() {
        let mirrors: Vec<String> = file.mirrors.iter().map(|mirror| quoted(mirror)).collect();
        inner.push(format!("mirrors = [{}]", mirrors.join(", ")));
    }
    if let Some(sums) = &file.checksums {
        let mut parts = vec![format!("url = {}", quoted(&sums.url))];
        parts.extend(sums.signature.as_ref().map(|signature| format!("signature = {}", quoted(signature))));
        parts.extend(sums.key.as_ref().map(|key| format!("key = {}", quoted(key))));
        inner.push(format!("checksums = {{ {} }}", parts.join(", ")));
    }
    let kind = match kind {
        FileKind::File => "",
        FileKind::Package => "kind = \"package\", ",
    };
    format!("{{ module = {}, {kind}file = {{ {} }} }}", quoted(module.as_str()), inner.join(", "))
}

fn image(text: &mut Toml, image: &LockedImage) {
    text.table("[[platform.image]]");
    text.string("ref", &image.reference);
    text.string("digest", &image.digest.to_string());
    text.string("media_type", &image.media_type);
    text.raw("size", &image.size.to_string());
    text.raw("bytes", &image.bytes.to_string());
    text.list("wanted_by", image.wanted_by.iter().map(|module| quoted(module.as_str())));
    for referrer in &image.referrers {
        text.table("[[platform.image.referrer]]");
        text.string("digest", &referrer.digest.to_string());
        text.string("media_type", &referrer.media_type);
        text.raw("size", &referrer.size.to_string());
        if let Some(tag) = &referrer.tag {
            text.string("tag", tag);
        }
    }
}

/// Lines of TOML.
struct Toml(String);

impl Toml {
    fn table(&mut self, head: &str) {
        self.0.extend(["\n", head, "\n"]);
    }

    fn raw(&mut self, key: &str, value: &str) {
        self.0.extend([key, " = ", value, "\n"]);
    }

    fn string(&mut self, key: &str, value: &str) {
        self.raw(key, &quoted(value));
    }

    /// A value of several lines; what an armoured key is made of needs no escaping, the rest is escaped.
    fn text(&mut self, key: &str, value: &str) {
        let lines: String = value.lines().map(|line| format!("{}\n", escaped(line))).collect();
        self.raw(key, &format!("\"\"\"\n{lines}\"\"\""));
    }

    fn list(&mut self, key: &str, values: impl Iterator<Item = String>) {
        self.raw(key, &format!("[{}]", values.collect::<Vec<_>>().join(", ")));
    }

    /// A list with a line for each value.
    fn lines(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let lines: String = values.map(|value| format!("    {value},\n")).collect();
        self.raw(key, &if lines.is_empty() { "[]".to_owned() } else { format!("[\n{lines}]") });
    }
}

/// A basic string: quotes, backslashes and control characters escaped.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}
