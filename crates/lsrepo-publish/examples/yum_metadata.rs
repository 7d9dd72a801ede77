//! Metadata for a folder of packages, and what each step costs. For `scripts/bench/rpm.sh`.
//!
//! ```text
//! yum_metadata packages FOLDER OUT    reads and hashes every package; writes OUT/x86_64/repodata and OUT/records.json
//! yum_metadata records OUT            publishes what OUT/records.json says
//! ```

#![allow(clippy::print_stdout)]

use lsrepo_publish::{
    Entry,
    yum::{Extras, PlatformPackages, PublishedPackage, publish},
};
use lsrepo_rpm::{Package, Record};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Hasher, Timestamp};
use std::{
    error::Error,
    fs::{self, File},
    io::{Chain, Cursor, Read},
    path::{Path, PathBuf},
};

const DATE: Timestamp = Timestamp(1_760_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["packages", folder, out] => {
            let started = cpu();
            let mut records = packages(Path::new(folder))?.iter().map(|path| record(path)).collect::<Result<Vec<_>, _>>()?;
            println!("records {:.3}", cpu() - started);
            records.sort_by(|a, b| a.name.cmp(&b.name));
            fs::create_dir_all(out)?;
            fs::write(Path::new(out).join("records.json"), serde_json::to_vec(&records)?)?;
            write(records, Path::new(out))
        }
        ["records", out] => {
            let records: Vec<Record> = serde_json::from_slice(&fs::read(Path::new(out).join("records.json"))?)?;
            println!("parsed {:.3}", cpu());
            write(records, Path::new(out))
        }
        _ => Err("usage: yum_metadata packages FOLDER OUT | records OUT".into()),
    }
}

fn packages(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rpm"));
    found.sort();
    Ok(found)
}

/// Head and digest in one pass.
fn record(path: &Path) -> Result<Record, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 256 << 10];
    let first = file.read(&mut buffer)?;
    let mut seen = Vec::new();
    let from: Chain<Cursor<&[u8]>, &File> = Cursor::new(&buffer[..first]).chain(&file);
    let package = Package::read(Kept { from, seen: &mut seen })?;
    let mut hasher = Hasher::new();
    let mut size = seen.len().max(first) as u64;
    hasher.update(if seen.len() > first { &seen } else { &buffer[..first] });
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
    Ok(Record::new(&package, hasher.finish(), size)?)
}

/// Keeps what went through.
struct Kept<'a, R> {
    from: R,
    seen: &'a mut Vec<u8>,
}

impl<R: Read> Read for Kept<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.seen.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

fn write(records: Vec<Record>, out: &Path) -> Result<(), Box<dyn Error>> {
    let key = SecretKey::generate("bench", Timestamp(DATE.0 - 86_400))?;
    let published = |record: Record| PublishedPackage {
        name: record.name.to_string(),
        evr: record.evr(),
        arch: record.arch.to_string(),
        size: record.size,
        digest: record.digest,
        required_files: Vec::new(),
        record,
    };
    let packages = records.into_iter().map(published).collect();
    let platform = PlatformPackages { platform: "centos-7/x86_64".parse()?, packages, extras: Extras::default() };
    let started = cpu();
    let tree = publish(&[platform], DATE, &key)?;
    println!("published {:.3}", cpu() - started);
    for (path, entry) in &tree.entries {
        if let Entry::Bytes(bytes) = entry {
            let path = out.join(path.as_str());
            fs::create_dir_all(path.parent().unwrap_or(out))?;
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}

/// Seconds that this thread has computed so far.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}
