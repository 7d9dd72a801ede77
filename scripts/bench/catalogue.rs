//! How long the catalogue of 100,000 made-up packages takes to be opened and searched, and how much memory that costs.
//!
//!     cargo run --release -p lsrepo-publish --example catalogue [COUNT]
#![allow(clippy::print_stdout)]

use lsrepo_publish::ReadAt;
use lsrepo_publish::catalogue::{self, Catalogue, Facts, Key, Kind, PackageVersion, Query, Row, diff};
use lsrepo_types::{Digest, Timestamp};
use std::{error::Error, fs, io, os::unix::fs::FileExt, process::Command, time::Instant};

const PLATFORM: &str = "debian-12/x86_64";

struct OnDisk(fs::File);

impl ReadAt for OnDisk {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_exact_at(&self, room: &mut [u8], at: u64) -> io::Result<()> {
        FileExt::read_exact_at(&self.0, room, at)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words[..] {
        [word, file] if word == "ask" => ask(file),
        _ => make(words.first().map_or(Ok(100_000), |count| count.parse())?),
    }
}

/// Writes it, and asks it in a process of its own, whose memory is not that of writing.
fn make(count: u32) -> Result<(), Box<dyn Error>> {
    let file = std::env::temp_dir().join(format!("lsrepo-catalogue-{}", std::process::id()));
    let all: Vec<Facts> = (0..count).map(facts).collect();
    let start = Instant::now();
    let things = catalogue::packages(&PLATFORM.parse()?, &all);
    let bytes = catalogue::write(Timestamp(0), things)?;
    println!("made      {count} packages, {} bytes, in {:?}", bytes.len(), start.elapsed());
    fs::write(&file, bytes)?;
    let asked = Command::new(std::env::current_exe()?).arg("ask").arg(&file).status();
    fs::remove_file(&file)?;
    match asked?.success() {
        true => Ok(()),
        false => Err("asking failed".into()),
    }
}

fn facts(number: u32) -> Facts {
    let word = |n: u32| ["lib", "python3-", "golang-", "node-", "ruby-", "perl-", "fonts-", "linux-"][(n % 8) as usize];
    let name = format!("{}{number:x}-{}", word(number), number % 97);
    let needs = (1..6).map(|n| format!("pkg{} (>= 1.{n})", (number / 2).wrapping_sub(n))).collect::<Vec<_>>().join(", ");
    Facts {
        summary: format!("a made-up package that does thing {} for everybody who asks", number % 1013),
        version: PackageVersion {
            version: format!("1.{}-{}", number % 40, number % 7),
            arch: "amd64".into(),
            size: 100_000,
            digest: Some(Digest::of(name.as_bytes())),
            purl: format!("pkg:deb/debian/{name}@1.{}", number % 40),
            description: "Many words on what it does and on what it does not do. ".repeat(6),
            urls: vec![format!("https://archive.example/pool/main/{name}.deb")],
            wanted_by: vec!["everything".into()],
            vouched_by: vec!["index signed by 0123456789ABCDEF0123456789ABCDEF01234567".into()],
            signed: true,
            ..PackageVersion::default()
        },
        relations: catalogue::deb_relations("Depends", &needs, "amd64"),
        offers: vec![(format!("pkg{number}"), Some("1.9".into()))],
        name,
    }
}

fn ask(file: &str) -> Result<(), Box<dyn Error>> {
    println!("memory    {} before", memory()?);
    let start = Instant::now();
    let catalogue = Catalogue::open(OnDisk(fs::File::open(file)?))?;
    println!("open      {:?}", start.elapsed());
    for text in ["lib", "python3-1f", "thing 77", "zzz nothing"] {
        let start = Instant::now();
        let found = catalogue.search(&Query { text: text.into(), ..Query::default() }, 0, 30)?;
        let searched = start.elapsed();
        let lines = catalogue.some(found.numbers)?;
        println!(
            "search    `{text}`: {} found in {searched:?}, {} shown in {:?} more",
            found.total,
            lines.len(),
            start.elapsed() - searched
        );
    }
    let name = catalogue.key(u32::try_from(catalogue.len() / 2)?)?.name;
    let start = Instant::now();
    let key = Key { kind: Kind::Package, place: PLATFORM.into(), name };
    let number = catalogue.find(&key)?.ok_or("it is gone")?;
    let Row::Package(package) = catalogue.row(number)? else { return Err("no package".into()) };
    println!("package   {} with {} needs in {:?}", key.name, package.versions[0].needs.len(), start.elapsed());
    let start = Instant::now();
    let same = diff(&catalogue, &catalogue, None)?;
    println!("diff      with itself, {} differences, in {:?}", same.all.len(), start.elapsed());
    println!("memory    {} now", memory()?);
    Ok(())
}

/// Of this process: now, and at most so far.
fn memory() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    Ok(format!("{} (at most {})", line("VmRSS:"), line("VmHWM:")))
}
