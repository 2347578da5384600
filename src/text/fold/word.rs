//! Hash of a word: its folded letters as UTF-8, in chunks of eight bytes, to 31 bits and the top bit.
//!
//! Letters come one by one, or as chunks of ASCII that are cut at the same places; both give the same unit. The mixing
//! step is the 64 × 64 → 128-bit product of wyhash.

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
    #[inline(always)]
    pub(super) fn letter(&mut self, code: u32) {
        if code < 0x80 {
            self.byte(code as u8);
        } else if code < 0x800 {
            self.byte(0xC0 | (code >> 6) as u8);
            self.byte(0x80 | (code & 0x3F) as u8);
        } else if let Some(c) = char::from_u32(code) {
            for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                self.byte(byte);
            }
        }
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        if self.filled == 8 {
            self.eight(self.chunk);
            self.chunk = 0;
            self.filled = 0;
        }
        self.chunk |= u64::from(byte) << (8 * self.filled);
        self.filled += 1;
    }

    /// Adds eight ASCII letters, lower case, the first in the lowest byte; more must follow.
    pub(super) fn eight(&mut self, chunk: u64) {
        self.state = mix(self.state ^ chunk, CHUNK);
    }

    /// Adds one to eight ASCII letters behind whole chunks of eight.
    pub(super) fn last(&mut self, chunk: u64, filled: u32) {
        self.chunk = chunk;
        self.filled = filled;
    }

    /// The unit of the word; its top bit is set.
    pub(super) fn unit(self) -> u32 {
        to_unit(mix(self.state ^ self.chunk, LAST ^ u64::from(self.filled)))
    }
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
