//! Prints the closure of some requests over some rpm-md repositories, a full name a line, so that it can be
//! compared with what dnf or libsolv pick, and the time it took to stderr.
//!
//! `rpm_closure [--arch x86_64|arm64|LIST] [--base DIR] [--recommends] [--any] [--because] DIR… -- REQUEST…`; LIST is
//! architectures with commas, the best first; DIR is a folder that has `repodata`.

use lsrepo_resolve::rpm::{self, Base, Groups, Policy, SourceId, SourceInfo, Universe};
use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    time::Instant,
};

#[allow(clippy::print_stdout, clippy::print_stderr)]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut arch, mut base, mut policy, mut because) = ("x86_64".to_owned(), None, Policy::default(), false);
    let mut folders = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--arch" => arch = arguments.next().ok_or("--arch: which?")?,
            "--base" => base = Some(PathBuf::from(arguments.next().ok_or("--base: which?")?)),
            "--recommends" => policy.recommends = true,
            "--any" => policy.best = false,
            "--because" => because = true,
            "--" => break,
            _ => folders.push(PathBuf::from(argument)),
        }
    }
    let requests = arguments.map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    let mut universe = match arch.parse() {
        Ok(arch) => Universe::new(arch),
        Err(_) => Universe::with_architectures(&arch.split(',').collect::<Vec<_>>()),
    };
    let mut sources = Vec::new();
    for folder in &folders {
        sources.push((add(&mut universe, folder)?, folder));
    }
    let base = match &base {
        Some(folder) => Base::Repository(add(&mut universe, folder)?),
        None => Base::None,
    };
    let added = start.elapsed();
    let groups = Groups::new();
    let wants_files = universe.wants_filelists(&requests, &groups);
    if wants_files {
        for (source, folder) in sources {
            if let Some(index) = find(folder, "filelists.xml")? {
                universe.add_filelists(source, open(&index)?, &requests)?;
            }
        }
    }
    let filed = start.elapsed();
    let answer = rpm::solve(&universe, &requests, &base, &policy, &groups);
    let solved = start.elapsed();
    for set in &answer.sets {
        if answer.sets.len() > 1 {
            println!("[{}]", set.name);
        }
        for pick in &set.picks {
            print!("{}", universe.candidate(pick.candidate).nevra);
            match because {
                true => println!(" {:?} {:?}", pick.reason, pick.wanted_by),
                false => println!(),
            }
        }
        if let Some(apart) = &set.apart {
            eprintln!("{apart}");
        }
    }
    answer.conflicts.iter().for_each(|conflict| eprintln!("{conflict}"));
    eprintln!(
        "{} candidates: read and indexed {added:?}, files {:?}, solved {:?}; {} picked",
        universe.len(),
        filed - added,
        solved - filed,
        answer.sets.iter().map(|set| set.picks.len()).sum::<usize>()
    );
    Ok(())
}

fn add(universe: &mut Universe, folder: &Path) -> Result<SourceId, Box<dyn Error>> {
    let index = find(folder, "primary.xml")?.ok_or("no primary.xml")?;
    Ok(universe.add(open(&index)?, SourceInfo::new(folder.display().to_string()), |_| None)?)
}

fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let mut paths =
        std::fs::read_dir(folder.join("repodata"))?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths.into_iter().find(|path| path.to_string_lossy().contains(name)))
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Box<dyn Error>> {
    let file = BufReader::new(File::open(path)?);
    Ok(match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::GzDecoder::new(file))),
        Some("zst") => Box::new(BufReader::with_capacity(1 << 16, zstd::Decoder::with_buffer(file)?)),
        _ => Box::new(file),
    })
}
