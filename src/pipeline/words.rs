//! Words that are looked at where they stand, or that were read for it: then the room goes to who reads next.

use std::cell::RefCell;
use std::ops::Deref;

/// Rooms that a thread keeps.
const KEPT: usize = 32;
/// Most words of a room that is kept.
const LARGEST: usize = 1 << 14;

thread_local! {
    static ROOMS: RefCell<Vec<Vec<u32>>> = const { RefCell::new(Vec::new()) };
}

/// Some words.
#[derive(Clone, Debug)]
pub(super) struct Words<'a>(Held<'a>);

#[derive(Clone, Debug)]
enum Held<'a> {
    Lent(&'a [u32]),
    Room(Room),
}

/// What goes back to the rooms when it is dropped.
#[derive(Clone, Debug)]
struct Room {
    /// As long as it has ever been.
    words: Vec<u32>,
    /// How many of them are looked at.
    len: usize,
}

impl<'a> Words<'a> {
    /// Words that stand elsewhere.
    pub(super) fn lend(words: &'a [u32]) -> Self {
        Self(Held::Lent(words))
    }

    /// Words of one's own.
    pub(super) fn own(words: Vec<u32>) -> Self {
        Self(Held::Room(Room { len: words.len(), words }))
    }

    /// As many words, which `fill` makes, as bytes.
    ///
    /// # Errors
    /// What `fill` returns.
    pub(super) fn read<E>(len: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut words = ROOMS.with_borrow_mut(Vec::pop).unwrap_or_default();
        if words.len() < len {
            words.resize(len, 0);
        }
        fill(bytemuck::cast_slice_mut(&mut words[..len]))?;
        Ok(Self(Held::Room(Room { words, len })))
    }
}

impl Deref for Words<'_> {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match &self.0 {
            Held::Lent(words) => words,
            Held::Room(room) => &room.words[..room.len],
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.len() <= LARGEST {
            // A thread that ends has no rooms any more.
            let _ = ROOMS.try_with(|rooms| {
                let mut rooms = rooms.borrow_mut();
                if rooms.len() < KEPT {
                    rooms.push(words);
                }
            });
        }
    }
}
