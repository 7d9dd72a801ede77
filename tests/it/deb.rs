//! A `.deb` made by hand: an `ar` with two tars.

use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// A package whose control file is `control`, and which installs nothing.
pub(crate) fn deb(control: &str) -> Vec<u8> {
    let mut file = b"!<arch>\n".to_vec();
    member(&mut file, "debian-binary", b"2.0\n");
    member(&mut file, "control.tar.gz", &tar_gz(&[("./control", control.as_bytes())]));
    member(&mut file, "data.tar.gz", &tar_gz(&[]));
    file
}

fn member(file: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    writeln!(file, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100_644, bytes.len()).unwrap();
    file.extend_from_slice(bytes);
    if bytes.len() % 2 == 1 {
        file.push(b'\n');
    }
}

fn tar_gz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}
