//! What other stores may copy, at `/sync/`: the head of what is shown, and every blob of its sets.

use super::Snapshot;
use crate::{
    head::{Head, Piece},
    prepared,
};
use anyhow::Result;
use lsrepo_publish::{Entry, Tree};
use lsrepo_sign::SecretKey;
use lsrepo_store::Store;
use lsrepo_types::{RelPath, Timestamp};
use std::{collections::BTreeMap, sync::Arc};

/// Where a blob is.
fn path(piece: &Piece) -> Result<RelPath> {
    Ok(format!("blobs/sha256/{}", piece.digest.hex()).parse()?)
}

/// The head of a snapshot, and all that it leads to.
pub(super) fn tree(store: &Store, snapshot: &Snapshot, (key, date): (&SecretKey, Timestamp)) -> Result<Tree> {
    let mut tree = Tree::default();
    let mut sets = BTreeMap::new();
    for (name, digest) in &snapshot.roots {
        let (set, pieces) = prepared::pieces_of(store, name, digest)?;
        for piece in pieces.iter().chain([&set]) {
            tree.insert(path(piece)?, Entry::Blob { digest: piece.digest, size: piece.size });
        }
        sets.insert(name.clone(), set);
    }
    let head = Head::new(snapshot.number, date, sets).sign(key)?;
    tree.insert("head".parse()?, Entry::Bytes(Arc::from(head)));
    Ok(tree)
}
