//! Prints the closure of some requests over some `Packages` files as `name=version` lines, so that it
//! can be compared with what apt picks, and the time it took to stderr.
//!
//! `closure [--arch amd64|arm64] [--foreign A] [--base none|bare|minbase|FILE] [--recommends] [--because]
//! FILE… -- REQUEST…`; `bare` is an empty machine without even the essential packages, FILE a
//! dpkg status file. Without requests: what the base has, and what it carries along.

use lsrepo_resolve::deb::{self, Base, Installed, Origin, Pins, Policy, SourceInfo, Universe};
use std::{error::Error, time::Instant};

#[allow(clippy::print_stdout, clippy::print_stderr)]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut arch, mut base, mut policy, mut because) = ("amd64".to_owned(), "bare".to_owned(), Policy::default(), false);
    let (mut foreign, mut files) = (Vec::new(), Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--arch" => arch = arguments.next().ok_or("--arch: which?")?,
            "--base" => base = arguments.next().ok_or("--base: which?")?,
            "--foreign" => foreign.push(arguments.next().ok_or("--foreign: which?")?),
            "--recommends" => policy.recommends = true,
            "--because" => because = true,
            "--" => break,
            _ => files.push(argument),
        }
    }
    let requests = arguments.map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    let texts = files.iter().map(std::fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
    let read = start.elapsed();
    let foreign: Vec<&str> = foreign.iter().map(String::as_str).collect();
    let mut universe = Universe::new(arch.parse()?, &foreign);
    for (text, file) in texts.iter().zip(&files) {
        universe.add(text, SourceInfo { name: file.clone(), origin: Origin::default() }, &Pins::default())?;
    }
    let added = start.elapsed();
    let base = match base.as_str() {
        "none" => Base::None,
        "bare" => Base::Names(Vec::new()),
        "minbase" => Base::Minbase,
        file => Base::Status(installed(&std::fs::read_to_string(file)?)),
    };
    if requests.is_empty() {
        for id in base.present(&universe) {
            let stanza = universe.candidate(id);
            println!("{}={} present", stanza.package, stanza.version);
        }
    }
    let answer = deb::solve(&universe, &requests, &base, &policy);
    let solved = start.elapsed();
    for set in &answer.sets {
        if answer.sets.len() > 1 {
            println!("[{}]", set.name);
        }
        for pick in &set.picks {
            let stanza = universe.candidate(pick.candidate);
            let foreign = if foreign.contains(&stanza.architecture) { format!(":{}", stanza.architecture) } else { String::new() };
            print!("{}{foreign}={}", stanza.package, stanza.version);
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
        "{} candidates: read {read:?}, indexed {:?}, solved {:?}; {} picked",
        universe.len(),
        added - read,
        solved - added,
        answer.sets.iter().map(|set| set.picks.len()).sum::<usize>()
    );
    Ok(())
}

fn installed(status: &str) -> Vec<Installed> {
    let field = |paragraph: &str, name: &str| {
        paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    let one = |paragraph: &str| {
        let (name, version) = (field(paragraph, "Package")?, field(paragraph, "Version")?);
        Some(Installed { name, version, arch: field(paragraph, "Architecture")? })
    };
    status.split("\n\n").filter_map(one).collect()
}
