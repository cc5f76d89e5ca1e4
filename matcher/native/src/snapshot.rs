//! The rows and keys of an index in a file, so that a start need not make them again. See docs/native.md.
//!
//! A file is: MAGIC; its length; the length of the header, and the header, which is the caller's; the body; the XXH3 of
//! all before it, in 128 bits. Numbers are little-endian. The body: how many slots there are; of each the
//! length of its row, packed, NOBODY where there is none; the rows; the codes of names in use, rising, behind their
//! number; then the keys by shard, see `Table::pairs`.
//!
//! It is read in one pass, in pieces, into an index apart, which is given away only once the hash was found right. Lengths
//! are held against what is left of the file before anything is made room for, so no bytes lead to a panic.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::hashing::Set;
use crate::rows::Rows;
use crate::table::{MAX_SLOTS, SHARDS, Table};

const MAGIC: &[u8; 8] = b"RSIGNAL\x04";
const PREFIX: usize = MAGIC.len() + 8 + 4;
const HASH: usize = 16;
const NOBODY: u32 = u32::MAX;
/// A header is a line of text.
const MOST_HEADER: usize = 1 << 16;
const PIECE: usize = 1 << 20;
/// A slot takes the length of its row, a pair its tag and its slot.
const OF_SLOT: u64 = 4;
const OF_CODE: u64 = 8;
const OF_PAIR: u64 = 4 + 4;

/// What an index is made of again.
pub struct Restored {
    pub rows: Rows,
    pub codes: Set<u64>,
    pub by_key: Table,
}

/// Write a new file, readable by its owner alone, and wait until the disk has it.
pub fn write(path: &Path, header: &[u8], rows: &Rows, codes: &Set<u64>, by_key: &Table) -> io::Result<()> {
    let pairs: u64 = (0..SHARDS).map(|shard| by_key.pairs(shard).count() as u64).sum();
    let bytes: u64 = rows.iter().flatten().map(|row| row.len() as u64).sum();
    let body = 4
        + rows.slots() as u64 * OF_SLOT
        + bytes
        + 4
        + codes.len() as u64 * OF_CODE
        + SHARDS as u64 * 4
        + pairs * OF_PAIR;
    let length = (PREFIX + header.len() + HASH) as u64 + body;
    if header.len() > MOST_HEADER {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut output = Output {
        file,
        piece: Vec::with_capacity(PIECE),
        hash: Xxh3::new(),
    };
    output.put(MAGIC)?;
    output.put(&length.to_le_bytes())?;
    output.put(&(header.len() as u32).to_le_bytes())?;
    output.put(header)?;
    output.put(&(rows.slots() as u32).to_le_bytes())?;
    for row in rows.iter() {
        let length = row.map_or(NOBODY, |row| row.len() as u32);
        output.put(&length.to_le_bytes())?;
    }
    for row in rows.iter().flatten() {
        output.put(row)?;
    }
    let mut codes: Vec<_> = codes.iter().copied().collect();
    codes.sort_unstable();
    output.put(&(codes.len() as u32).to_le_bytes())?;
    for code in codes {
        output.put(&code.to_le_bytes())?;
    }
    for shard in 0..SHARDS {
        output.put(&(by_key.pairs(shard).count() as u32).to_le_bytes())?;
        for (tag, slot) in by_key.pairs(shard) {
            output.put(&tag.to_le_bytes())?;
            output.put(&slot.to_le_bytes())?;
        }
    }
    output.end()
}

/// The header of a file; None where it is none of these files, or is shorter than it says. Nothing else was verified.
pub fn header(path: &Path) -> Option<Vec<u8>> {
    Input::open(path).map(|(_, header)| header)
}

/// What is in a file with this header; None where anything about it is in doubt.
pub fn read(path: &Path, header: &[u8]) -> Option<Restored> {
    let (mut input, found) = Input::open(path)?;
    if found != header {
        return None;
    }
    let slots = input.number()? as usize;
    if slots > MAX_SLOTS || slots as u64 * OF_SLOT > input.left {
        return None;
    }
    let mut lengths = Vec::with_capacity(slots);
    for _ in 0..slots {
        lengths.push(input.number()?);
    }
    let mut rows = Rows::default();
    for length in lengths {
        match length {
            NOBODY => rows.push(None),
            length if rows.has_room_for(length as usize) => rows.push(Some(&input.bytes(length as usize)?)),
            _ => return None,
        }
    }
    let count = input.number()? as usize;
    if count as u64 * OF_CODE > input.left {
        return None;
    }
    let mut codes = Set::with_capacity_and_hasher(count, Default::default());
    for _ in 0..count {
        codes.insert(u64::from_le_bytes(input.array()?));
    }
    let mut by_key = Table::new();
    for shard in 0..SHARDS {
        let pairs = input.number()? as usize;
        if pairs as u64 * OF_PAIR > input.left {
            return None;
        }
        by_key.make_room(shard, pairs);
        let mut before = None;
        for _ in 0..pairs {
            let (tag, slot) = (input.number()?, input.number()?);
            rows.get(slot)?;
            by_key.put_back(shard, before, (tag, slot))?;
            before = Some((tag, slot));
        }
    }
    input.end()?;
    Some(Restored { rows, codes, by_key })
}

/// Writes in pieces, with the hash of all that was written.
struct Output {
    file: File,
    piece: Vec<u8>,
    hash: Xxh3,
}

impl Output {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.piece.len() + bytes.len() > PIECE {
            self.flush()?;
        }
        self.piece.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hash.update(&self.piece);
        self.file.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        self.flush()?;
        self.file.write_all(&self.hash.digest128().to_le_bytes())?;
        self.file.sync_all()
    }
}

/// Reads in pieces, and hashes each as it comes.
struct Input {
    file: File,
    /// What was read of the file and not yet taken is `piece[at..]`.
    piece: Vec<u8>,
    at: usize,
    /// Bytes not yet taken, without the hash at the end.
    left: u64,
    hash: Xxh3,
}

impl Input {
    /// A file, at its body, and the header.
    fn open(path: &Path) -> Option<(Self, Vec<u8>)> {
        let file = File::open(path).ok()?;
        let about = file.metadata().ok()?;
        let left = about.len().checked_sub(HASH as u64).filter(|_| about.is_file())?;
        let mut input = Self {
            file,
            piece: Vec::new(),
            at: 0,
            left,
            hash: Xxh3::new(),
        };
        let magic: [u8; MAGIC.len()] = input.array()?;
        let length = u64::from_le_bytes(input.array()?);
        let header = input.number()? as usize;
        if &magic != MAGIC || length != about.len() || header > MOST_HEADER {
            return None;
        }
        let header = input.bytes(header)?.into_vec();
        Some((input, header))
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn bytes(&mut self, length: usize) -> Option<Box<[u8]>> {
        if length as u64 > self.left {
            return None;
        }
        let mut bytes = vec![0; length].into_boxed_slice();
        self.fill(&mut bytes)?;
        Some(bytes)
    }

    fn fill(&mut self, mut bytes: &mut [u8]) -> Option<()> {
        self.left = self.left.checked_sub(bytes.len() as u64)?;
        while !bytes.is_empty() {
            if self.at == self.piece.len() {
                // All that is wanted is still to come, and perhaps more.
                self.next_piece(self.left + bytes.len() as u64)?;
            }
            let ready = &self.piece[self.at..];
            let some = ready.len().min(bytes.len());
            let (now, later) = bytes.split_at_mut(some);
            now.copy_from_slice(&ready[..some]);
            self.at += some;
            bytes = later;
        }
        Some(())
    }

    fn next_piece(&mut self, most: u64) -> Option<()> {
        self.piece.resize(most.min(PIECE as u64) as usize, 0);
        self.file.read_exact(&mut self.piece).ok()?;
        self.hash.update(&self.piece);
        self.at = 0;
        Some(())
    }

    /// Whether all was taken, and was what had been written.
    fn end(mut self) -> Option<()> {
        let mut told = [0; HASH];
        self.file.read_exact(&mut told).ok().filter(|()| self.left == 0)?;
        (u128::from_le_bytes(told) == self.hash.digest128()).then_some(())
    }
}
