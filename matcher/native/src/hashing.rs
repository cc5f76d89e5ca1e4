//! Hashes of 64 and 128 bits, and maps whose keys are such hashes already.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<Plain>>;
pub type Set<K> = HashSet<K, BuildHasherDefault<Plain>>;

/// Takes a hash as its own hash.
#[derive(Default)]
pub struct Plain(u64);

impl Hasher for Plain {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub fn hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// Stands for texts themselves: 128 bits, by a secret of this process, so that nobody can make two texts share one.
pub struct Secret(u64);

impl Secret {
    pub fn new() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    pub fn hash(&self, bytes: &[u8]) -> u128 {
        xxh3_128_with_seed(bytes, self.0)
    }
}
