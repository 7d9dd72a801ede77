//! A bundle where it lies: every blob can be read without unpacking anything.
//!
//! The signature is checked when it is opened, each blob before its first byte is given. A bundle is a store too.

use crate::{
    describe::{Described, described},
    error::BundleError,
    hashing::Hashed,
    head::{self, Body},
    import::{Trust, refuse_without_base, roots},
    inspect::{Inspection, inspected},
    pack::{self, Pack, Packed, rebuild},
    plan::{self, FrameSize},
    reader::Reader,
    source::Source,
};
use lsrepo_oci::Descriptor;
use lsrepo_sign::{Fingerprint, Keyring};
use lsrepo_store::{CheckProgress, Shelf, Store};
use lsrepo_types::{Digest, Timestamp};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

/// What is read at once of a bundle's head.
const HEAD: usize = 64 << 10;
/// What is read at once of a blob.
const CHUNK: usize = 1 << 20;

/// An open bundle.
pub struct Archive {
    pub(crate) source: Arc<Source>,
    /// of its signed index: what it is known by
    pub index: Digest,
    /// who signed it
    pub signer: Fingerprint,
    /// the key that did, armoured, where it was not trusted
    pub new_key: Option<String>,
    roots: BTreeMap<String, Digest>,
    pub(crate) members: Vec<Member>,
    by_digest: HashMap<Digest, usize>,
    pub(crate) packs: Vec<Pack>,
    /// what it leaves out
    pub absent: Vec<Descriptor>,
    /// where the first blob begins
    pub(crate) body: u64,
    /// the frames before that
    pub(crate) frames: Vec<FrameSize>,
    pub(crate) tools: Option<(Digest, u64)>,
}

/// A blob in a bundle.
pub(crate) struct Member {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// where its first frame begins
    pub(crate) start: u64,
    /// what a check said, once there was one
    state: OnceLock<Result<(), String>>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("index", &self.index).field("source", &self.source).finish_non_exhaustive()
    }
}

impl Archive {
    /// Opens a bundle. Who signed it must be trusted.
    pub fn open(source: &Arc<Source>, trust: &Trust<'_>) -> Result<Self, BundleError> {
        let source = source.clone();
        let mut reader = Reader::new(source.reader(0, HEAD));
        let head = head::read(&mut reader, trust.keys, trust.now)?;
        trust.take(&head)?;
        if source.said().is_some_and(|said| said != head.digest) {
            return Err(BundleError::Shape("its volumes say that they are of another bundle".to_owned()));
        }
        let roots = roots(&head.index)?;
        let Body { manifests, blobs, packs, absent } = head::body(&mut reader, &head.index)?;
        let (body, frames) = (reader.offset(), reader.frames().to_vec());
        // Those of the sets lie before the others.
        let sizes = manifests.iter().map(|(bytes, _)| plan::packed(bytes.len() as u64)).sum::<u64>();
        let gap = |annotation| Ok::<_, BundleError>(head::said(&head.index, annotation)?.map_or(0, |(_, size)| plan::packed(size)));
        let gap = gap(head::ABSENT)? + gap(pack::ANNOTATION)?;
        let (mut members, mut by_digest) = (Vec::new(), HashMap::new());
        let mut add = |digest: Digest, size: u64, start: u64| {
            by_digest.insert(digest, members.len());
            members.push(Member { digest, size, start, state: OnceLock::new() });
        };
        let mut at = body - gap - sizes;
        for (descriptor, (bytes, _)) in head::sets(&head.index).zip(&manifests) {
            add(descriptor.digest, bytes.len() as u64, at);
            at += plan::packed(bytes.len() as u64);
        }
        at = body;
        for descriptor in blobs.into_iter().chain(packs.iter().map(Pack::descriptor)) {
            add(descriptor.digest, descriptor.size, at);
            at = at
                .checked_add(plan::packed(descriptor.size))
                .filter(|&end| end <= source.size())
                .ok_or_else(|| BundleError::Truncated { offset: source.size(), what: format!("blob {}", descriptor.digest) })?;
        }
        let tools = head::said(&head.index, crate::tools::ANNOTATION)?;
        let (index, signer) = (head.digest, head.signer);
        let new_key = (!head.trusted).then_some(head.key);
        Ok(Self { source, index, signer, new_key, roots, members, by_digest, packs, absent, body, frames, tools })
    }

    /// What it holds, from its head.
    pub fn inspect(source: &Arc<Source>, keys: &Keyring, now: Timestamp) -> Result<Inspection, BundleError> {
        inspected(Reader::new(source.reader(0, HEAD)), keys, now)
    }

    /// What it says of what it carries.
    pub fn describe(source: &Arc<Source>, keys: &Keyring, now: Timestamp) -> Result<Vec<Described>, BundleError> {
        described(Reader::new(source.reader(0, HEAD)), keys, now)
    }

    /// Where it lies.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.source.paths().map(ToOwned::to_owned).collect()
    }

    /// Digests and sizes of the blobs in it, in their order, and of those that are made of its packs.
    pub fn blobs(&self) -> impl Iterator<Item = (Digest, u64)> {
        let packed = self.packs.iter().flat_map(|pack| &pack.blobs).map(|blob| (blob.digest, blob.size));
        self.members.iter().map(|member| (member.digest, member.size)).chain(packed)
    }

    pub(crate) fn find(&self, digest: &Digest) -> Option<&Member> {
        self.members.get(*self.by_digest.get(digest)?)
    }

    /// The pack that a blob is made of.
    fn pack_of(&self, digest: &Digest) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.blobs.iter().any(|blob| blob.digest == *digest))
    }

    /// Reads a blob through; it is right only where this ends well.
    pub(crate) fn read(&self, member: &Member, take: impl FnMut(&[u8]) -> Result<(), BundleError>) -> Result<(), BundleError> {
        let mut reader = Reader::behind(self.source.reader(member.start, CHUNK), member.start, Vec::new());
        reader.blob(&member.digest, member.size, take)
    }

    /// Writes a blob that is in it somewhere else. It is whole and right only where this ends well.
    pub fn copy(&self, digest: &Digest, out: &mut dyn io::Write) -> Result<(), BundleError> {
        if let Some(member) = self.find(digest) {
            return self.read(member, |part| out.write_all(part).map_err(crate::error::io("writing what is extracted")));
        }
        let pack = self.pack_of(digest).ok_or_else(|| BundleError::Shape(format!("blob {digest} is not in it")))?;
        let mut hashed = Hashed::new(out);
        let member = self.find(&pack.digest).ok_or(BundleError::Nothing)?;
        // Once is enough for all that is made of it.
        if member.state.get() != Some(&Ok(())) {
            self.read(member, |_| Ok(()))?;
            member.state.get_or_init(|| Ok(()));
        }
        self.unpack(pack, |blob, plain| match blob.digest == *digest {
            true => rebuild(blob, plain, &mut hashed).map(ControlFlow::Break),
            false => Ok(ControlFlow::Continue(())),
        })?;
        match hashed.digest() == *digest {
            true => Ok(()),
            false => Err(BundleError::Packed { blob: *digest, why: "it comes out as something else".to_owned() }),
        }
    }

    /// Gives what is in a pack, which was checked.
    pub(crate) fn unpack(
        &self,
        pack: &Pack,
        take: impl FnMut(&Packed, &mut dyn io::Read) -> Result<ControlFlow<()>, BundleError>,
    ) -> Result<(), BundleError> {
        pack::each(pack, Reading { archive: self, digest: pack.digest, at: 0 }, take)
    }

    /// It must carry its blobs as they are: packed ones cannot be read where they lie.
    pub fn refuse_packs(&self) -> Result<(), BundleError> {
        let packed = || self.packs.iter().flat_map(|pack| &pack.blobs);
        match packed().count() as u64 {
            0 => Ok(()),
            blobs => Err(BundleError::Archived { blobs, bytes: packed().map(|blob| blob.size).sum() }),
        }
    }

    /// What it leaves out must be in the store.
    pub fn refuse_without_base(&self, store: &Store) -> Result<(), BundleError> {
        refuse_without_base(store, &self.absent)
    }
}

impl Shelf for Archive {
    fn name(&self) -> String {
        self.source.name()
    }

    fn roots(&self) -> &BTreeMap<String, Digest> {
        &self.roots
    }

    fn size_of(&self, digest: &Digest) -> Option<u64> {
        self.find(digest).map(|member| member.size)
    }

    fn check(&self, digest: &Digest) -> io::Result<()> {
        let of_pack = || self.find(&self.pack_of(digest)?.digest);
        let member = self.find(digest).or_else(of_pack).ok_or(io::ErrorKind::NotFound)?;
        if let Some(known) = member.state.get() {
            return known.clone().map_err(damaged);
        }
        // A medium that cannot be read just now is not damaged for ever.
        let found = match self.read(member, |_| Ok(())) {
            Err(BundleError::Io { why, .. }) => return Err(why),
            other => other.map_err(|error| error.to_string()),
        };
        member.state.get_or_init(|| found).clone().map_err(damaged)
    }

    fn check_all(&self, bad: &dyn Fn(&str)) {
        for member in &self.members {
            if let Err(why) = self.check(&member.digest) {
                bad(&format!("{}: {why}", self.source.name()));
            }
        }
    }

    fn progress(&self) -> CheckProgress {
        let mut progress = CheckProgress { all: self.members.len() as u64, ..CheckProgress::default() };
        for state in self.members.iter().filter_map(|member| member.state.get()) {
            match state {
                Ok(()) => progress.good += 1,
                Err(_) => progress.bad += 1,
            }
        }
        progress
    }

    fn read_at(&self, digest: &Digest, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let member = self.find(digest).ok_or(io::ErrorKind::NotFound)?;
        if buffer.is_empty() || offset >= member.size {
            return Ok(0);
        }
        let stretch = plan::stretch(member.size, offset);
        let wanted = stretch.until_frame.min(buffer.len() as u64);
        let start = member.start + stretch.at;
        if wanted <= stretch.until_block {
            self.source.read_exact_at(&mut buffer[..wanted as usize], start)?;
            return Ok(wanted as usize);
        }
        // Several blocks, with the header of each between them.
        let heads = (wanted - stretch.until_block).div_ceil(plan::BLOCK);
        let mut packed = vec![0; (wanted + heads * 3) as usize];
        self.source.read_exact_at(&mut packed, start)?;
        let (mut from, mut to, mut block) = (0, 0, stretch.until_block as usize);
        while to < wanted as usize {
            let part = block.min(wanted as usize - to);
            buffer[to..to + part].copy_from_slice(&packed[from..from + part]);
            (from, to, block) = (from + part + 3, to + part, plan::BLOCK as usize);
        }
        Ok(to)
    }
}

/// A blob, from its front.
struct Reading<'a> {
    archive: &'a Archive,
    digest: Digest,
    at: u64,
}

impl io::Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.archive.read_at(&self.digest, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn damaged(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
