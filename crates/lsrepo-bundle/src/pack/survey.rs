//! What packing will gain and take, from a few samples.

use super::{
    Level, workers,
    write::{LARGEST, candidates, frame, gunzip, open, pays},
};
use crate::{BundleError, error::io as failed};
use lsrepo_gzip::{Rebuilder, guess};
use lsrepo_oci::Descriptor;
use lsrepo_store::Store;
use std::{
    io::{self, Read, Write},
    time::{Duration, Instant},
};

/// How many blobs are looked at, and plain bytes of each.
const SAMPLES: usize = 8;
const SAMPLE: u64 = 1 << 20;

/// An estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// blobs that may be packed
    pub blobs: u64,
    /// their bytes
    pub bytes: u64,
    /// the bytes they will take; rather too many, as samples do not see what is far away
    pub packed: u64,
    /// how long it will take here
    pub time: Duration,
}

/// What of one blob came to.
struct Sample {
    /// bytes as it is
    before: f64,
    /// of what is in it
    plain: f64,
    /// packed
    after: f64,
    time: Duration,
}

/// Tries the level at samples of these blobs, the largest first.
pub fn survey<'a>(
    store: &Store,
    blobs: impl IntoIterator<Item = &'a Descriptor>,
    Level(level): Level,
) -> Result<Survey, BundleError> {
    let mut blobs = candidates(blobs);
    blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
    let bytes: u64 = blobs.iter().map(|blob| blob.size).sum();
    // Those in the middle of parts with equally many bytes stand for these.
    let (mut at, mut total) = (0, Sample { before: 0.0, plain: 0.0, after: 0.0, time: Duration::ZERO });
    let mut stands = (0..SAMPLES as u64).map(|part| bytes * (2 * part + 1) / (2 * SAMPLES as u64)).peekable();
    for blob in &blobs {
        at += blob.size;
        let mut weight = 0_u32;
        while stands.next_if(|&stand| stand < at).is_some() {
            weight += 1;
        }
        if weight > 0 {
            let sample = sample(store, blob, level).map_err(failed(&blob.digest.hex()))?;
            let part = bytes as f64 / SAMPLES as f64 * f64::from(weight) / sample.before.max(1.0);
            total.after += sample.after * part;
            total.plain += sample.plain * part;
            total.time += sample.time.mul_f64(part);
        }
    }
    let packs = (total.plain / LARGEST as f64) as usize + 1;
    let time = total.time / workers().min(packs) as u32;
    Ok(Survey { blobs: blobs.len() as u64, bytes, packed: (total.after as u64).min(bytes), time })
}

fn sample(store: &Store, blob: &Descriptor, level: u8) -> io::Result<Sample> {
    let began = Instant::now();
    let open = || open(store, blob);
    let mut plain = Vec::new();
    let mut magic = [0; 2];
    open()?.read_exact(&mut magic)?;
    let before = if magic == [0x1F, 0x8B] {
        let Some(recipe) = guess(open, SAMPLE)? else {
            return Ok(Sample { before: SAMPLE as f64, plain: 0.0, after: SAMPLE as f64, time: began.elapsed() / 100 });
        };
        gunzip(open()?).take(SAMPLE).read_to_end(&mut plain)?;
        let mut stream = Vec::new();
        let mut rebuilder = Rebuilder::new(&recipe, &mut stream);
        rebuilder.write_all(&plain)?;
        rebuilder.finish()?;
        stream.len() as f64
    } else {
        open()?.take(SAMPLE).read_to_end(&mut plain)?;
        if !pays(&plain)? {
            return Ok(Sample { before: plain.len() as f64, plain: 0.0, after: plain.len() as f64, time: Duration::ZERO });
        }
        plain.len() as f64
    };
    let mut packed = frame(Vec::new(), level, plain.len() as u64)?;
    packed.write_all(&plain)?;
    Ok(Sample { before, plain: plain.len() as f64, after: packed.finish()?.len() as f64, time: began.elapsed() })
}
