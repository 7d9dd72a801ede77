//! A bundle's head, read once: what it says is judged, and the same bytes are handed on to whoever takes the rest.

use crate::{
    commands::{
        bom::artifacts,
        carry::{self, Given},
    },
    context::Context,
    failure::unsatisfied,
};
use anyhow::Result;
use lsrepo_bom::{Lock, inventory::Inventory, lock::PlatformLock};
use lsrepo_bundle::{Archive, Described, Inspection};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
};

/// What a bundle says of itself, its signature checked.
pub(super) struct Head {
    /// what its signed index and the manifests of its sets say
    pub(super) seen: Inspection,
    /// what each of those sets is a part of, in the same order
    pub(super) locks: Vec<PlatformLock>,
    /// that packages state
    pub(super) licences: BTreeMap<Digest, String>,
}

impl Head {
    /// Reads the head of a bundle; gives it with all of the bundle, from the start.
    pub(super) fn read<'a>(context: &Context, paths: &[PathBuf], given: Given<'a>) -> Result<(Self, Given<'a>)> {
        let (trust, now) = (context.trusted()?, context.now);
        match given {
            Given::Media(source) => {
                let sets = carry::judge(Archive::describe(&source, &trust, now), paths)?;
                let seen = carry::judge(Archive::inspect(&source, &trust, now), paths)?;
                Ok((Self::of(paths, seen, sets)?, Given::Media(source)))
            }
            Given::Stream(mut input) => {
                let mut front = Vec::new();
                let sets = lsrepo_bundle::describe(Recorded { input: &mut input, front: &mut front }, &trust, now);
                let sets = carry::judge(sets, paths)?;
                let seen = carry::judge(lsrepo_bundle::inspect(&front[..], &trust, now), paths)?;
                Ok((Self::of(paths, seen, sets)?, Given::Stream(Box::new(Cursor::new(front).chain(input)))))
            }
        }
    }

    fn of(paths: &[PathBuf], seen: Inspection, sets: Vec<Described>) -> Result<Self> {
        let bundle = paths.first().map(PathBuf::as_path).unwrap_or(Path::new("-"));
        let (locks, licences) = artifacts::of_sets(sets, bundle)?;
        let fits = seen.parts.len() == locks.len()
            && seen.parts.iter().zip(&locks).all(|(part, lock)| part.platform == lock.name.to_string());
        if !fits {
            return Err(unsatisfied(format!("{}: its sets are not for the platforms that their locks name", bundle.display())));
        }
        Ok(Self { seen, locks, licences })
    }

    /// Everything in it, to be compared.
    pub(super) fn inventory(&self) -> Inventory {
        Inventory::of(&Lock::new(self.locks.clone()), &self.licences)
    }
}

/// An input, and what was read of it.
struct Recorded<'a> {
    input: &'a mut dyn Read,
    front: &'a mut Vec<u8>,
}

impl Read for Recorded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.front.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_read_again_and_nothing_is_lost() {
        let (mut input, mut front) = (&b"head and body"[..], Vec::new());
        let mut head = [0; 4];
        Recorded { input: &mut input, front: &mut front }.read_exact(&mut head).unwrap();
        let mut all = String::new();
        Cursor::new(front).chain(input).read_to_string(&mut all).unwrap();
        assert_eq!((&head, all.as_str()), (b"head", "head and body"));
    }
}
