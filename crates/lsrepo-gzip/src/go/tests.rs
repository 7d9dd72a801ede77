//! Golden sums come from Go 1.19's `compress/flate`, which was given the same bytes.

use super::*;
use flate2::read::DeflateDecoder;
use proptest::prelude::*;
use std::{
    fs,
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

fn deflate(level: u8, plain: &[u8], part: usize) -> Vec<u8> {
    let (mut encoder, mut out) = (Deflate::new(level), Vec::new());
    plain.chunks(part.max(1)).for_each(|part| encoder.write(part, &mut out));
    encoder.finish(&mut out);
    out
}

fn inflate(stream: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    DeflateDecoder::new(stream).read_to_end(&mut plain).unwrap();
    plain
}

/// Words, runs, noise and what was there before: all kinds of blocks, matches at every distance.
fn mixed(size: usize, mut seed: u64) -> Vec<u8> {
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(size + 70_000);
    while bytes.len() < size {
        let (kind, length) = (next() % 8, (next() % 3000) as usize);
        match kind {
            0 => bytes.extend((0..length * 20).map(|_| next() as u8)),
            1 => bytes.extend(std::iter::repeat_n(next() as u8, length)),
            2 | 3 if !bytes.is_empty() => {
                let from = bytes.len() - 1 - next() as usize % bytes.len().min(40_000);
                bytes.extend_from_within(from..bytes.len().min(from + length));
            }
            _ => (0..length / 8).for_each(|_| bytes.extend(format!("{:x} ", next() % 5000).bytes())),
        }
    }
    bytes.truncate(size);
    bytes
}

#[test]
fn what_was_written_is_read_back_however_it_is_cut() {
    let plain = mixed(400_000, 7);
    for level in 1..=9 {
        let stream = deflate(level, &plain, 32 << 10);
        assert_eq!(inflate(&stream), plain, "level {level}");
        assert_eq!(deflate(level, &plain, 777), stream, "level {level}");
        assert_eq!(deflate(level, &plain, plain.len()), stream, "level {level}");
    }
}

const GOLDEN: [usize; 9] = [0, 1, 5, 17, 127, 128, 65_535, 65_536, 300_000];

#[test]
fn every_level_writes_what_go_wrote() {
    let sums = |plain: &[u8]| (1..=9).map(|level| crc(&deflate(level, plain, 50_000))).collect::<Vec<_>>().join(" ");
    let text: String = GOLDEN.iter().map(|&size| format!("{size}: {}\n", sums(&mixed(size, 3)))).collect();
    expect_test::expect![[r#"
        0: 5:4564cc52 5:4564cc52 5:4564cc52 5:4564cc52 5:4564cc52 5:4564cc52 5:4564cc52 5:4564cc52 5:4564cc52
        1: 11:3ae80384 7:7b79e07d 7:7b79e07d 7:7b79e07d 7:7b79e07d 7:7b79e07d 7:7b79e07d 7:7b79e07d 7:7b79e07d
        5: 15:92886630 11:88e0726a 11:88e0726a 11:88e0726a 11:88e0726a 11:88e0726a 11:88e0726a 11:88e0726a 11:88e0726a
        17: 27:cd4b3ef9 23:a2b0bcde 23:a2b0bcde 23:a2b0bcde 23:a2b0bcde 23:a2b0bcde 23:a2b0bcde 23:a2b0bcde 23:a2b0bcde
        127: 84:af3d1f14 87:d736bba8 87:d736bba8 87:d736bba8 87:d736bba8 87:d736bba8 87:d736bba8 87:d736bba8 87:d736bba8
        128: 84:926a251a 87:de200862 87:de200862 87:de200862 87:de200862 87:de200862 87:de200862 87:de200862 87:de200862
        65535: 65545:aedb3c10 63978:b27bbc6f 63978:aa67014f 63977:6b0052b1 63974:69e56dc1 63974:69e56dc1 63974:69e56dc1 63974:69e56dc1 63974:69e56dc1
        65536: 65551:e277d1e2 63979:8736e8cc 63979:bc40d4b9 63978:e6846cf1 63975:7dc03d02 63975:7dc03d02 63975:7dc03d02 63975:7dc03d02 63975:7dc03d02
        300000: 294822:a0422148 272395:e56bdac2 272392:74653ccf 272203:d7cdec57 272179:3a668fc3 272175:11a1bacf 272175:11a1bacf 272174:f1b06988 272174:f1b06988
    "#]].assert_eq(&text);
}

#[test]
fn a_write_that_ends_before_the_window_does_leaves_no_trace() {
    // A match ends at the very place from which the window may move on; another begins there, as far back as it may.
    let mut plain: Vec<u8> = (0..80_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 19) as u8).collect();
    plain.copy_within(60_000..60_144, 65_130);
    plain.copy_within(32_574..32_594, 65_274);
    for level in 2..=9 {
        let whole = deflate(level, &plain, plain.len());
        let (mut encoder, mut out) = (Deflate::new(level), Vec::new());
        encoder.write(&plain[..65_400], &mut out);
        encoder.write(&plain[65_400..], &mut out);
        encoder.finish(&mut out);
        assert!(out == whole, "level {level}");
    }
}

fn crc(stream: &[u8]) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(stream);
    format!("{}:{:08x}", stream.len(), crc.sum())
}

const PROGRAM: &str = r#"package main

import (
	"compress/flate"
	"encoding/binary"
	"io"
	"os"
)

// Reads levels, sizes and bytes; answers with sizes and streams.
func main() {
	for {
		var head [2]uint32
		if binary.Read(os.Stdin, binary.LittleEndian, &head) != nil {
			return
		}
		var out sink
		writer, _ := flate.NewWriter(&out, int(head[0]))
		io.CopyN(writer, os.Stdin, int64(head[1]))
		writer.Close()
		binary.Write(os.Stdout, binary.LittleEndian, uint32(len(out)))
		os.Stdout.Write(out)
	}
}

type sink []byte

func (s *sink) Write(bytes []byte) (int, error) {
	*s = append(*s, bytes...)
	return len(bytes), nil
}
"#;

#[test]
fn go_itself_writes_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (source, program) = (dir.path().join("main.go"), dir.path().join("deflate"));
    fs::write(&source, PROGRAM).unwrap();
    match Command::new("go").args(["build", "-o"]).args([&program, &source]).env("GOCACHE", dir.path().join("cache")).output() {
        Ok(built) => assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr)),
        Err(why) => return eprintln!("skipped: go: {why}"),
    }
    let sizes = (0..40).chain([100, 129, 258, 65_534, 131_070, 200_000, 1_000_000]).map(|size| (size, size as u64 + 1));
    let plain = sizes.chain(GOLDEN.map(|size| (size, 3))).map(|(size, seed)| mixed(size, seed));
    let cases: Vec<(u8, Vec<u8>)> = plain.flat_map(|plain| (1..=9).map(move |level| (level, plain.clone()))).collect();
    let mut go = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (go.stdin.take().unwrap(), go.stdout.take().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (level, plain) in &cases {
                stdin.write_all(&u32::from(*level).to_le_bytes()).unwrap();
                stdin.write_all(&(plain.len() as u32).to_le_bytes()).unwrap();
                stdin.write_all(plain).unwrap();
            }
            drop(stdin);
        });
        for (level, plain) in &cases {
            let mut size = [0; 4];
            stdout.read_exact(&mut size).unwrap();
            let mut stream = vec![0; u32::from_le_bytes(size) as usize];
            stdout.read_exact(&mut stream).unwrap();
            assert!(stream == deflate(*level, plain, 10_000), "level {level}, {} bytes", plain.len());
        }
    });
    assert!(go.wait().unwrap().success());
}

proptest! {
    #[test]
    fn any_bytes_come_back(seed: u64, size in 0..120_000_usize, level in 1..=9_u8, part in 1..70_000_usize) {
        let plain = mixed(size, seed | 1);
        let stream = deflate(level, &plain, part);
        prop_assert_eq!(inflate(&stream), plain);
    }
}
