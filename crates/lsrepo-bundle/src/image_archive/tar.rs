//! A tar of plain files from no time and of no owner, as the pieces that it is put together of.

use super::Piece;
use crate::plan;
use lsrepo_oci::{Descriptor, blob_path};

/// What is there so far.
#[derive(Default)]
pub(super) struct Tar {
    pieces: Vec<Piece>,
    /// what comes behind them
    made: Vec<u8>,
}

impl Tar {
    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let size = bytes.len() as u64;
        self.made.extend(plan::header(name, size, false));
        self.made.extend(bytes);
        self.pad(size);
    }

    /// A file that is a blob of the store.
    pub(super) fn blob(&mut self, blob: &Descriptor) {
        self.made.extend(plan::header(&blob_path(&blob.digest.into()), blob.size, false));
        self.pieces.push(Piece::Made(std::mem::take(&mut self.made)));
        self.pieces.push(Piece::Blob(Box::new(blob.clone())));
        self.pad(blob.size);
    }

    /// Two records of zeros end a tar.
    pub(super) fn finish(mut self) -> Vec<Piece> {
        self.made.extend([0; 2 * plan::RECORD as usize]);
        self.pieces.push(Piece::Made(self.made));
        self.pieces
    }

    fn pad(&mut self, size: u64) {
        let padding = (plan::RECORD - size % plan::RECORD) % plan::RECORD;
        self.made.extend(&[0; plan::RECORD as usize][..padding as usize]);
    }
}
