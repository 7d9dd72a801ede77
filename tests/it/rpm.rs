//! The smallest packages that RPM's format allows, and headers as strange as a test wants them.

/// The values of one entry of a header.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Numbers(Vec<u32>),
    Shorts(Vec<u16>),
    Text(String),
    Texts(Vec<String>),
    /// not UTF-8, maybe
    Raw(Vec<u8>),
    Binary(Vec<u8>),
}

/// A header that opens with the region `region`, as every header does since rpm 4; without one where that is 0.
pub(crate) fn header(region: u32, entries: &[(u32, Value)]) -> Vec<u8> {
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|(tag, _)| *tag);
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, value) in &sorted {
        let (kind, width, count, bytes): (u32, usize, usize, Vec<u8>) = match value {
            Value::Numbers(numbers) => (4, 4, numbers.len(), numbers.iter().flat_map(|number| number.to_be_bytes()).collect()),
            Value::Shorts(numbers) => (3, 2, numbers.len(), numbers.iter().flat_map(|number| number.to_be_bytes()).collect()),
            Value::Text(text) => (6, 1, 1, [text.as_bytes(), &[0]].concat()),
            Value::Raw(text) => (6, 1, 1, [text, &[0][..]].concat()),
            Value::Texts(texts) => (8, 1, texts.len(), texts.iter().flat_map(|text| [text.as_bytes(), &[0]].concat()).collect()),
            Value::Binary(bytes) => (7, 1, bytes.len(), bytes.clone()),
        };
        store.resize(store.len().next_multiple_of(width), 0);
        entry(&mut index, *tag, kind, store.len() as u32, count as u32);
        store.extend(bytes);
    }
    let mut whole = vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
    if region > 0 {
        let mut first = Vec::new();
        entry(&mut first, region, 7, store.len() as u32, 16);
        let back = (index.len() as u32 + 16).wrapping_neg();
        entry(&mut store, region, 7, back, 16);
        index = [first, index].concat();
    }
    whole.extend((index.len() as u32 / 16).to_be_bytes());
    whole.extend((store.len() as u32).to_be_bytes());
    [whole, index, store].concat()
}

fn entry(out: &mut Vec<u8>, tag: u32, kind: u32, offset: u32, count: u32) {
    [tag, kind, offset, count].iter().for_each(|number| out.extend(number.to_be_bytes()));
}

/// A package of these parts.
pub(crate) fn assemble(signature: &[u8], header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut whole = vec![0xed, 0xab, 0xee, 0xdb, 3, 0];
    whole.resize(96, 0);
    whole.extend(signature);
    whole.resize(whole.len().next_multiple_of(8), 0);
    [&whole, header, payload].concat()
}

/// Entries that every package has.
pub(crate) fn basics(name: &str, version: &str, release: &str, arch: &str) -> Vec<(u32, Value)> {
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        (1000, text(name)),
        (1001, text(version)),
        (1002, text(release)),
        (1004, text("a fixture")),
        (1005, text("A fixture.\n")),
        (1006, Value::Numbers(vec![1_700_000_000])),
        (1009, Value::Numbers(vec![42])),
        (1014, text("MIT")),
        (1022, text(arch)),
        (1044, text("fixture-1-1.src.rpm")),
    ]
}

/// Names, flags and versions of one kind of relation; the tags are those of names, flags and versions.
pub(crate) fn relations(tags: [u32; 3], entries: &[(&str, u32, &str)]) -> Vec<(u32, Value)> {
    let texts = |of: fn(&(&str, u32, &str)) -> String| Value::Texts(entries.iter().map(of).collect());
    vec![
        (tags[0], texts(|entry| entry.0.to_owned())),
        (tags[1], Value::Numbers(entries.iter().map(|entry| entry.1).collect())),
        (tags[2], texts(|entry| entry.2.to_owned())),
    ]
}

/// Provides, requires.
pub(crate) const PROVIDES: [u32; 3] = [1047, 1112, 1113];
pub(crate) const REQUIRES: [u32; 3] = [1049, 1048, 1050];

/// Paths with their modes and flags.
pub(crate) fn files(paths: &[(&str, u16, u32)]) -> Vec<(u32, Value)> {
    let parts: Vec<(&str, &str)> =
        paths.iter().map(|(path, ..)| path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))).collect();
    let mut directories: Vec<String> = parts.iter().map(|(directory, _)| (*directory).to_owned()).collect();
    directories.sort();
    directories.dedup();
    let index = |directory: &str| directories.iter().position(|known| known == directory).unwrap_or_default() as u32;
    vec![
        (1030, Value::Shorts(paths.iter().map(|path| path.1).collect())),
        (1035, Value::Texts(vec![String::new(); paths.len()])),
        (1037, Value::Numbers(paths.iter().map(|path| path.2).collect())),
        (1116, Value::Numbers(parts.iter().map(|(directory, _)| index(directory)).collect())),
        (1117, Value::Texts(parts.iter().map(|(_, name)| (*name).to_owned()).collect())),
        (1118, Value::Texts(directories)),
    ]
}

/// A package whose signature header says only how long it is.
pub(crate) fn package(entries: &[(u32, Value)]) -> Vec<u8> {
    signed(entries, &[], b"payload")
}

/// A package with these entries in its signature header.
pub(crate) fn signed(entries: &[(u32, Value)], signatures: &[(u32, Value)], payload: &[u8]) -> Vec<u8> {
    let main = header(63, entries);
    let mut all = signatures.to_vec();
    all.push((1000, Value::Numbers(vec![(main.len() + payload.len()) as u32])));
    assemble(&header(62, &all), &main, payload)
}
