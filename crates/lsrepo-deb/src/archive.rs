//! The head of a `.deb`: an ar archive whose second member is `control.tar`, maybe compressed.
//! Spec: deb(5). No more is read than that.

use crate::Error;
use std::io::{self, Read};

/// The largest `control.tar` that is taken, compressed or not.
const MOST_CONTROL: u64 = 16 << 20;
/// The longest control paragraph.
const MOST_PARAGRAPH: u64 = 4 << 20;

/// The control paragraph of a package, as it stands in it.
pub fn control(mut package: impl Read) -> Result<String, Error> {
    let mut magic = [0; 8];
    read(&mut package, &mut magic)?;
    if &magic != b"!<arch>\n" {
        return Err(refuse("it does not begin as an ar archive"));
    }
    let (name, size) = member(&mut package)?;
    if name != "debian-binary" || size > 64 {
        return Err(refuse("its first member is not debian-binary"));
    }
    let mut version = vec![0; (size + size % 2) as usize];
    read(&mut package, &mut version)?;
    if !version.starts_with(b"2.") {
        return Err(refuse("its format version is not 2"));
    }
    let (name, size) = member(&mut package)?;
    if size > MOST_CONTROL {
        return Err(refuse("its control.tar is too large"));
    }
    let member = package.take(size);
    let plain: Box<dyn Read + '_> = match name.as_str() {
        "control.tar" => Box::new(member),
        "control.tar.gz" => Box::new(flate2::read::GzDecoder::new(member)),
        "control.tar.xz" => Box::new(liblzma::read::XzDecoder::new(member)),
        "control.tar.zst" => Box::new(zstd::Decoder::new(member).map_err(broken)?),
        other => return Err(refuse(&format!("its second member is `{other}`, not control.tar"))),
    };
    paragraph(plain.take(MOST_CONTROL))
}

fn paragraph(tar: impl Read) -> Result<String, Error> {
    let mut archive = tar::Archive::new(tar);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let is_control = matches!(&*entry.path_bytes(), b"./control" | b"control");
        if is_control && entry.header().entry_type().is_file() {
            if entry.size() > MOST_PARAGRAPH {
                return Err(refuse("its control file is too large"));
            }
            let mut text = String::new();
            entry.read_to_string(&mut text).map_err(broken)?;
            return match text.len() as u64 == entry.size() {
                true => Ok(text),
                false => Err(refuse("it ends too early")),
            };
        }
    }
    Err(refuse("its control.tar holds no control file"))
}

/// Name and size from the 60 bytes before a member.
fn member(package: &mut impl Read) -> Result<(String, u64), Error> {
    let mut head = [0; 60];
    read(package, &mut head)?;
    let text = |range: std::ops::Range<usize>| str::from_utf8(&head[range]).map(str::trim_end).unwrap_or("");
    let size = text(48..58).parse().ok();
    match size {
        Some(size) if &head[58..] == b"`\n" => Ok((text(0..16).trim_end_matches('/').to_owned(), size)),
        _ => Err(refuse("a member's head is damaged")),
    }
}

fn read(package: &mut impl Read, into: &mut [u8]) -> Result<(), Error> {
    package.read_exact(into).map_err(broken)
}

fn broken(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => refuse("it ends too early"),
        _ => refuse(&error.to_string()),
    }
}

fn refuse(why: &str) -> Error {
    Error::Archive(why.chars().take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const CONTROL: &str = "Package: a\nVersion: 1\nArchitecture: all\n";

    fn deb(name: &str, member: &[u8]) -> Vec<u8> {
        let head = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 100_644);
        let mut all = b"!<arch>\n".to_vec();
        all.extend(head("debian-binary", 4).as_bytes());
        all.extend(b"2.0\n");
        all.extend(head(name, member.len()).as_bytes());
        all.extend(member);
        all
    }

    fn tar(path: &str) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(CONTROL.len() as u64);
        header.set_cksum();
        builder.append_data(&mut header, path, CONTROL.as_bytes()).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn every_compression_is_read() {
        let tar = tar("./control");
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&tar).unwrap();
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 0);
        xz.write_all(&tar).unwrap();
        let zst = zstd::encode_all(&tar[..], 1).unwrap();
        for (suffix, bytes) in [("", tar.clone()), (".gz", gz.finish().unwrap()), (".xz", xz.finish().unwrap()), (".zst", zst)] {
            assert_eq!(control(&deb(&format!("control.tar{suffix}"), &bytes)[..]).unwrap(), CONTROL, "{suffix}");
        }
    }

    #[test]
    fn what_is_no_package_is_refused_at_every_length() {
        let whole = deb("control.tar", &tar("./control"));
        for end in 0..whole.len() - 1024 {
            if let Ok(text) = control(&whole[..end]) {
                assert_eq!(text, CONTROL);
            }
        }
        assert!(control(&deb("data.tar", &tar("control"))[..]).is_err());
        assert!(control(&deb("control.tar", &tar("other"))[..]).unwrap_err().to_string().contains("holds no control file"));
    }
}
