//! Files of tensors and archives that would fill the memory: refused with the reason, and little is used meanwhile. In a
//! program of its own, and all in one test, since what is measured is the memory of the whole program.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor, Write as _};
use std::path::Path;

use adapter_spec::tensors::{
    Archive, Cause, Dtype, Existing, Outgoing, TensorFile, write_safetensors, write_torch_zip,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A file of torch with this pickle, and one storage of four bytes.
fn torch_zip(pickle: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in [("a/data.pkl", pickle), ("a/data/0", &[0; 4])] {
        zip.start_file(name, options).expect("it is in memory");
        zip.write_all(bytes).expect("it is in memory");
    }
    zip.finish().expect("it is in memory").into_inner()
}

/// The most memory that was ever resident, in bytes, mapped files counted in; none where the system does not say.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

#[test]
fn what_would_fill_the_memory_does_not() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = |name: &str| folder.path().join(name);

    // A gigabyte of zeros in a megabyte.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![0; 1 << 20];
    (0..1024).for_each(|_| gzip.write_all(&block).expect("it is in memory"));
    let bomb = gzip.finish().expect("it is in memory");
    let refused = Archive::from_bytes("bomb.tar.gz", bomb).expect_err("it is a bomb");
    assert!(matches!(refused.cause(), Cause::Limit { what: "bytes once unpacked", .. }), "{refused}");

    // A list that is copied by every call.
    for (function, item) in
        [(&b"builtins\nset"[..], &b"N"[..]), (b"torch\nSize", b"N"), (b"collections\nOrderedDict", b"NN\x86")]
    {
        let (list, calls) = (item.repeat(1 << 17), b"h\0h\x01R0".repeat(2000));
        let pickle = [b"\x80\x02c", function, b"\nq\0](", &list, b"e\x85q\x01", &calls, b"N."].concat();
        let refused = TensorFile::from_bytes("copies", torch_zip(&pickle)).expect_err("too much is copied");
        assert!(matches!(refused.cause(), Cause::Limit { what: "items that calls copy", .. }), "{refused}");
    }

    // A tensor of many dimensions under many names.
    let sizes = [&b"("[..], &b"K\x01".repeat(64), b"t"].concat();
    let tensor = [
        b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQK\0",
        &sizes[..],
        &sizes,
        b"\x89}tR",
    ]
    .concat();
    let lists = [&b"]("[..], &b"h\0".repeat(500), b"eq\x010](", &b"h\x01".repeat(500), b"e."].concat();
    let pickle = [b"\x80\x02", &tensor[..], b"q\x000X\0\x40\0\0", &[b'a'; 1 << 14], b"0", &lists].concat();
    let names = TensorFile::from_bytes("names", torch_zip(&pickle)).expect("it is sound");
    assert_eq!(names.len(), 250_000);
    assert_eq!(names.iter().next().map(|tensor| tensor.shape().len()), Some(64));
    drop(names);

    // A header that says more than there is.
    let mut header = 99_000_000_u64.to_le_bytes().to_vec();
    header.extend_from_slice(b"{\"a\":");
    let refused = TensorFile::from_bytes("header", header).expect_err("it is cut short");
    assert!(matches!(refused.cause(), Cause::Truncated { .. }), "{refused}");

    // Large tensors pass through in pieces, out of either format and into either.
    let bytes = || Ok(Cow::Owned(vec![1; 16 << 20]));
    let large = (0..16).map(|number| Outgoing::new(format!("{number}"), Dtype::U8, [16 << 20], bytes));
    write_safetensors(path("a"), large, &BTreeMap::new(), Existing::Refuse).expect("it can be written");
    let file = TensorFile::open(path("a")).expect("it was just written");
    write_torch_zip(path("b"), file.iter().map(Outgoing::from), Existing::Refuse).expect("it can be written");
    let zip = TensorFile::open(path("b")).expect("it was just written");
    write_safetensors(path("c"), zip.iter().map(Outgoing::from), &BTreeMap::new(), Existing::Refuse)
        .expect("it can be written");
    for tensor in TensorFile::open(path("c")).expect("it was just written").iter() {
        let before = file.get(tensor.name()).expect("it came from there");
        assert!(tensor.is_same(before).expect("both can be read"));
    }

    if let Some(peak) = peak() {
        assert!(peak < 200 << 20, "{peak} bytes were resident");
    }
}

#[test]
fn records_with_sizes_of_64_bits_are_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tensors/adapter.pt");
    let before = TensorFile::open(&path).expect("the fixture is sound");
    let mut old = ZipArchive::new(File::open(&path).expect("it is there")).expect("it is an archive");
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    for index in 0..old.len() {
        let mut record = old.by_index(index).expect("it is in the directory");
        let name = record.name().expect("it is text").into_owned();
        new.start_file(name, options).expect("it is in memory");
        io::copy(&mut record, &mut new).expect("it is in memory");
    }
    let bytes = new.finish().expect("it is in memory").into_inner();
    let after = TensorFile::from_bytes("zip64", bytes).expect("torch's own reader takes it");
    assert_eq!(after.len(), before.len());
    for tensor in before.iter() {
        let other = after.get(tensor.name()).expect("it has the same tensors");
        assert!(tensor.is_same(other).expect("both can be read"));
    }
}
