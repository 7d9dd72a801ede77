//! The programs that a bundle carries for bare hosts.

use crate::{cli::ExportArgs, context::Context};
use anyhow::{Context as _, Result, bail};
use lsrepo_bundle::Tools;
use lsrepo_types::Arch;
use std::{
    collections::BTreeMap,
    env,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// What a bare host runs first.
const BOOTSTRAP: &str = include_str!("bootstrap.sh");

/// Those that were named; else this one, where it runs anywhere.
pub(super) fn carried(context: &Context, args: &ExportArgs) -> Result<Tools> {
    let mut all: BTreeMap<Arch, PathBuf> = BTreeMap::new();
    for file in &args.tools {
        let program = Program::of(file)?;
        let Some(program) = program else { bail!("{}: it is no program for x86_64 or arm64", file.display()) };
        if !program.is_static {
            context.progress.warn(&format!("{}: it is not linked statically, and may not run on a bare host", file.display()));
        }
        if let Some(other) = all.insert(program.arch, file.clone()) {
            bail!("{} and {}: two programs for {}", other.display(), file.display(), program.arch);
        }
    }
    if args.tools.is_empty() && !args.no_tools {
        let own = env::current_exe().context("finding this program")?;
        if let Some(program) = Program::of(&own)?.filter(|program| program.is_static) {
            all.insert(program.arch, own);
        }
    }
    let mut tools = Tools::none();
    if !all.is_empty() {
        tools.add_bytes("bootstrap.sh", BOOTSTRAP.as_bytes());
    }
    for (arch, file) in all {
        tools.add_file(&format!("lsrepo-{arch}"), file)?;
    }
    Ok(tools)
}

/// What the head of an ELF file says (System V ABI, chapters 4 and 5).
struct Program {
    arch: Arch,
    is_static: bool,
}

impl Program {
    fn of(file: &Path) -> Result<Option<Self>> {
        let mut head = Vec::new();
        let opened = File::open(file).with_context(|| file.display().to_string())?;
        opened.take(64 << 10).read_to_end(&mut head).with_context(|| file.display().to_string())?;
        Ok(Self::parse(&head))
    }

    /// Little-endian files of 64 bits.
    fn parse(head: &[u8]) -> Option<Self> {
        let short = |at: usize| Some(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?));
        if !head.starts_with(b"\x7fELF\x02\x01") {
            return None;
        }
        let arch = match short(18)? {
            62 => Arch::X86_64,
            183 => Arch::Arm64,
            _ => return None,
        };
        let table = usize::try_from(u64::from_le_bytes(head.get(32..40)?.try_into().ok()?)).ok()?;
        let (size, count) = (usize::from(short(54)?), usize::from(short(56)?));
        // A program that needs an interpreter, which is the dynamic linker, has a segment of type 3.
        let types = (0..count).filter_map(|at| head.get(table.checked_add(at * size)?..)?.first_chunk::<4>().copied());
        let interpreted = types.map(u32::from_le_bytes).any(|kind| kind == 3);
        Some(Self { arch, is_static: !interpreted })
    }
}
