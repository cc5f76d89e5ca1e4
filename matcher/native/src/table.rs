//! From hashes of keys to slots, in 12 bytes an entry: millions of keys, most of which belong to one person.
//!
//! Open addressing with linear probing, in shards that grow one at a time, so that growing neither doubles the memory
//! nor holds up an upsert. Keys that several people share, such as a common name on 1 January, have a list.
//!
//! Nearly all hashes that are asked for are nobody's: each shard has a Bloom filter of one bit a key, sixteen bits wide, so
//! that a miss mostly costs one look into memory.

use std::hint::black_box;

use smallvec::SmallVec;

pub const SHARDS: usize = 256;
const EMPTY: u32 = u32::MAX;
/// Set where an entry is the number of a list.
const LIST: u32 = 1 << 31;
/// A slot that still tells itself from the two.
pub const MAX_SLOTS: usize = (LIST - 1) as usize;

/// Slots of one hash, mostly few.
type List = SmallVec<[u32; 4]>;

/// A multimap from 64-bit hashes to slots.
pub struct Table {
    shards: Vec<Shard>,
    lists: Vec<List>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Shard {
    hashes: Vec<u64>,
    slots: Vec<u32>,
    used: usize,
    /// A bit for each hash that is or was in since the shard last grew.
    met: Vec<u64>,
}

impl Table {
    pub fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self {
            shards,
            lists: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The slots of a hash.
    pub fn get(&self, hash: u64) -> &[u32] {
        let shard = &self.shards[shard_of(hash)];
        match shard.find(hash) {
            None => &[],
            Some(at) if shard.slots[at] & LIST == 0 => std::slice::from_ref(&shard.slots[at]),
            Some(at) => &self.lists[(shard.slots[at] & !LIST) as usize],
        }
    }

    /// Whether a hash may have slots. Most others are told by this alone; `ask_which` before it makes it fast.
    pub fn may_have(&self, hash: u64) -> bool {
        let shard = &self.shards[shard_of(hash)];
        shard.used > 0 && shard.has_met(hash)
    }

    /// Ask for what `may_have` looks at, of many hashes, so that it comes from memory together.
    pub fn ask_which(&self, hashes: &[u64]) {
        let shards = hashes.iter().map(|hash| (&self.shards[shard_of(*hash)], *hash));
        let filled = shards.filter(|(shard, _)| shard.used > 0);
        black_box(filled.fold(0, |all, (shard, hash)| all ^ shard.met[shard.bit(hash).0]));
    }

    /// The same for what `get` looks at, of hashes that may have slots.
    pub fn ask_where(&self, hashes: &[u64]) {
        let homes = hashes.iter().map(|hash| {
            let shard = &self.shards[shard_of(*hash)];
            let home = shard.home(*hash);
            shard.hashes[home] ^ u64::from(shard.slots[home])
        });
        black_box(homes.fold(0, |all, told| all ^ told));
    }

    /// Add a slot that the hash does not have yet.
    pub fn add(&mut self, hash: u64, slot: u32) {
        let shard = &mut self.shards[shard_of(hash)];
        let Some(at) = shard.find(hash) else {
            shard.insert(hash, slot);
            return;
        };
        let held = shard.slots[at];
        if held & LIST != 0 {
            self.lists[(held & !LIST) as usize].push(slot);
            return;
        }
        let both = List::from_slice(&[held, slot]);
        let number = match self.free.pop() {
            Some(number) => {
                self.lists[number as usize] = both;
                number
            }
            None => {
                self.lists.push(both);
                (self.lists.len() - 1) as u32
            }
        };
        shard.slots[at] = LIST | number;
    }

    /// Take a slot from a hash that has it.
    pub fn remove(&mut self, hash: u64, slot: u32) {
        let shard = &mut self.shards[shard_of(hash)];
        let Some(at) = shard.find(hash) else { return };
        let held = shard.slots[at];
        if held & LIST == 0 {
            if held == slot {
                shard.delete(at);
            }
            return;
        }
        let list = &mut self.lists[(held & !LIST) as usize];
        list.retain(|other| *other != slot);
        if let [last] = list[..] {
            shard.slots[at] = last;
            *list = List::new();
            self.free.push(held & !LIST);
        }
    }

    /// All hashes of a shard with their slots; those of one hash stand together, rising.
    pub fn pairs(&self, shard: usize) -> impl Iterator<Item = (u64, u32)> {
        let shard = &self.shards[shard];
        let entries = shard
            .hashes
            .iter()
            .zip(&shard.slots)
            .filter(|(_, held)| **held != EMPTY);
        entries.flat_map(|(hash, held)| {
            let mut slots = match held & LIST {
                0 => List::from_slice(&[*held]),
                _ => self.lists[(held & !LIST) as usize].clone(),
            };
            slots.sort_unstable();
            slots.into_iter().map(|slot| (*hash, slot))
        })
    }

    /// Make an empty shard large enough for so many hashes.
    pub fn make_room(&mut self, shard: usize, hashes: usize) {
        self.shards[shard].resize((hashes + hashes / 2).max(8));
    }

    /// Add the next pair that `pairs` gave of a shard; None where it cannot be the next one.
    pub fn put_back(&mut self, shard: usize, before: Option<(u64, u32)>, pair: (u64, u32)) -> Option<()> {
        let (hash, slot) = pair;
        let follows = match before {
            Some((same, less)) if same == hash => less < slot,
            _ => self.get(hash).is_empty(),
        };
        if shard_of(hash) != shard || slot as usize >= MAX_SLOTS || !follows {
            return None;
        }
        self.add(hash, slot);
        Some(())
    }
}

fn shard_of(hash: u64) -> usize {
    (hash >> 56) as usize
}

impl Shard {
    fn home(&self, hash: u64) -> usize {
        // The bits below those of the shard, scaled to the size, which is no power of two.
        ((u128::from(hash << 8) * self.hashes.len() as u128) >> 64) as usize
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.hashes.len() { 0 } else { at + 1 }
    }

    fn find(&self, hash: u64) -> Option<usize> {
        if self.used == 0 || !self.has_met(hash) {
            return None;
        }
        let mut at = self.home(hash);
        loop {
            if self.hashes[at] == hash && self.slots[at] != EMPTY {
                return Some(at);
            }
            if self.slots[at] == EMPTY {
                return None;
            }
            at = self.after(at);
        }
    }

    fn insert(&mut self, hash: u64, slot: u32) {
        if (self.used + 1) * 4 > self.hashes.len() * 3 {
            self.grow();
        }
        self.used += 1;
        self.place(hash, slot);
    }

    /// Where the bit of a hash is: bits that neither choose the shard nor, mostly, the home.
    fn bit(&self, hash: u64) -> (usize, u64) {
        let number = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8;
        ((number >> 6) as usize & (self.met.len() - 1), 1 << (number & 63))
    }

    fn has_met(&self, hash: u64) -> bool {
        let (word, bit) = self.bit(hash);
        self.met[word] & bit != 0
    }

    fn place(&mut self, hash: u64, slot: u32) {
        let (word, bit) = self.bit(hash);
        self.met[word] |= bit;
        let mut at = self.home(hash);
        while self.slots[at] != EMPTY {
            at = self.after(at);
        }
        self.hashes[at] = hash;
        self.slots[at] = slot;
    }

    fn grow(&mut self) {
        self.resize((self.hashes.len() + self.hashes.len() / 2).max(8));
    }

    fn resize(&mut self, size: usize) {
        self.met = vec![0; (size / 4).next_power_of_two()];
        let hashes = std::mem::replace(&mut self.hashes, vec![0; size]);
        let slots = std::mem::replace(&mut self.slots, vec![EMPTY; size]);
        for (hash, slot) in hashes.into_iter().zip(slots) {
            if slot != EMPTY {
                self.place(hash, slot);
            }
        }
    }

    /// Empty a place and move up what was displaced behind it (Knuth, volume 3, 6.4, algorithm R).
    fn delete(&mut self, mut hole: usize) {
        self.used -= 1;
        let size = self.hashes.len();
        let mut at = hole;
        loop {
            self.slots[hole] = EMPTY;
            loop {
                at = self.after(at);
                if self.slots[at] == EMPTY {
                    return;
                }
                let home = self.home(self.hashes[at]);
                // It may move up if its home does not lie between the hole and itself.
                if (at + size - home) % size >= (at + size - hole) % size {
                    break;
                }
            }
            self.hashes[hole] = self.hashes[at];
            self.slots[hole] = self.slots[at];
            hole = at;
        }
    }
}
