//! What a bare host needs to begin: a plain tar in front of everything else, in a frame that zstd passes over.
//!
//! ```text
//! 51 2A 4D 18  size      a skippable frame (RFC 8878, 3.1.2)
//! bootstrap.sh  …        a tar: tail -c +9 bundle.tar.zst | tar -x
//! ```
//! Its digest and size are in the signed index.

use crate::{
    error::{BundleError, io},
    plan,
};
use lsrepo_types::Hasher;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::PathBuf,
};

/// Bytes of the frame's header.
pub(crate) const HEAD: usize = 8;
const MAGIC: u32 = 0x184D_2A51;
/// The annotation of the index.
pub(crate) const ANNOTATION: &str = "com.lambdastack.lsrepo.tools";

/// Programs that a bundle carries.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    parts: Vec<Part>,
    size: u64,
}

#[derive(Clone, Debug)]
enum Part {
    Bytes(Vec<u8>),
    File(PathBuf, u64),
}

impl Tools {
    /// No tools.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a file of these bytes.
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, Part::Bytes(bytes.to_vec()), bytes.len() as u64);
    }

    /// Adds a file.
    pub fn add_file(&mut self, name: &str, path: PathBuf) -> Result<(), BundleError> {
        let size = fs::metadata(&path).map_err(io(&path.display().to_string()))?.len();
        self.add(name, Part::File(path, size), size);
        Ok(())
    }

    fn add(&mut self, name: &str, part: Part, size: u64) {
        let header = plan::header(name, size, true);
        let padding = size.next_multiple_of(plan::RECORD) - size;
        self.parts.extend([Part::Bytes(header.to_vec()), part, Part::Bytes(vec![0; padding as usize])]);
        self.size += plan::RECORD + size + padding;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Bytes of the tar.
    fn tar_size(&self) -> u64 {
        self.size + 2 * plan::RECORD
    }

    /// Bytes in the bundle.
    pub(crate) fn packed(&self) -> u64 {
        if self.is_empty() { 0 } else { self.tar_size() + HEAD as u64 }
    }

    fn tar(&self) -> io::Result<Box<dyn Read>> {
        let mut whole: Box<dyn Read> = Box::new(io::empty());
        for part in &self.parts {
            whole = match part {
                Part::Bytes(bytes) => Box::new(whole.chain(io::Cursor::new(bytes.clone()))),
                Part::File(path, size) => Box::new(whole.chain(File::open(path)?.take(*size))),
            };
        }
        Ok(Box::new(whole.chain(io::repeat(0).take(2 * plan::RECORD))))
    }

    /// The frame.
    pub(crate) fn frame(&self) -> Result<Box<dyn Read>, BundleError> {
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&MAGIC.to_le_bytes());
        let size = u32::try_from(self.tar_size()).map_err(|_| BundleError::Shape("the tools have more than 4 GiB".to_owned()))?;
        head[4..].copy_from_slice(&size.to_le_bytes());
        Ok(Box::new(io::Cursor::new(head).chain(self.tar().map_err(io("the tools"))?)))
    }

    /// What the index says of them; none where there are none.
    pub(crate) fn said(&self) -> Result<Option<String>, BundleError> {
        if self.is_empty() {
            return Ok(None);
        }
        let (mut tar, mut hasher, mut buffer) = (self.tar().map_err(io("the tools"))?, Hasher::new(), vec![0; 1 << 16]);
        loop {
            match tar.read(&mut buffer).map_err(io("the tools"))? {
                0 => return Ok(Some(format!("{} {}", hasher.finish(), self.tar_size()))),
                read => hasher.update(&buffer[..read]),
            }
        }
    }
}

/// The size of the tar, where this is the head of its frame.
pub(crate) fn size_in(head: &[u8; HEAD]) -> Option<u64> {
    let [a, b, c, d, e, f, g, h] = *head;
    (u32::from_le_bytes([a, b, c, d]) == MAGIC).then(|| u32::from_le_bytes([e, f, g, h]).into())
}
