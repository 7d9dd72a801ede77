//! A bundle whose volumes are still being copied: it is read as they arrive.

use crate::{
    error::BundleError,
    source::{files_in, header},
    volume::{HEAD, VolumeHeader, bundle_name},
};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Reads the volumes in a folder one after the other, and waits for those that are not there yet.
pub struct Watched<'a> {
    dir: PathBuf,
    volume: Option<(VolumeHeader, File, u64)>,
    /// told once for each volume that is waited for: its ordinal and the total, where that is known
    on_wait: &'a dyn Fn(u32, Option<u32>),
}

impl<'a> Watched<'a> {
    /// Begins with the first volume, whenever it comes.
    pub fn new(dir: &Path, on_wait: &'a dyn Fn(u32, Option<u32>)) -> Self {
        Self { dir: dir.to_owned(), volume: None, on_wait }
    }

    fn wait(&self, ordinal: u32) -> io::Result<(VolumeHeader, File)> {
        let before = self.volume.as_ref().map(|(header, ..)| *header);
        let mut told = false;
        loop {
            if let Some(found) = self.find(ordinal, before)? {
                return Ok(found);
            }
            if !told {
                (self.on_wait)(ordinal, before.map(|header| header.total));
                told = true;
            }
            thread::sleep(LOOK);
        }
    }

    /// A volume that is there as a whole.
    fn find(&self, ordinal: u32, before: Option<VolumeHeader>) -> io::Result<Option<(VolumeHeader, File)>> {
        let all = files_in(&self.dir, |name| bundle_name(name).is_some()).map_err(|error| match error {
            BundleError::Io { why, .. } => why,
            other => io::Error::other(other.to_string()),
        })?;
        for path in all {
            let file = File::open(&path)?;
            let Some(found) = header(&file)? else { continue };
            let of_it = before.is_none_or(|before| before.bundle == found.bundle);
            if found.ordinal == ordinal && of_it && file.metadata()?.len() == HEAD as u64 + found.length {
                return Ok(Some((found, file)));
            }
        }
        Ok(None)
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = match &self.volume {
            None => 1,
            Some((header, _, 0)) if header.ordinal == header.total => return Ok(0),
            Some((header, _, 0)) => header.ordinal + 1,
            Some(_) => 0,
        };
        if next > 0 {
            let (header, mut file) = self.wait(next)?;
            io::Seek::seek(&mut file, io::SeekFrom::Start(HEAD as u64))?;
            self.volume = Some((header, file, header.length));
        }
        let Some((_, file, left)) = &mut self.volume else { return Ok(0) };
        let most = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        let read = file.read(&mut buffer[..most])?;
        *left -= read as u64;
        match read {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a volume became shorter while it was read")),
            _ => Ok(read),
        }
    }
}
