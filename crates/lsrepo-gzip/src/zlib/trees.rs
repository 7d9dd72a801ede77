//! Huffman's tree, and how long it makes the code of each symbol.
//!
//! Many trees are equally short. Which one comes out hangs on the order in which a heap gives back what weighs the
//! same, so the heap is built by hand: `BinaryHeap` would be right, but different.

use crate::symbols::LITERALS;

const NODES: usize = 2 * LITERALS - 1;

/// The lengths of an optimal prefix code of at most `limit` bits. At least two symbols get one.
pub(super) fn code_lengths<const N: usize>(frequencies: &[u32; N], limit: usize) -> [u8; N] {
    let tree = Tree::grow(frequencies);
    let mut depths = [0u8; NODES];
    let mut counts = [0usize; 16];
    let mut too_deep = 0;
    for &node in tree.order[..tree.count - 1].iter().rev() {
        let mut depth = usize::from(depths[usize::from(tree.parents[usize::from(node)])]) + 1;
        if depth > limit {
            depth = limit;
            too_deep += 1;
        }
        depths[usize::from(node)] = depth as u8;
        if usize::from(node) < N {
            counts[depth] += 1;
        }
    }
    let mut lengths = [0; N];
    if too_deep == 0 {
        lengths.copy_from_slice(&depths[..N]);
        return lengths;
    }
    shorten(&mut counts, limit, too_deep);
    let mut rarest_first = tree.order[..tree.count].iter().map(|&node| usize::from(node)).filter(|&node| node < N);
    for depth in (1..=limit).rev() {
        for symbol in rarest_first.by_ref().take(counts[depth]) {
            lengths[symbol] = depth as u8;
        }
    }
    lengths
}

/// Makes room for leaves that were lifted to the limit: each time one above it goes a step down and takes one of them as
/// its brother.
fn shorten(counts: &mut [usize; 16], limit: usize, mut too_deep: isize) {
    while too_deep > 0 {
        let above = (1..limit).rev().find(|&depth| counts[depth] > 0).unwrap_or(1);
        counts[above] -= 1;
        counts[above + 1] += 2;
        counts[limit] -= 1;
        too_deep -= 2;
    }
}

/// Leaves are numbered as their symbols, the nodes above them from `N` on.
struct Tree {
    parents: [u16; NODES],
    /// As they left the heap, lightest first; the root is the last.
    order: [u16; NODES],
    count: usize,
}

impl Tree {
    fn grow<const N: usize>(frequencies: &[u32; N]) -> Self {
        let mut heap = Heap { items: [Item::default(); LITERALS + 1], count: 0 };
        for (symbol, &frequency) in frequencies.iter().enumerate().filter(|(_, frequency)| **frequency > 0) {
            heap.append(Item::new(frequency, 0, symbol));
        }
        // A lone symbol still takes a bit, and some readers want to see two.
        let mut last = heap.items[..=heap.count].last().filter(|_| heap.count > 0).map(|item| item.node());
        while heap.count < 2 {
            let symbol = match last {
                None => 0,
                Some(last) if last < 2 => last + 1,
                Some(_) => 0,
            };
            if last.is_none_or(|last| last < 2) {
                last = Some(symbol);
            }
            heap.append(Item::new(1, 0, symbol));
        }
        for place in (1..=heap.count / 2).rev() {
            heap.sink(place);
        }
        let mut tree = Self { parents: [0; NODES], order: [0; NODES], count: 0 };
        let mut node = N;
        while heap.count > 1 {
            let one = heap.pop();
            let other = heap.items[1];
            for child in [one, other] {
                tree.push(child);
                tree.parents[child.node()] = node as u16;
            }
            let depth = one.depth().max(other.depth()) + 1;
            heap.items[1] = Item::new(one.frequency() + other.frequency(), depth, node);
            heap.sink(1);
            node += 1;
        }
        tree.push(heap.items[1]);
        tree
    }

    fn push(&mut self, item: Item) {
        self.order[self.count] = item.node() as u16;
        self.count += 1;
    }
}

/// A node by its weight: first the frequency, then the depth of what hangs below; the number does not weigh.
#[derive(Clone, Copy, Default)]
struct Item(u64);

impl Item {
    fn new(frequency: u32, depth: u8, node: usize) -> Self {
        Self(u64::from(frequency) << 24 | u64::from(depth) << 16 | node as u64)
    }

    fn node(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    fn depth(self) -> u8 {
        (self.0 >> 16) as u8
    }

    fn frequency(self) -> u32 {
        (self.0 >> 24) as u32
    }

    fn weight(self) -> u64 {
        self.0 >> 16
    }
}

/// The lightest item on top at place 1; below place `n` are `2n` and `2n + 1`.
struct Heap {
    items: [Item; LITERALS + 1],
    count: usize,
}

impl Heap {
    /// Without regard to order.
    fn append(&mut self, item: Item) {
        self.count += 1;
        self.items[self.count] = item;
    }

    fn pop(&mut self) -> Item {
        let top = self.items[1];
        self.items[1] = self.items[self.count];
        self.count -= 1;
        self.sink(1);
        top
    }

    /// Of two brothers of the same weight the right one goes up, and against both the item stays.
    fn sink(&mut self, mut place: usize) {
        let item = self.items[place];
        loop {
            let mut below = 2 * place;
            if below > self.count {
                break;
            }
            if below < self.count && self.items[below + 1].weight() <= self.items[below].weight() {
                below += 1;
            }
            if item.weight() <= self.items[below].weight() {
                break;
            }
            self.items[place] = self.items[below];
            place = below;
        }
        self.items[place] = item;
    }
}
