//! Keys of rows, a column for each band and anchor: in memory, or in a temporary file where there is no room for them.
//!
//! Rows are signed one after another and walked column by column, so what goes to the file goes in slabs of rows, each
//! column of a slab behind the same column of the slab before. Cost: 4 bytes a key; of those in the file a slab is in
//! memory while it is made, a column while it is walked, and the bands of the rows that stand in hot buckets.

use std::borrow::Cow;

use crate::error::Result;
use crate::lsh::banding::PARAGRAPH;
use crate::pipeline::scratch::Scratch;

/// Keys a paragraph: bands, then head and tail anchor.
pub(super) const KEYS: usize = PARAGRAPH.bands + 2;
/// Rows of a slab, at least; but of the last.
const SLAB: usize = 1 << 16;
/// In the place of the bands of a row that nobody asks for.
const NOT_ASKED: u32 = u32::MAX;

/// The keys of all rows.
#[derive(Debug)]
pub(super) struct Keys {
    rows: usize,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    /// By column.
    Memory(Vec<Vec<u32>>),
    /// Column behind column.
    File(Scratch),
}

impl Keys {
    /// Keys of so many rows, none of them known yet; in memory if there they take no more than `room` bytes.
    ///
    /// # Errors
    /// When a temporary file cannot be made.
    pub(super) fn new(rows: usize, room: usize) -> Result<Self> {
        let kept = if rows.saturating_mul(4 * KEYS) <= room {
            Kept::Memory(vec![vec![0; rows]; KEYS])
        } else {
            Kept::File(Scratch::new()?)
        };
        Ok(Self { rows, kept })
    }

    /// Fewest rows that are filled at a time.
    pub(super) fn slab(&self) -> usize {
        match self.kept {
            Kept::Memory(_) => self.rows,
            Kept::File(_) => SLAB,
        }
    }

    /// Has `fill` write the keys of `count` rows from `start` on, by column.
    ///
    /// # Errors
    /// Those of `fill`, and when the file cannot be written.
    pub(super) fn fill(
        &mut self,
        start: usize,
        count: usize,
        fill: impl FnOnce([&mut [u32]; KEYS]) -> Result<()>,
    ) -> Result<()> {
        match &mut self.kept {
            Kept::Memory(columns) => {
                let mut columns = columns.iter_mut().map(|column| &mut column[start..start + count]);
                fill(std::array::from_fn(|_| columns.next().unwrap_or_default()))
            }
            Kept::File(file) => {
                let mut slab = vec![0; KEYS * count];
                let mut columns = slab.chunks_exact_mut(count.max(1));
                fill(std::array::from_fn(|_| columns.next().unwrap_or_default()))?;
                for (column, keys) in slab.chunks_exact(count.max(1)).enumerate() {
                    file.write(4 * (column * self.rows + start) as u64, bytemuck::cast_slice(keys))?;
                }
                Ok(())
            }
        }
    }

    /// The keys of all rows in one band; in one behind the bands, their head or tail anchors.
    ///
    /// # Errors
    /// When they cannot be read back.
    pub(super) fn column(&self, column: usize) -> Result<Cow<'_, [u32]>> {
        match &self.kept {
            Kept::Memory(columns) => Ok(Cow::Borrowed(&columns[column])),
            Kept::File(file) => {
                let mut keys = vec![0; self.rows];
                file.read(4 * (column * self.rows) as u64, bytemuck::cast_slice_mut(&mut keys))?;
                Ok(Cow::Owned(keys))
            }
        }
    }

    /// The bands of the rows that `asked` names, as often as it will.
    ///
    /// # Errors
    /// When they cannot be read back.
    pub(super) fn bands(&self, asked: impl Iterator<Item = u32>) -> Result<Bands<'_>> {
        if let Kept::Memory(columns) = &self.kept {
            return Ok(Bands::All(columns));
        }
        let mut place = vec![NOT_ASKED; self.rows];
        asked.for_each(|row| place[row as usize] = 0);
        let asked = place.iter_mut().filter(|place| **place == 0);
        let mut bands = vec![[0; PARAGRAPH.bands]; asked.zip(0..).map(|(place, at)| *place = at).count()];
        for column in 0..PARAGRAPH.bands {
            let keys = self.column(column)?;
            let asked = keys.iter().zip(&place).filter(|(_, place)| **place != NOT_ASKED);
            asked.zip(&mut bands).for_each(|((key, _), bands)| bands[column] = *key);
        }
        Ok(Bands::Asked { place, bands })
    }
}

/// Bands of rows, in any order.
#[derive(Debug)]
pub(super) enum Bands<'k> {
    /// Of all rows, by column.
    All(&'k [Vec<u32>]),
    /// Of those asked for, and where they stand.
    Asked { place: Vec<u32>, bands: Vec<[u32; PARAGRAPH.bands]> },
}

impl Bands<'_> {
    /// The key of a row in one band.
    pub(super) fn key(&self, row: u32, band: usize) -> u32 {
        match self {
            Self::All(columns) => columns[band][row as usize],
            Self::Asked { place, bands } => bands[place[row as usize] as usize][band],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands in the file reads as it does in memory.
        #[test]
        fn in_memory_and_in_the_file_are_the_same(
            rows in prop::collection::vec(prop::array::uniform::<_, KEYS>(any::<u32>()), 0..40),
            cuts in prop::collection::btree_set(0usize..40, 0..4),
            asked in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let mut both = [usize::MAX, 0].map(|room| Keys::new(rows.len(), room).unwrap());
            let ends: Vec<usize> = cuts.into_iter().filter(|&cut| cut < rows.len()).chain([rows.len()]).collect();
            for keys in &mut both {
                let mut start = 0;
                for &end in &ends {
                    keys.fill(start, end - start, |columns| {
                        let cells = columns.into_iter().enumerate();
                        cells.for_each(|(column, keys)| {
                            keys.iter_mut().zip(&rows[start..]).for_each(|(key, row)| *key = row[column]);
                        });
                        Ok(())
                    }).unwrap();
                    start = end;
                }
            }
            prop_assert!(rows.is_empty() || matches!(both[1].kept, Kept::File(_)));
            let asked = || asked.iter().filter(|_| !rows.is_empty()).map(|row| row.index(rows.len()) as u32);
            for keys in &both {
                for column in 0..KEYS {
                    let want: Vec<u32> = rows.iter().map(|row| row[column]).collect();
                    prop_assert_eq!(&*keys.column(column).unwrap(), &want);
                }
                let bands = keys.bands(asked()).unwrap();
                for (row, band) in asked().flat_map(|row| (0..PARAGRAPH.bands).map(move |band| (row, band))) {
                    prop_assert_eq!(bands.key(row, band), rows[row as usize][band]);
                }
            }
        }
    }
}
