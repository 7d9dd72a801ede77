//! Searching the names: every word has to be in a name or its summary, whatever its case; the best names come first.

use super::{
    Catalogue, CatalogueError, Kind,
    format::{BLOCK, cut},
};
use crate::ReadAt;

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// words; no words find everything
    pub text: String,
    /// one kind alone
    pub kind: Option<Kind>,
    /// what is for this platform, or for any
    pub platform: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// how many in all
    pub total: u64,
    /// the numbers of those of this page, the best first
    pub numbers: Vec<u32>,
}

/// How many bytes of a query count.
const MOST_TEXT: usize = 200;
/// How many words of it.
const MOST_WORDS: usize = 8;

impl<R: ReadAt> Catalogue<R> {
    /// Those from `skip` on, at most `most` of them. What takes longest is a pass over all names.
    pub fn search(&self, query: &Query, skip: u64, most: usize) -> Result<Found, CatalogueError> {
        let text = cut(&query.text, MOST_TEXT).to_ascii_lowercase();
        let whole = text.trim();
        let words: Vec<memchr::memmem::Finder<'_>> =
            whole.split_whitespace().take(MOST_WORDS).map(|word| memchr::memmem::Finder::new(word.as_bytes())).collect();
        let mask = match &query.platform {
            None => u64::MAX,
            Some(platform) => match self.platforms().binary_search(platform) {
                Ok(at) if at < 64 => 1 << at,
                Ok(_) => u64::MAX,
                Err(_) => return Ok(Found::default()),
            },
        };
        let ranges = self.ranges().iter().filter(|range| query.kind.is_none_or(|kind| kind == range.kind));
        let elsewhere = |place: &str| query.platform.as_ref().is_some_and(|platform| !place.is_empty() && place != platform);
        let mut hits: Vec<(u8, u32)> = Vec::new();
        let (mut name, mut summary) = (Vec::new(), Vec::new());
        for range in ranges.filter(|range| !elsewhere(&range.place)) {
            if words.is_empty() && mask == u64::MAX {
                hits.extend((range.first..range.end).map(|number| (0, number)));
                continue;
            }
            self.names(range.first / BLOCK, range.end.div_ceil(BLOCK), &mut |at, entry| {
                let fits = entry.platforms == 0 || entry.platforms & mask != 0;
                if fits && (range.first..range.end).contains(&at) {
                    lower(&mut name, entry.name);
                    lower(&mut summary, entry.summary);
                    if let Some(rank) = rank(&name, &summary, whole.as_bytes(), &words) {
                        hits.push((rank, at));
                    }
                }
                Ok(())
            })?;
        }
        hits.sort_unstable();
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let numbers = hits.iter().skip(skip).take(most).map(|(_, number)| *number).collect();
        Ok(Found { total: hits.len() as u64, numbers })
    }
}

fn lower(into: &mut Vec<u8>, text: &[u8]) {
    into.clear();
    into.extend_from_slice(text);
    into.make_ascii_lowercase();
}

/// The smaller the better: the name itself, its beginning (of an image or a file: that of its last part), all in the name,
/// some in the summary.
fn rank(name: &[u8], summary: &[u8], whole: &[u8], words: &[memchr::memmem::Finder<'_>]) -> Option<u8> {
    let in_name = words.iter().filter(|word| word.find(name).is_some()).count();
    if in_name < words.len() && !words.iter().all(|word| word.find(name).is_some() || word.find(summary).is_some()) {
        return None;
    }
    let last = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
    Some(match () {
        () if name == whole || last == whole => 0,
        () if name.starts_with(whole) || last.starts_with(whole) => 1,
        () if in_name == words.len() => 2,
        () => 3,
    })
}
