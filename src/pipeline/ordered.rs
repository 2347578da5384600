//! Items → the bytes of files: made on all threads, written in the order of the items.
//!
//! In go slices of items, out come one or several files of the run's folder. While one round of slices is made, the
//! bytes of the round before are written. Cost: the bytes of two rounds, each a few slices for each thread.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::error::{Error, Result};

/// Slices of a round for each thread: enough that none waits long for the others.
const SLICES: usize = 4;

/// Files that are written together.
#[derive(Debug)]
pub(super) struct Files<const N: usize> {
    files: [(PathBuf, File); N],
}

/// The bytes of one slice, for each file.
pub(super) type Bytes<const N: usize> = [Vec<u8>; N];

impl<const N: usize> Files<N> {
    /// Makes the files.
    ///
    /// # Errors
    /// When one cannot be made.
    pub(super) fn create(folder: &Path, names: [&str; N]) -> Result<Self> {
        let mut files = Vec::with_capacity(N);
        for name in names {
            let path = folder.join(name);
            let file = File::create(&path).map_err(Error::io(&path))?;
            files.push((path, file));
        }
        let files = files.try_into().unwrap_or_else(|_| unreachable!("one file for each name"));
        Ok(Self { files })
    }

    /// Adds what `make` says of each slice. The bytes of a round that is written are the room for the next.
    ///
    /// # Errors
    /// That of the first slice that fails, or when a file cannot be written.
    pub(super) fn write<T: Sync>(
        &mut self,
        slices: &[&[T]],
        make: impl Fn(&[T], &mut Bytes<N>) -> Result<()> + Sync,
    ) -> Result<()> {
        let made = |round: &[&[T]], bytes: &mut Vec<Bytes<N>>| -> Result<()> {
            bytes.resize_with(round.len(), || std::array::from_fn(|_| Vec::new()));
            let slice = |(bytes, items): (&mut Bytes<N>, &&[T])| {
                bytes.iter_mut().for_each(Vec::clear);
                make(items, bytes)
            };
            bytes.par_iter_mut().zip(round).with_max_len(1).map(slice).collect()
        };
        let (mut before, mut next) = (Vec::new(), Vec::new());
        for round in slices.chunks(SLICES * rayon::current_num_threads()) {
            let (written, made) = rayon::join(|| self.add_all(&before), || made(round, &mut next));
            written.and(made)?;
            std::mem::swap(&mut before, &mut next);
        }
        self.add_all(&before)
    }

    fn add_all(&mut self, made: &[Bytes<N>]) -> Result<()> {
        made.iter().try_for_each(|bytes| self.add(bytes))
    }

    /// Adds bytes as they are.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn add(&mut self, bytes: &Bytes<N>) -> Result<()> {
        for ((path, file), bytes) in self.files.iter_mut().zip(bytes) {
            file.write_all(bytes).map_err(Error::io(&*path))?;
        }
        Ok(())
    }
}
