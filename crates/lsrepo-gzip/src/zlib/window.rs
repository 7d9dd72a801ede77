//! The last 32 KiB seen and what is still ahead, with the chains that lead from a string to its earlier likes.

/// What matches may reach back into, and half of the window.
const HALF: usize = 0x8000;
const SIZE: usize = 2 * HALF;
/// The longest match.
pub(super) const LONGEST: usize = 258;
/// The shortest match.
pub(super) const SHORTEST: usize = 3;
/// With less than this ahead the programs want to read first: the longest match, and the string after it.
pub(super) const AHEAD: usize = LONGEST + SHORTEST + 1;
/// A match starts at most this far back, so that one half is always enough.
const FARTHEST: usize = HALF - AHEAD;
/// Comparisons may run over the end, what they find there is cut off later.
const MARGIN: usize = 512;

/// Two halves of text: when the upper one is used up it becomes the lower one.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Box<[u8; SIZE + MARGIN]>,
    /// The last position whose three bytes have this hash. Position 0 stands for none, so nothing ever matches there.
    newest: Box<[u16; HALF]>,
    /// The position before with the same hash, for each of the last 32 Ki positions.
    older: Box<[u16; HALF]>,
    /// What comes next.
    at: usize,
    /// Where the text ends.
    end: usize,
    /// Where the block began that is being gathered; negative when that text has gone.
    block: isize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self {
            bytes: Box::new([0; SIZE + MARGIN]),
            newest: Box::new([0; HALF]),
            older: Box::new([0; HALF]),
            at: 0,
            end: 0,
            block: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.fill(0);
        self.newest.fill(0);
        (self.at, self.end, self.block) = (0, 0, 0);
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn ahead(&self) -> usize {
        self.end - self.at
    }

    pub(super) fn is_full(&self) -> bool {
        self.end == SIZE
    }

    pub(super) fn step(&mut self, count: usize) {
        self.at += count;
    }

    /// How much text has gone by since the block began.
    pub(super) fn block_size(&self) -> usize {
        self.at.wrapping_add_signed(-self.block)
    }

    /// The text of the block, if it is still here. The next one begins behind it.
    pub(super) fn take_block(&mut self) -> Option<&[u8]> {
        let start = std::mem::replace(&mut self.block, self.at as isize);
        let start = usize::try_from(start).ok()?;
        Some(&self.bytes[start..self.at])
    }

    /// Takes what there is room for, and returns the rest.
    pub(super) fn fill<'a>(&mut self, plain: &'a [u8]) -> &'a [u8] {
        let (taken, rest) = plain.split_at(plain.len().min(SIZE - self.end));
        self.bytes[self.end..][..taken.len()].copy_from_slice(taken);
        self.end += taken.len();
        rest
    }

    /// GNU gzip marks the end by two zeros, and matches whatever older text lies behind them.
    pub(super) fn end_of_input(&mut self) {
        self.bytes[self.end..][..2].fill(0);
    }

    /// Moves the upper half down, once no match may start in what is left.
    pub(super) fn slide_when_spent(&mut self) {
        if self.ahead() >= AHEAD || self.at < HALF + FARTHEST {
            return;
        }
        self.bytes.copy_within(HALF..SIZE, 0);
        self.at -= HALF;
        self.end -= HALF;
        self.block -= HALF as isize;
        for positions in [&mut self.newest, &mut self.older] {
            positions.iter_mut().for_each(|position| *position = position.saturating_sub(HALF as u16));
        }
    }

    pub(super) fn byte(&self, position: usize) -> u8 {
        self.bytes[position]
    }

    /// Remembers the string at a position, and returns the last one with its hash, 0 if there is none.
    #[inline(always)]
    pub(super) fn remember(&mut self, position: usize) -> u16 {
        let [a, b, c] = self.load::<3>(position).map(usize::from);
        let hash = (a << 10 ^ b << 5 ^ c) % HALF;
        let last = std::mem::replace(&mut self.newest[hash], position as u16);
        self.older[position % HALF] = last;
        last
    }

    /// Whether a search may start here with this candidate.
    #[inline(always)]
    pub(super) fn reaches(&self, candidate: u16) -> bool {
        candidate != 0 && self.at - usize::from(candidate) <= FARTHEST && self.at <= SIZE - AHEAD
    }

    /// Follows the chain from a candidate to the first of the longest matches that exceed `best`.
    /// Without one `best` comes back, with a distance that means nothing.
    #[inline(always)]
    pub(super) fn longest(&self, mut candidate: u16, mut best: usize, mut chain: usize, nice: usize) -> Match {
        let here: &[u8; LONGEST] = self.text(self.at);
        let limit = self.at.saturating_sub(FARTHEST);
        let mut start = 0;
        'longer: while let Some(ends) = self.bytes[best.max(3) - 3..].first_chunk::<{ SIZE + 3 }>() {
            // Most candidates fail where the match in hand ends. Every place is below `SIZE`: nothing to check.
            let mask = if best < 3 { 0xff_ffff } else { u32::MAX };
            let end = |ends: &[u8; SIZE + 3], place: usize| {
                u32::from_le_bytes([ends[place], ends[place + 1], ends[place + 2], ends[place + 3]]) & mask
            };
            let last = end(ends, self.at);
            loop {
                let place = usize::from(candidate);
                if end(ends, place) == last {
                    let length = common(here, self.text(place));
                    if length > best {
                        (start, best) = (place, length);
                        if length >= nice {
                            break 'longer;
                        }
                    }
                }
                candidate = self.older[place % HALF];
                chain -= 1;
                if usize::from(candidate) <= limit || chain == 0 {
                    break 'longer;
                }
                if start == place {
                    break;
                }
            }
        }
        Match { length: best, distance: self.at - start }
    }

    #[inline(always)]
    fn text(&self, position: usize) -> &[u8; LONGEST] {
        self.bytes[position..].first_chunk().unwrap_or(&[0; LONGEST])
    }

    #[inline(always)]
    fn load<const N: usize>(&self, position: usize) -> [u8; N] {
        *self.bytes[position..].first_chunk().unwrap_or(&[0; N])
    }
}

/// So many bytes as so far back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) length: usize,
    pub(super) distance: usize,
}

/// How many bytes two texts have in common, eight at a time.
#[inline(always)]
fn common(one: &[u8; LONGEST], other: &[u8; LONGEST]) -> usize {
    let (ones, one_rest) = one.as_chunks::<8>();
    let (others, other_rest) = other.as_chunks::<8>();
    let mut length = 0;
    for (one, other) in ones.iter().zip(others) {
        let difference = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if difference != 0 {
            return length + (difference.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    length + one_rest.iter().zip(other_rest).take_while(|(one, other)| one == other).count()
}
