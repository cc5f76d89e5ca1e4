//! From hashes of keys to slots, in 8 bytes an entry: millions of keys, most of which belong to one person.
//!
//! Of a hash of 64 bits its first 40 are looked at: 8 choose a shard, 32 are kept in the entry beside the slot. So one in
//! 2^40 pairs of keys is taken for one key: of 300,000 people a traveller meets somebody so once in some 40,000 events, and
//! whoever is sure of a key must ask the person. With all 64 bits it would be once in a hundred billion, for half as
//! much memory again.
//!
//! Open addressing with linear probing, in shards that grow one at a time, so that growing neither doubles the memory
//! nor holds up an upsert. Keys that several people share, such as a common name on 1 January, have a list.
//!
//! Nearly all hashes that are asked for are nobody's: each shard has a Bloom filter of a byte for each place, in which a
//! key has two bits of one word, so that a miss mostly costs one look into memory.

use std::hint::black_box;

use smallvec::SmallVec;

pub const SHARDS: usize = 256;
const EMPTY: u32 = u32::MAX;
/// Set where an entry is the number of a list.
const LIST: u32 = 1 << 31;
/// A slot that still tells itself from the two.
pub const MAX_SLOTS: usize = (LIST - 1) as usize;

/// Slots of one key, mostly few.
type List = SmallVec<[u32; 4]>;

/// A multimap from hashes, of which it looks at the first 40 bits, to slots.
pub struct Table {
    shards: Vec<Shard>,
    lists: Vec<List>,
    free: Vec<u32>,
}

/// What a shard keeps of a hash.
type Tag = u32;

#[derive(Clone, Copy)]
struct Entry {
    tag: Tag,
    held: u32,
}

const NOTHING: Entry = Entry { tag: 0, held: EMPTY };

#[derive(Default)]
struct Shard {
    entries: Vec<Entry>,
    used: usize,
    /// Two bits for each key that is or was in since the shard last grew.
    met: Vec<u64>,
}

/// Of two hashes with the same key the table sees but one.
pub fn key_of(hash: u64) -> u64 {
    hash >> 24
}

fn shard_of(hash: u64) -> usize {
    (hash >> 56) as usize
}

fn tag_of(hash: u64) -> Tag {
    (hash >> 24) as Tag
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
        match shard.find(tag_of(hash)).map(|at| &shard.entries[at].held) {
            None => &[],
            Some(held) if held & LIST == 0 => std::slice::from_ref(held),
            Some(held) => &self.lists[(held & !LIST) as usize],
        }
    }

    /// Whether a hash may have slots. Most others are told by this alone; `ask_which` before it makes it fast.
    pub fn may_have(&self, hash: u64) -> bool {
        let shard = &self.shards[shard_of(hash)];
        shard.used > 0 && shard.has_met(tag_of(hash))
    }

    /// Ask for what `may_have` looks at, of many hashes, so that it comes from memory together.
    pub fn ask_which(&self, hashes: &[u64]) {
        let shards = hashes.iter().map(|hash| (&self.shards[shard_of(*hash)], tag_of(*hash)));
        let filled = shards.filter(|(shard, _)| shard.used > 0);
        black_box(filled.fold(0, |all, (shard, tag)| all ^ shard.met[shard.bits(tag).0]));
    }

    /// The same for what `get` looks at, of hashes that may have slots.
    pub fn ask_where(&self, hashes: &[u64]) {
        let homes = hashes.iter().map(|hash| {
            let shard = &self.shards[shard_of(*hash)];
            shard.entries[shard.home(tag_of(*hash))].held
        });
        black_box(homes.fold(0, |all, told| all ^ told));
    }

    /// Add a slot that the hash does not have yet.
    pub fn add(&mut self, hash: u64, slot: u32) {
        let (shard, tag) = (&mut self.shards[shard_of(hash)], tag_of(hash));
        let Some(at) = shard.find(tag) else {
            shard.insert(Entry { tag, held: slot });
            return;
        };
        let held = shard.entries[at].held;
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
        shard.entries[at].held = LIST | number;
    }

    /// Take a slot from a hash that has it.
    pub fn remove(&mut self, hash: u64, slot: u32) {
        let shard = &mut self.shards[shard_of(hash)];
        let Some(at) = shard.find(tag_of(hash)) else { return };
        let held = shard.entries[at].held;
        if held & LIST == 0 {
            if held == slot {
                shard.delete(at);
            }
            return;
        }
        let list = &mut self.lists[(held & !LIST) as usize];
        list.retain(|other| *other != slot);
        if let [last] = list[..] {
            shard.entries[at].held = last;
            *list = List::new();
            self.free.push(held & !LIST);
        }
    }

    /// All tags of a shard with their slots; those of one tag stand together, rising.
    pub fn pairs(&self, shard: usize) -> impl Iterator<Item = (Tag, u32)> {
        let entries = self.shards[shard].entries.iter().filter(|entry| entry.held != EMPTY);
        entries.flat_map(|entry| {
            let mut slots = match entry.held & LIST {
                0 => List::from_slice(&[entry.held]),
                _ => self.lists[(entry.held & !LIST) as usize].clone(),
            };
            slots.sort_unstable();
            slots.into_iter().map(|slot| (entry.tag, slot))
        })
    }

    /// Make an empty shard large enough for so many keys.
    pub fn make_room(&mut self, shard: usize, keys: usize) {
        self.shards[shard].resize((keys + keys / 4).max(8));
    }

    /// Add the next pair that `pairs` gave of a shard; None where it cannot be the next one.
    pub fn put_back(&mut self, shard: usize, before: Option<(Tag, u32)>, pair: (Tag, u32)) -> Option<()> {
        let (tag, slot) = pair;
        let follows = match before {
            Some((same, less)) if same == tag => less < slot,
            _ => self.shards[shard].find(tag).is_none(),
        };
        if slot as usize >= MAX_SLOTS || !follows {
            return None;
        }
        self.add(((shard as u64) << 56) | (u64::from(tag) << 24), slot);
        Some(())
    }
}

impl Shard {
    fn home(&self, tag: Tag) -> usize {
        // Scaled to the size, which is no power of two.
        ((u64::from(tag) * self.entries.len() as u64) >> Tag::BITS) as usize
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.entries.len() { 0 } else { at + 1 }
    }

    fn find(&self, tag: Tag) -> Option<usize> {
        if self.used == 0 || !self.has_met(tag) {
            return None;
        }
        let mut at = self.home(tag);
        loop {
            let entry = self.entries[at];
            if entry.held == EMPTY {
                return None;
            }
            if entry.tag == tag {
                return Some(at);
            }
            at = self.after(at);
        }
    }

    fn insert(&mut self, entry: Entry) {
        // The fuller, the longer the runs of places that are taken; at seven eighths a key is found with 4.5 looks on
        // average, which lie in one line of memory or two.
        if (self.used + 1) * 8 > self.entries.len() * 7 {
            self.grow();
        }
        self.used += 1;
        self.place(entry);
    }

    /// Which word has the bits of a tag, and these: as far as may be others than those that choose its home.
    fn bits(&self, tag: Tag) -> (usize, u64) {
        let number = u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let word = ((number >> 32) * self.met.len() as u64) >> 32;
        let (one, other) = ((number >> 20) & 63, (number >> 26) & 63);
        (word as usize, (1 << one) | (1 << other))
    }

    fn has_met(&self, tag: Tag) -> bool {
        let (word, bits) = self.bits(tag);
        self.met[word] & bits == bits
    }

    fn place(&mut self, entry: Entry) {
        let (word, bits) = self.bits(entry.tag);
        self.met[word] |= bits;
        let mut at = self.home(entry.tag);
        while self.entries[at].held != EMPTY {
            at = self.after(at);
        }
        self.entries[at] = entry;
    }

    fn grow(&mut self) {
        self.resize((self.entries.len() + self.entries.len() / 4).max(8));
    }

    fn resize(&mut self, size: usize) {
        self.met = vec![0; size.div_ceil(8)];
        let entries = std::mem::replace(&mut self.entries, vec![NOTHING; size]);
        for entry in entries {
            if entry.held != EMPTY {
                self.place(entry);
            }
        }
    }

    /// Empty a place and move up what was displaced behind it (Knuth, volume 3, 6.4, algorithm R).
    fn delete(&mut self, mut hole: usize) {
        self.used -= 1;
        let size = self.entries.len();
        let mut at = hole;
        loop {
            self.entries[hole].held = EMPTY;
            loop {
                at = self.after(at);
                if self.entries[at].held == EMPTY {
                    return;
                }
                let home = self.home(self.entries[at].tag);
                // It may move up if its home does not lie between the hole and itself.
                if (at + size - home) % size >= (at + size - hole) % size {
                    break;
                }
            }
            self.entries[hole] = self.entries[at];
            hole = at;
        }
    }
}
