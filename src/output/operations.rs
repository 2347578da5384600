//! The operations of one source's patch, while the rest of it is rewritten: in memory, then in a temporary file.
//!
//! The file is compressed: what a small file that is large inside unpacks to may be one record that cannot be read,
//! all of which is put back by the patch, and would else stand on the disk unpacked. Memory: 1 MiB, or the compressor.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::PathBuf;

/// Bytes of operations that stay in memory.
const IN_MEMORY: usize = 1 << 20;

/// Takes up operations.
pub(super) struct Operations {
    folder: PathBuf,
    held: Vec<u8>,
    file: Option<zstd::Encoder<'static, File>>,
}

impl Operations {
    /// Spills into `folder`.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, held: Vec::new(), file: None }
    }

    /// Ends the writing.
    pub(super) fn finish(mut self) -> io::Result<Finished> {
        let Some(mut file) = self.file.take() else { return Ok(Finished { held: self.held, file: None }) };
        file.write_all(&self.held)?;
        Ok(Finished { held: Vec::new(), file: Some(file.finish()?) })
    }
}

impl Write for Operations {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.held.len() + bytes.len() > IN_MEMORY {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(zstd::Encoder::new(tempfile::tempfile_in(&self.folder)?, 1)?),
            };
            file.write_all(&self.held)?;
            self.held.clear();
            file.write_all(bytes)?;
        } else {
            self.held.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Operations that are all there.
#[derive(Debug)]
pub(super) struct Finished {
    held: Vec<u8>,
    file: Option<File>,
}

impl Finished {
    /// Writes all of them.
    pub(super) fn write_to(self, stream: &mut impl Write) -> io::Result<()> {
        match self.file {
            None => stream.write_all(&self.held),
            Some(mut file) => {
                file.rewind()?;
                zstd::stream::copy_decode(file, stream)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back_however_much_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for pieces in [0, 1, 3, 5000] {
            let mut operations = Operations::new(folder.path().to_path_buf());
            let piece = b"some bytes of a record that went ".repeat(20);
            for _ in 0..pieces {
                operations.write_all(&piece).expect("written");
            }
            let mut back = Vec::new();
            operations.finish().expect("ended").write_to(&mut back).expect("in memory");
            assert!(back == piece.repeat(pieces), "{pieces}");
            let left = std::fs::read_dir(folder.path()).expect("a folder").count();
            assert_eq!(left, 0, "the file has no name");
        }
    }
}
