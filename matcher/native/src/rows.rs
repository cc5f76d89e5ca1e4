//! Rows of people, packed, one behind the other in blocks: each apart would take two dozen bytes more, for where it is and
//! for what the allocator adds.
//!
//! Nothing stays of a row that was replaced or taken out: its bytes are overwritten. Their room comes back once they are a
//! quarter of all, when the others are moved together.

use std::hint::black_box;

use crate::packed::id_of;

const BLOCK: usize = 1 << 20;
/// A row begins at a multiple of so many bytes, so that 32 bits tell where, in 16 GiB.
const UNIT: usize = 4;
const UNITS: usize = BLOCK / UNIT;
const NOWHERE: u32 = u32::MAX;
/// Before each row stands its length.
const LENGTH: usize = 3;
const MOST: usize = 1 << (8 * LENGTH);

/// Rows by slot.
#[derive(Default)]
pub struct Rows {
    /// None grows beyond what it was made for.
    blocks: Vec<Vec<u8>>,
    /// Where each begins, in units, as if every block were of the same size.
    starts: Vec<u32>,
    /// Bytes of rows that are no more.
    lost: usize,
}

impl Rows {
    /// How many slots there are, empty ones too.
    pub fn slots(&self) -> usize {
        self.starts.len()
    }

    /// The row in a slot, packed; None where there is none.
    pub fn get(&self, slot: u32) -> Option<&[u8]> {
        let start = *self.starts.get(slot as usize)?;
        (start != NOWHERE).then(|| row_at(&self.blocks, start))
    }

    /// Whose row it is.
    pub fn id(&self, slot: u32) -> Option<u128> {
        id_of(self.get(slot)?)
    }

    /// All slots, with the rows of those that have one.
    pub fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.starts.len() as u32).map(|slot| self.get(slot))
    }

    /// Whether a row of this length can be put in.
    pub fn has_room_for(&self, length: usize) -> bool {
        length < MOST && (self.blocks.len() + 1) * UNITS < NOWHERE as usize
    }

    /// A new slot, with this row if one is told, for which there must be room.
    pub fn push(&mut self, row: Option<&[u8]>) {
        let start = row.map_or(NOWHERE, |row| append(&mut self.blocks, row));
        self.starts.push(start);
    }

    /// Put another row, for which there must be room, or none into a slot.
    pub fn set(&mut self, slot: u32, row: Option<&[u8]>) {
        let start = &mut self.starts[slot as usize];
        if *start != NOWHERE {
            let (block, at) = (
                &mut self.blocks[*start as usize / UNITS],
                *start as usize % UNITS * UNIT,
            );
            let length = length_at(block, at);
            block[at..at + LENGTH + length].fill(0);
            self.lost += size(length);
        }
        *start = row.map_or(NOWHERE, |row| append(&mut self.blocks, row));
        if self.lost > BLOCK.max(self.blocks.len() * BLOCK / 4) {
            self.move_together();
        }
    }

    fn move_together(&mut self) {
        let mut slots: Vec<u32> = (0..self.starts.len() as u32).collect();
        slots.retain(|slot| self.starts[*slot as usize] != NOWHERE);
        slots.sort_unstable_by_key(|slot| self.starts[*slot as usize]);
        let mut before = std::mem::take(&mut self.blocks);
        let mut done = 0;
        for slot in slots {
            let start = &mut self.starts[slot as usize];
            let block = *start as usize / UNITS;
            // One block after the other is given back, so that not all are there twice.
            before[done..block].iter_mut().for_each(give_back);
            done = block;
            *start = append(&mut self.blocks, row_at(&before, *start));
        }
        before[done..].iter_mut().for_each(give_back);
        self.lost = 0;
    }
}

fn row_at(blocks: &[Vec<u8>], start: u32) -> &[u8] {
    let (block, at) = (&blocks[start as usize / UNITS], start as usize % UNITS * UNIT);
    &block[at + LENGTH..][..length_at(block, at)]
}

fn length_at(block: &[u8], at: usize) -> usize {
    usize::from(block[at]) | usize::from(block[at + 1]) << 8 | usize::from(block[at + 2]) << 16
}

/// Bytes that a row of this length takes.
fn size(length: usize) -> usize {
    (LENGTH + length).next_multiple_of(UNIT)
}

fn append(blocks: &mut Vec<Vec<u8>>, row: &[u8]) -> u32 {
    let size = size(row.len());
    if blocks.last().is_none_or(|block| block.capacity() - block.len() < size) {
        blocks.push(Vec::with_capacity(size.max(BLOCK)));
    }
    let number = blocks.len() - 1;
    let block = &mut blocks[number];
    let (at, length) = (block.len(), row.len().to_le_bytes());
    block.extend_from_slice(&length[..LENGTH]);
    block.extend_from_slice(row);
    block.resize(at + size, 0);
    (number * UNITS + at / UNIT) as u32
}

fn give_back(block: &mut Vec<u8>) {
    block.fill(0);
    // Else what is never looked at again need not be written.
    black_box(&block);
    *block = Vec::new();
}
