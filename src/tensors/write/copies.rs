//! Tensors that are copied from a file are compared with it on a thread of its own, while the next ones are written.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::super::file::Tensor;

/// A tensor of a file that has been written to another.
pub(super) struct Copied<'a> {
    /// Its name there.
    pub name: String,
    /// Where its bytes are there.
    pub range: Range<usize>,
    /// What they were copied from.
    pub of: Tensor<'a>,
}

/// Which bytes of a new file were read back and are those of the tensors that they were copied from.
#[derive(Debug, Default)]
pub(crate) struct Copies(HashMap<String, Range<usize>>);

impl Copies {
    /// Whether a tensor of the new file has bytes that were found to be the same. Others may be, too.
    pub(crate) fn has(&self, tensor: Tensor<'_>) -> bool {
        self.0.get(tensor.name()).is_some_and(|range| tensor.range().as_ref() == Some(range))
    }
}

/// The thread that compares.
pub(super) struct Comparing<'scope, 'a> {
    tell: Sender<Copied<'a>>,
    thread: ScopedJoinHandle<'scope, Copies>,
}

impl<'scope, 'a: 'scope> Comparing<'scope, 'a> {
    /// Begins to compare with a new file, as far as it is told of copies.
    pub(super) fn start<'env>(scope: &'scope Scope<'scope, 'env>, written: File) -> io::Result<Self> {
        let (tell, told) = channel();
        let thread = thread::Builder::new().spawn_scoped(scope, move || same(written, told))?;
        Ok(Self { tell, thread })
    }

    /// Has a tensor compared that the file holds by now.
    pub(super) fn tell(&self, copied: Copied<'a>) {
        // Without the thread it stays with those that nobody has compared.
        let _ = self.tell.send(copied);
    }

    /// Waits for what is left.
    pub(super) fn finish(self) -> Copies {
        drop(self.tell);
        self.thread.join().unwrap_or_default()
    }
}

/// Those that are the same; one that differs or cannot be read is left to whoever compares the rest, and says so.
fn same(mut written: File, told: Receiver<Copied<'_>>) -> Copies {
    let is_same = |copied: &Copied<'_>| is_same(&mut written, copied).unwrap_or(false);
    Copies(told.into_iter().filter(is_same).map(|copied| (copied.name, copied.range)).collect())
}

fn is_same(written: &mut File, Copied { range, of, .. }: &Copied<'_>) -> io::Result<bool> {
    written.seek(SeekFrom::Start(range.start as u64))?;
    let mut buffer = Vec::new();
    let mut is_same = range.len() == of.byte_len();
    of.pieces(|piece| {
        buffer.resize(piece.len(), 0);
        written.read_exact(&mut buffer)?;
        is_same &= buffer == piece;
        Ok(())
    })?;
    Ok(is_same)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::super::super::dtype::Dtype;
    use super::super::super::file::TensorFile;
    use super::super::{Existing, Outgoing, copy_safetensors, safetensors_bytes};
    use super::*;

    /// Larger than the pieces that files are read in, so that what differs may be in any of them.
    const BYTES: usize = 700_000;

    fn file() -> TensorFile {
        let bytes: Vec<u8> = (0..BYTES).map(|at| (at * at % 251) as u8).collect();
        let tensor = |name| Outgoing::new(name, Dtype::U8, [BYTES], || Ok(bytes.as_slice().into()));
        let written = safetensors_bytes([tensor("a"), tensor("b")], &BTreeMap::new()).expect("names differ");
        TensorFile::from_bytes("source", written).expect("it was just written")
    }

    #[test]
    fn copies_are_compared_and_what_is_made_is_not() {
        let (folder, source) = (tempfile::tempdir().expect("a scratch folder"), file());
        let path = folder.path().join("copy");
        let tensors = || {
            let made = Outgoing::new("made", Dtype::U8, [2], || Ok(vec![1, 2].into()));
            source.iter().map(|tensor| Outgoing::from(tensor).renamed(format!("new.{}", tensor.name()))).chain([made])
        };
        let none = BTreeMap::new();
        let copies = copy_safetensors(&path, tensors(), &none, Existing::Refuse).expect("it is new");
        let written = TensorFile::open(&path).expect("it is written");
        let names =
            |file: &TensorFile| file.iter().map(|it| (it.name().to_owned(), copies.has(it))).collect::<Vec<_>>();
        assert_eq!(
            names(&written),
            [("made".to_owned(), false), ("new.a".to_owned(), true), ("new.b".to_owned(), true)]
        );
        let plain = safetensors_bytes(tensors(), &none).expect("names differ");
        assert_eq!(fs::read(&path).expect("it is written"), plain);
        // The same names at other places are not what was compared.
        let made = Outgoing::new("0", Dtype::U8, [2], || Ok(vec![1, 2].into()));
        let moved = safetensors_bytes(tensors().chain([made]), &none).expect("names differ");
        let moved = TensorFile::from_bytes("moved", moved).expect("it was just written");
        assert!(names(&moved).iter().all(|(_, has)| !has));
    }

    #[test]
    fn what_differs_or_is_missing_is_no_copy() {
        let (folder, source) = (tempfile::tempdir().expect("a scratch folder"), file());
        let of = source.get("a").expect("it is there");
        let path = folder.path().join("copy");
        let has = |bytes: &[u8]| {
            fs::write(&path, bytes).expect("the disk has room");
            thread::scope(|scope| {
                let written = File::open(&path).expect("it is there");
                let comparing = Comparing::start(scope, written).expect("there are threads");
                comparing.tell(Copied { name: "a".to_owned(), range: 0..BYTES, of });
                comparing.finish().0.contains_key("a")
            })
        };
        let mut bytes = of.bytes().into_owned();
        assert!(has(&bytes));
        assert!(!has(&bytes[1..]));
        for at in [0, BYTES / 2, BYTES - 1] {
            bytes[at] ^= 1;
            assert!(!has(&bytes), "{at}");
            bytes[at] ^= 1;
        }
    }
}
