//! The only file that names hash crates: xxh3 with fixed seeds for whatever is stored or compared, ahash for maps
//! that live in memory and decide nothing.

use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64, xxh3_64_with_seed, xxh3_128};

/// A map that lives in memory; its order means nothing, so nothing may be written in its order.
pub type Map<K, V> = std::collections::HashMap<K, V, ahash::RandomState>;
/// A set that lives in memory, with the same restriction as [`Map`].
pub type Set<K> = std::collections::HashSet<K, ahash::RandomState>;

/// A set of keys that are hashes already, with the same restriction: one multiplication, and no secret, is enough.
pub type KeySet = std::collections::HashSet<u32, BuildHasherDefault<Mixed>>;

/// Mixes a key into the 64 bits that a table looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mixed(u64);

impl Hasher for Mixed {
    fn write_u32(&mut self, key: u32) {
        self.0 = u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

/// 64-bit key of bytes, the same on every machine.
pub fn key(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// 64-bit key of bytes under a seed, for keys of different kinds that must not meet.
pub fn key_seeded(bytes: &[u8], seed: u64) -> u64 {
    xxh3_64_with_seed(bytes, seed)
}

/// 128-bit key of bytes, as 32 hexadecimal digits: file identity in `run.json` and the patch store.
///
/// ```
/// assert_eq!(dechaff::hash::identity(b"").len(), 32);
/// ```
pub fn identity(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}

/// [`identity`] of a stream, fed piece by piece.
#[derive(Default)]
pub struct Identity(Xxh3Default);

impl Identity {
    /// Adds the next bytes of the stream.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The identity of all bytes so far.
    pub fn finish(&self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}

/// Key of units in any order: the sum of what each is mixed to.
///
/// ```
/// use dechaff::hash::bag_key;
/// assert_eq!(bag_key(&[1, 2, 2]), bag_key(&[2, 1, 2]));
/// assert_ne!(bag_key(&[1, 2, 2]), bag_key(&[1, 1, 2]));
/// ```
pub fn bag_key(units: &[u32]) -> u64 {
    units.iter().fold(0, |sum, &unit| {
        let mixed = (u64::from(unit) ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        sum.wrapping_add((mixed ^ (mixed >> 32)).wrapping_mul(0xA076_1D64_78BD_642F))
    })
}

/// 64-bit key of a unit sequence: equal sequences, equal keys, on machines of either byte order.
pub fn units_key(units: &[u32]) -> u64 {
    if cfg!(target_endian = "little") {
        xxh3_64(as_bytes(units))
    } else {
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        xxh3_64(&bytes)
    }
}

fn as_bytes(units: &[u32]) -> &[u8] {
    // Plain old data: every bit pattern of u32 is four initialised bytes.
    bytemuck::cast_slice(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored keys must never change between versions: these values are pinned.
    #[test]
    fn known_answers() {
        assert_eq!(key(b"dechaff"), xxh3_64(b"dechaff"));
        assert_eq!(units_key(&[1, 2, 3]), key(&[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]));
        let mut stream = Identity::default();
        stream.update(b"dec");
        stream.update(b"haff");
        assert_eq!(stream.finish(), identity(b"dechaff"));
    }
}
