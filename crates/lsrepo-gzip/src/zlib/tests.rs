use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use proptest::prelude::*;

use super::Deflate;
use crate::Encoder;

/// Taken from Python with zlib 1.2.13, and from gzip 1.12:
///
///     python3 -c 'import zlib; c = zlib.compressobj(6, wbits=-15); print((c.compress(b"a") + c.flush()).hex())'
///     printf a | gzip -n -6 | tail -c +11 | head -c -8 | xxd -p
#[test]
fn small_texts_come_out_as_the_programs_once_wrote_them() {
    for (text, packed) in [
        ("", "0300"),
        ("a", "4b0400"),
        ("lsrepo", "cb292e4a2dc80700"),
        ("she sells sea shells, she sells sea shells", "2bce4855284ecdc9290692890ac51920a60e88c6100500"),
        ("the same, the same again and the same again", "2bc94855284ecc4dd5512881b21412d31333f31412f352d08400"),
    ] {
        for level in [1, 6] {
            assert_eq!(hex(&pack(Deflate::zlib(level), text.as_bytes())), packed, "zlib {level}: {text}");
            assert_eq!(hex(&pack(Deflate::gnu(level), text.as_bytes())), packed, "gnu {level}: {text}");
        }
    }
}

/// As above, with `zlib.crc32` of what came out, over the text of `numbers(30000)`.
#[test]
fn every_level_comes_out_as_the_programs_once_wrote_it() {
    let text = numbers(30_000);
    assert_eq!(text.len(), 107_227);
    for (level, by_zlib, by_gnu) in [
        (1, (45626, 0xa085_f708), (45616, 0xc0cd_af4a)),
        (2, (44649, 0xb172_3111), (44626, 0x2d9d_b203)),
        (3, (43172, 0x3a5d_6222), (43160, 0x629b_4a2f)),
        (4, (43114, 0x2ea1_7c55), (43089, 0x3761_0b85)),
        (5, (41718, 0x2227_6552), (41703, 0x690a_2d54)),
        (6, (40297, 0x3f67_ad9f), (40335, 0xf920_9348)),
        (7, (40021, 0xfe6d_e35e), (40101, 0x9131_30b8)),
        (8, (39893, 0x77a9_2859), (40001, 0x8978_bbea)),
        (9, (39893, 0x77a9_2859), (40001, 0x8978_bbea)),
    ] {
        assert_eq!(sum(&pack(Deflate::zlib(level), &text)), by_zlib, "zlib {level}");
        assert_eq!(sum(&pack(Deflate::gnu(level), &text)), by_gnu, "gnu {level}");
    }
}

#[test]
fn zlib_writes_the_same() {
    let Some(mut python) = Python::start() else { return };
    for (name, plain) in plains() {
        for level in levels(&plain) {
            assert!(pack(Deflate::zlib(level), &plain) == python.pack(level, &plain), "level {level}: {name}");
        }
    }
}

#[test]
fn gnu_gzip_writes_the_same() {
    let version = Command::new("gzip").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    if !version.starts_with(b"gzip 1.") {
        return eprintln!("skipped: no GNU gzip");
    }
    for (name, plain) in plains() {
        for level in levels(&plain) {
            assert!(pack(Deflate::gnu(level), &plain) == gzip(level, &plain), "level {level}: {name}");
        }
    }
}

/// A match reaches back from the last place before the window slides to the first that stays in it. zlib itself loses it
/// when it has to wait for input just there, which is why the window is filled to the brim.
#[test]
fn a_window_with_room_does_not_slide() {
    let mut plain: Vec<u8> = noise(2).map(|byte| byte % 64).take(66_000).collect();
    plain.copy_within(32_768..32_788, 65_274);
    for level in [1, 6] {
        let (mut encoder, mut packed) = (Deflate::zlib(level), Vec::new());
        encoder.write(&plain[..65_535], &mut packed);
        encoder.write(&plain[65_535..], &mut packed);
        encoder.finish(&mut packed);
        assert!(packed == pack(Deflate::zlib(level), &plain), "level {level}");
    }
}

#[test]
fn a_finished_encoder_begins_anew() {
    for mut encoder in [Deflate::zlib(6), Deflate::gnu(6), Deflate::zlib(1), Deflate::gnu(1)] {
        let [first, second] = [(); 2].map(|()| {
            let mut packed = Vec::new();
            encoder.write(&numbers(10_000), &mut packed);
            encoder.finish(&mut packed);
            packed
        });
        assert!(first == second);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_packed_can_be_unpacked(plain in mixed(), level in 1u8..=9) {
        for encoder in [Deflate::zlib(level), Deflate::gnu(level)] {
            let mut unpacked = Vec::new();
            DeflateDecoder::new(&*pack(encoder, &plain)).read_to_end(&mut unpacked).unwrap();
            prop_assert!(unpacked == plain);
        }
    }

    #[test]
    fn the_cuts_leave_no_trace(plain in mixed(), level in 1u8..=9, cut in 1usize..70_000) {
        for make in [Deflate::zlib, Deflate::gnu] {
            let (mut encoder, mut packed) = (make(level), Vec::new());
            for piece in plain.chunks(cut) {
                encoder.write(piece, &mut packed);
            }
            encoder.finish(&mut packed);
            prop_assert!(packed == pack(make(level), &plain));
        }
    }
}

fn mixed() -> impl Strategy<Value = Vec<u8>> {
    (any::<u32>(), 0usize..150_000).prop_map(|(seed, size)| mixture(seed, size))
}

/// What to compare: all that ends a block, slides the window or cuts a match in another way.
fn plains() -> Vec<(String, Vec<u8>)> {
    let mut plains = vec![
        ("nothing".into(), vec![]),
        ("a byte".into(), vec![b'x']),
        ("zeros".into(), vec![0; 3_000_000]),
        ("noise".into(), noise(1).take(150_000).collect()),
        ("noise, then zeros".into(), noise(2).take(70_000).chain([0; 70_000]).collect()),
        ("numbers".into(), numbers(30_000)),
        ("sources".into(), sources()),
    ];
    // A program is text, tables and code; that of this test is always at hand.
    let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    program.truncate(300_000);
    plains.push(("a program".into(), program));
    for size in [1, 2, 3, 4, 5, 10, 257, 258, 259, 260, 261, 262, 263] {
        plains.push((format!("{size} times the same"), vec![7; size]));
        plains.push((format!("{size} mixed"), mixture(size as u32, size)));
    }
    // Around a full window, a full window that may slide, and full blocks.
    for near in [16_383, 32_768, 65_274, 65_536, 98_042] {
        for (seed, by) in [-258, 0, 1, 3].into_iter().enumerate() {
            let size = near + by;
            plains.push((format!("{size} mixed"), mixture(seed as u32, size as usize)));
        }
        // The same 300 bytes again and again: GNU gzip looks behind the end.
        let mut repeated: Vec<u8> = noise(near as u32).take(300).collect::<Vec<_>>().repeat(350);
        repeated.truncate(near as usize - 100);
        plains.push((format!("repeats up to {near} - 100"), repeated));
    }
    plains
}

/// All levels for what is short or special, two for each of the many lengths.
fn levels(plain: &[u8]) -> impl Iterator<Item = u8> {
    let (first, step) = if (16_000..99_000).contains(&plain.len()) { (1 + plain.len() % 5, 4) } else { (1, 1) };
    (first as u8..=9).step_by(step)
}

/// Letters of few kinds, repeats from near and far, runs of up to two longest matches.
fn mixture(seed: u32, size: usize) -> Vec<u8> {
    let mut random = noise(seed).map(usize::from);
    let mut next = move |below: usize| {
        let wide = random.by_ref().take(3).fold(0, |wide, byte| wide << 8 | byte);
        wide % below
    };
    let kinds = 2 + next(60);
    let mut plain = Vec::with_capacity(size + 600);
    while plain.len() < size {
        match next(8) {
            0..4 => {
                for _ in 0..next(12) {
                    plain.push(next(kinds) as u8);
                }
            }
            4 => plain.extend(std::iter::repeat_n(next(256) as u8, next(520))),
            way if !plain.is_empty() => {
                let reach = [33_000, 4_200, 300][way - 5].min(plain.len());
                let start = plain.len() - 1 - next(reach);
                for place in start..start + next(if way == 5 { 300 } else { 9 }) {
                    plain.push(plain[place]);
                }
            }
            _ => {}
        }
    }
    plain.truncate(size);
    plain
}

/// A byte after the other without a pattern that DEFLATE could find.
fn noise(seed: u32) -> impl Iterator<Item = u8> {
    let mut state = u64::from(seed) << 1 | 1;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
}

/// The digits of
///
///     x = 1
///     for _ in range(count):
///         x = (x * 1103515245 + 12345) % 2**32
///         text += b"%d " % (x >> 16 & 0xff)
fn numbers(count: usize) -> Vec<u8> {
    let mut x = 1u32;
    let next = || {
        x = x.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        format!("{} ", x >> 16 & 0xff).into_bytes()
    };
    std::iter::repeat_with(next).take(count).flatten().collect()
}

fn sources() -> Vec<u8> {
    let here = [include_str!("window.rs"), include_str!("trees.rs"), include_str!("matching.rs"), include_str!("tests.rs")];
    here.concat().into_bytes().repeat(5)
}

fn pack(mut encoder: Deflate, plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    encoder.write(plain, &mut packed);
    encoder.finish(&mut packed);
    packed
}

fn gzip(level: u8, plain: &[u8]) -> Vec<u8> {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(plain).unwrap();
    std::io::Seek::rewind(&mut input).unwrap();
    let output = Command::new("gzip").args(["-n", "-c", &format!("-{level}")]).stdin(input).output().unwrap();
    assert!(output.status.success());
    output.stdout[10..output.stdout.len() - 8].to_vec()
}

/// An interpreter that packs one text after the other.
struct Python(Child);

impl Python {
    const PROGRAM: &str = "
import struct, sys, zlib
print(zlib.ZLIB_RUNTIME_VERSION, flush=True)
texts, packs = sys.stdin.buffer, sys.stdout.buffer
while head := texts.read(5):
    level, size = struct.unpack('<BI', head)
    compressor = zlib.compressobj(level, wbits=-15)
    pack = compressor.compress(texts.read(size)) + compressor.flush()
    packs.write(struct.pack('<I', len(pack)) + pack)
    packs.flush()
";

    /// Without Python, or with one that links a faster but different zlib, there is nothing to compare with.
    fn start() -> Option<Self> {
        let mut python = Command::new("python3");
        let python = python.args(["-c", Self::PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(child) = python else {
            eprintln!("skipped: no python3");
            return None;
        };
        let mut python = Self(child);
        let version = std::iter::repeat_with(|| char::from(python.read::<1>()[0])).take_while(|&byte| byte != '\n');
        let version: String = version.collect();
        if version.contains("ng") {
            eprintln!("skipped: python3 has zlib `{version}`");
            return None;
        }
        Some(python)
    }

    fn pack(&mut self, level: u8, plain: &[u8]) -> Vec<u8> {
        let texts = self.0.stdin.as_mut().unwrap();
        texts.write_all(&[level]).unwrap();
        texts.write_all(&(plain.len() as u32).to_le_bytes()).unwrap();
        texts.write_all(plain).unwrap();
        texts.flush().unwrap();
        let mut packed = vec![0; u32::from_le_bytes(self.read()) as usize];
        self.0.stdout.as_mut().unwrap().read_exact(&mut packed).unwrap();
        packed
    }

    fn read<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.stdout.as_mut().unwrap().read_exact(&mut bytes).unwrap();
        bytes
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // The end of its input is the end of the program.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn sum(bytes: &[u8]) -> (usize, u32) {
    let mut crc = Crc::new();
    crc.update(bytes);
    (bytes.len(), crc.sum())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
