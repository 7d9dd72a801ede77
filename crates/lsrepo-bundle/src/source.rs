//! A bundle that lies on media: one file, or its volumes in any order. Any byte of it can be read.

use crate::{
    error::{BundleError, io},
    reader::Input,
    volume::{HEAD, VolumeHeader, bundle_name},
};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The files of a bundle.
#[derive(Debug)]
pub struct Source {
    volumes: Vec<Volume>,
    whole: u64,
    bundle: Option<Digest>,
}

#[derive(Debug)]
struct Volume {
    path: PathBuf,
    file: File,
    /// where the bytes of the bundle begin in the file
    head: u64,
    /// which bytes of the bundle these are
    start: u64,
    length: u64,
}

impl Source {
    /// Opens a bundle: its file, one of its volumes (the others lie beside it), all of them in any order, or their folder.
    pub fn open(paths: &[PathBuf]) -> Result<Self, BundleError> {
        Self::open_as(paths, false)
    }

    /// As [`Source::open`], to be freed while it is read.
    pub fn open_to_free(paths: &[PathBuf]) -> Result<Self, BundleError> {
        Self::open_as(paths, true)
    }

    fn open_as(paths: &[PathBuf], write: bool) -> Result<Self, BundleError> {
        let files = match paths {
            [one] if one.is_dir() => match files_in(one, |name| bundle_name(name).is_some())? {
                volumes if !volumes.is_empty() => volumes,
                _ => files_in(one, |name| name.ends_with(".tar.zst") && !name.starts_with('.'))?,
            },
            [one] => beside(one)?,
            several => several.to_vec(),
        };
        let shown = |path: &Path| path.display().to_string();
        if files.is_empty() {
            return Err(BundleError::NoVolumes(paths.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ")));
        }
        let mut volumes: BTreeMap<u32, (VolumeHeader, Volume)> = BTreeMap::new();
        let alone = files.len() == 1;
        for path in files {
            let file = OpenOptions::new().read(true).write(write).open(&path).map_err(io(&shown(&path)))?;
            let size = file.metadata().map_err(io(&shown(&path)))?.len();
            let header = header(&file).map_err(io(&shown(&path)))?;
            let Some(header) = header else {
                if !alone {
                    return Err(BundleError::Shape(format!("{} is no volume of a bundle", path.display())));
                }
                let volume = Volume { path, file, head: 0, start: 0, length: size };
                return Ok(Self { volumes: vec![volume], whole: size, bundle: None });
            };
            if let Some((other, first)) =
                volumes.values().next().filter(|(other, _)| other.bundle != header.bundle || other.total != header.total)
            {
                return Err(BundleError::Shape(format!(
                    "{} is of another bundle ({}) than {} ({})",
                    path.display(),
                    header.bundle,
                    first.path.display(),
                    other.bundle
                )));
            }
            if size != HEAD as u64 + header.length {
                let what = format!(
                    "{}: volume {} has {size} bytes instead of {}",
                    path.display(),
                    header.ordinal,
                    HEAD as u64 + header.length
                );
                return Err(BundleError::Volume(what));
            }
            let volume = Volume { path, file, head: HEAD as u64, start: header.start, length: header.length };
            if let Some((_, twice)) = volumes.insert(header.ordinal, (header, volume)) {
                return Err(BundleError::Shape(format!("volume {} twice: {}", header.ordinal, twice.path.display())));
            }
        }
        let Some((header, _)) = volumes.values().next() else { return Err(BundleError::Nothing) };
        let (total, whole, bundle) = (header.total, header.whole, header.bundle);
        let missing: Vec<u32> = (1..=total).filter(|ordinal| !volumes.contains_key(ordinal)).collect();
        if !missing.is_empty() {
            return Err(BundleError::Missing { missing, total });
        }
        let mut at = 0;
        for (header, volume) in volumes.values() {
            if header.start != at || header.whole != whole {
                return Err(BundleError::Volume(format!("{}: it does not fit between the others", volume.path.display())));
            }
            at += header.length;
        }
        Ok(Self { volumes: volumes.into_values().map(|(_, volume)| volume).collect(), whole, bundle: Some(bundle) })
    }

    /// Where it lies.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.volumes.iter().map(|volume| &*volume.path)
    }

    /// What is told of it: the name of its file, or the first of its volumes.
    pub fn name(&self) -> String {
        let first = self.volumes.first().and_then(|volume| volume.path.file_name()).unwrap_or_default().to_string_lossy();
        match self.volumes.len() {
            1 => first.into_owned(),
            several => format!("{first} and {} more", several - 1),
        }
    }

    /// Bytes of the bundle.
    pub fn size(&self) -> u64 {
        self.whole
    }

    /// The bundle that its volumes say they are of.
    pub(crate) fn said(&self) -> Option<Digest> {
        self.bundle
    }

    /// Which volume has a byte, and where in its file.
    pub(crate) fn place(&self, at: u64) -> Option<(&Path, u64)> {
        let volume = self.volume(at)?;
        Some((&volume.path, at - volume.start + volume.head))
    }

    fn volume(&self, at: u64) -> Option<&Volume> {
        let found = self.volumes.partition_point(|volume| volume.start + volume.length <= at);
        self.volumes.get(found)
    }

    /// As many bytes as fit and lie in one file; none behind the end.
    pub(crate) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let Some(volume) = self.volume(at) else { return Ok(0) };
        let left = volume.start + volume.length - at;
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        volume.file.read_at(&mut buffer[..most], at - volume.start + volume.head)
    }

    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        lsrepo_store::fill_at(buffer, at, |buffer, at| self.read_at(buffer, at))
    }

    /// Gives the place of these bytes back to the file system, where that can be done.
    pub(crate) fn free(&self, from: u64, to: u64) {
        use rustix::fs::{FallocateFlags, fallocate};
        for volume in &self.volumes {
            let (start, end) = (from.max(volume.start), to.min(volume.start + volume.length));
            if start < end {
                let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                let _ = fallocate(&volume.file, flags, start - volume.start + volume.head, end - start);
            }
        }
    }

    /// Removes the files.
    pub fn remove(&self) -> Result<(), BundleError> {
        let remove = |volume: &Volume| fs::remove_file(&volume.path).map_err(io(&volume.path.display().to_string()));
        self.volumes.iter().try_for_each(remove)
    }

    /// Reads it from somewhere on, in pieces of `capacity`.
    pub(crate) fn reader(self: &Arc<Self>, at: u64, capacity: usize) -> SourceReader {
        SourceReader { source: self.clone(), at, buffer: vec![0; capacity], filled: 0, used: 0 }
    }
}

/// The volumes beside one of them, with the same name; the file itself where it is none.
fn beside(path: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let shown = path.display().to_string();
    let file = File::open(path).map_err(io(&shown))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(bundle) = bundle_name(&name).filter(|_| header(&file).is_ok_and(|header| header.is_some())) else {
        return Ok(vec![path.to_owned()]);
    };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    files_in(dir, |name| bundle_name(name) == Some(bundle))
}

/// Plain files in a folder, by their names; sorted.
pub(crate) fn files_in(dir: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, BundleError> {
    let shown = dir.display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(io(&shown))? {
        let path = entry.map_err(io(&shown))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if wanted(&name) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn header(file: &File) -> io::Result<Option<VolumeHeader>> {
    let mut bytes = [0; HEAD];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => Ok(VolumeHeader::parse(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a bundle from somewhere on.
pub(crate) struct SourceReader {
    source: Arc<Source>,
    /// of the first byte behind the buffer
    at: u64,
    buffer: Vec<u8>,
    filled: usize,
    used: usize,
}

impl Read for SourceReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.used == self.filled {
            self.filled = self.source.read_at(&mut self.buffer, self.at)?;
            self.at += self.filled as u64;
            self.used = 0;
        }
        let part = into.len().min(self.filled - self.used);
        into[..part].copy_from_slice(&self.buffer[self.used..self.used + part]);
        self.used += part;
        Ok(part)
    }
}

impl Input for SourceReader {
    fn can_pass(&self) -> bool {
        true
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let here = (self.filled - self.used) as u64;
        if bytes <= here {
            self.used += bytes as usize;
        } else {
            self.at += bytes - here;
            (self.filled, self.used) = (0, 0);
        }
        Ok(())
    }

    fn free(&mut self, from: u64, to: u64) {
        self.source.free(from, to);
    }
}
