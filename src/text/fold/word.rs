//! Hash of a word: its folded letters as UTF-8, in chunks of eight bytes, to 31 bits and the top bit.
//!
//! A word is hashed byte by byte ([`WordHash::letter`]) or, all at once, as one chunk of ASCII ([`of_chunk`]); both
//! give the same unit. The mixing step is the 64 × 64 → 128-bit product of wyhash.

const START: u64 = 0x2D35_8DCC_AA6C_78A5;
const CHUNK: u64 = 0x8BB8_4B93_962E_ACC9;
const LAST: u64 = 0x4B33_A62E_D433_D4A3;
const TOP: u32 = 1 << 31;

/// Hash of a word under way.
#[derive(Clone, Copy)]
pub(super) struct WordHash {
    state: u64,
    chunk: u64,
    /// Bytes in `chunk`, 0 to 8.
    filled: u32,
}

impl WordHash {
    pub(super) fn new() -> Self {
        Self { state: START, chunk: 0, filled: 0 }
    }

    /// Adds a folded letter.
    pub(super) fn letter(&mut self, code: u32) {
        if code < 0x80 {
            self.byte(code as u8);
        } else if let Some(c) = char::from_u32(code) {
            for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                self.byte(byte);
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.filled == 8 {
            self.eight(self.chunk);
        }
        self.chunk |= u64::from(byte) << (8 * self.filled);
        self.filled += 1;
    }

    fn eight(&mut self, chunk: u64) {
        self.state = absorb(self.state, chunk);
        self.chunk = 0;
        self.filled = 0;
    }

    /// The unit of the word; its top bit is set.
    pub(super) fn unit(self) -> u32 {
        finish(self.state, self.chunk, self.filled)
    }
}

fn absorb(state: u64, chunk: u64) -> u64 {
    mix(state ^ chunk, CHUNK)
}

fn finish(state: u64, chunk: u64, filled: u32) -> u32 {
    to_unit(mix(state ^ chunk, LAST ^ u64::from(filled)))
}

/// The unit of a word of 1 to 8 ASCII letters, lower case, the first in the lowest byte, zeros above.
pub(super) fn of_chunk(chunk: u64, filled: u32) -> u32 {
    finish(START, chunk, filled)
}

/// 31 bits of a hash and the top bit: never a character's code point.
pub(super) fn to_unit(hash: u64) -> u32 {
    (hash >> 33) as u32 | TOP
}

/// Both halves of the product, folded together.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}
