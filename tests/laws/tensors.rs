//! The laws of `tensors`, on generated tensors and on damaged files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use adapter_spec::tensors::{
    Archive, Dtype, Existing, Outgoing, TensorFile, safetensors_bytes, torch_zip_bytes, write_safetensors,
    write_torch_zip,
};
use proptest::prelude::*;

/// A tensor in memory.
#[derive(Debug, Clone, PartialEq)]
struct Held {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Held {
    fn outgoing(&self) -> Outgoing<'_> {
        Outgoing::new(&self.name, self.dtype, self.shape.as_slice(), || Ok(Cow::Borrowed(&self.bytes)))
    }
}

fn held() -> impl Strategy<Value = Held> {
    let shape = prop::collection::vec(0_usize..4, 0..4);
    ("[a-c.\"é]{0,3}", prop::sample::select(Dtype::ALL), shape).prop_flat_map(|(name, dtype, shape)| {
        let length = shape.iter().product::<usize>() * dtype.size();
        prop::collection::vec(any::<u8>(), length).prop_map(move |bytes| Held {
            name: name.clone(),
            dtype,
            shape: shape.clone(),
            bytes,
        })
    })
}

/// Tensors of different names, sorted by them.
fn tensors() -> impl Strategy<Value = Vec<Held>> {
    prop::collection::vec(held(), 0..6).prop_map(|tensors| {
        let tensors: BTreeMap<_, _> = tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        tensors.into_values().collect()
    })
}

/// Tensors of types that safetensors has.
fn plain_tensors() -> impl Strategy<Value = Vec<Held>> {
    tensors().prop_map(|tensors| tensors.into_iter().filter(|tensor| tensor.dtype.safetensors().is_some()).collect())
}

fn metadata() -> impl Strategy<Value = BTreeMap<String, String>> {
    // A line that leads to a tensor is another name of it.
    prop::collection::btree_map("[a-z\"é]{1,2}", "=.{0,3}", 0..3)
}

fn read(bytes: &[u8]) -> TensorFile {
    TensorFile::from_bytes("written", bytes).expect("what was written can be read")
}

fn contents(file: &TensorFile) -> Vec<Held> {
    let held = file.iter().map(|tensor| Held {
        name: tensor.name().to_owned(),
        dtype: tensor.dtype(),
        shape: tensor.shape().to_vec(),
        bytes: tensor.bytes().into_owned(),
    });
    held.collect()
}

#[test]
fn a_line_of_metadata_that_leads_to_a_tensor_is_another_name_of_it() {
    let held =
        |name: &str, byte: u8| Held { name: name.to_owned(), dtype: Dtype::U8, shape: vec![1], bytes: vec![byte] };
    let tensors = [held("a", 1), held("m.b", 2), held("pt", 3)];
    let lines = [("m.c", "a"), ("m.b", "a"), ("m.d", "e"), ("format", "pt"), ("m.g", "m.c")];
    let lines = lines.map(|(name, meant)| (name.to_owned(), meant.to_owned())).into();
    let file = read(&safetensors_bytes(tensors.iter().map(Held::outgoing), &lines).expect("it can be written"));
    let names: Vec<_> = file.iter().map(|tensor| (tensor.name(), tensor.alias().name(), tensor.bytes()[0])).collect();
    assert_eq!(names, [("a", "a", 1), ("m.b", "m.b", 2), ("m.c", "a", 1), ("pt", "pt", 3)]);
    // What leads to no tensor, what is a tensor itself, and what is no path, stays as it is.
    assert_eq!(file.metadata().keys().collect::<Vec<_>>(), ["format", "m.b", "m.d", "m.g"]);
}

proptest! {
    #[test]
    fn safetensors_come_back(tensors in plain_tensors(), metadata in metadata()) {
        let bytes = safetensors_bytes(tensors.iter().map(Held::outgoing), &metadata).expect("every type has a name");
        let file = read(&bytes);
        prop_assert_eq!(contents(&file), tensors);
        prop_assert_eq!(file.metadata(), &metadata);
    }

    #[test]
    fn torch_zips_come_back(tensors in tensors()) {
        let bytes = torch_zip_bytes(tensors.iter().map(Held::outgoing)).expect("every type can be written");
        prop_assert_eq!(contents(&read(&bytes)), tensors);
    }

    #[test]
    fn the_order_is_indifferent(tensors in plain_tensors(), turn in any::<prop::sample::Index>()) {
        let mut turned = tensors.clone();
        let len = turned.len().max(1);
        turned.rotate_left(turn.index(len) % len);
        turned.reverse();
        let none = BTreeMap::new();
        prop_assert_eq!(
            safetensors_bytes(turned.iter().map(Held::outgoing), &none).ok(),
            safetensors_bytes(tensors.iter().map(Held::outgoing), &none).ok()
        );
        prop_assert_eq!(
            torch_zip_bytes(turned.iter().map(Held::outgoing)).ok(),
            torch_zip_bytes(tensors.iter().map(Held::outgoing)).ok()
        );
    }

    #[test]
    fn safetensors_are_written_as_its_own_library_does(tensors in plain_tensors()) {
        let ours = safetensors_bytes(tensors.iter().map(Held::outgoing), &BTreeMap::new()).expect("as above");
        let views = tensors.iter().map(|tensor| {
            let dtype = serde_json::from_value(tensor.dtype.safetensors().into()).expect("the names are the same");
            let view = safetensors::tensor::TensorView::new(dtype, tensor.shape.clone(), &tensor.bytes);
            (tensor.name.clone(), view.expect("the bytes are as many"))
        });
        let theirs = safetensors::serialize(views, None).expect("the tensors are sound");
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), start in 0_usize..4) {
        let start: &[u8] = [b"PK\x03\x04".as_slice(), b"\x80\x02", b"\x20\0\0\0\0\0\0\0{", b""][start];
        look_at_all(&[start, &bytes].concat());
    }

    #[test]
    fn damaged_files_are_read_or_refused(
        file in prop::sample::select(recorded()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = std::fs::read(file).expect("the file is in the repository");
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        look_at_all(&bytes);
    }

    #[test]
    fn headers_are_judged_as_by_the_library_of_the_format(
        (header, length) in damaged_header(),
    ) {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + length, 7);
        let ours = TensorFile::from_bytes("ours", bytes.clone());
        let theirs = safetensors::SafeTensors::deserialize(&bytes);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours.err(), theirs.err());
    }
}

/// A header of two tensors in which a number or a word may be wrong, and how many bytes follow it.
fn damaged_header() -> impl Strategy<Value = (String, usize)> {
    let dtype = prop::sample::select(vec!["F32", "F32", "F32", "I8", "F64", "f32", "Q8", "C64"]);
    let size = prop::sample::select(vec!["2", "2", "2", "2", "1", "0", "-1", "2.0", "4294967296", "null"]);
    let start = prop::sample::select(vec![0, 0, 0, 8, 4]);
    let middle = prop::sample::select(vec![8, 8, 8, 8, 4, 16]);
    let end = prop::sample::select(vec![16, 16, 16, 8, 24]);
    let extra = prop::sample::select(vec!["", "", ",\"x\":1", ",\"shape\":[2]"]);
    let metadata = prop::sample::select(vec!["", "", "\"__metadata__\":{\"a\":\"b\"},", "\"__metadata__\":{\"a\":1},"]);
    let tail = prop::sample::select(vec!["}", "}", "}   ", "", "}}", ",}"]);
    let length = prop::sample::select(vec![16_usize, 16, 16, 8, 17]);
    (dtype, size, start, middle, end, extra, metadata, tail, length).prop_map(
        |(dtype, size, start, middle, end, extra, metadata, tail, length)| {
            let a = format!(r#""a":{{"dtype":"{dtype}","shape":[{size}],"data_offsets":[{start},{middle}]{extra}}}"#);
            let b = format!(r#""b":{{"dtype":"F32","shape":[2,1],"data_offsets":[{middle},{end}]}}"#);
            (format!("{{{metadata}{b},{a}{tail}"), length)
        },
    )
}

/// Reads all there is to read.
fn look_at_all(bytes: &[u8]) {
    match TensorFile::from_bytes("any", bytes) {
        Ok(file) => {
            for tensor in file.iter() {
                assert_eq!(tensor.bytes().len(), tensor.byte_len());
                assert_eq!(tensor.alias().alias().name(), tensor.alias().name());
                let _ = (tensor.to_f64_vec(), tensor.to_f32_vec(), tensor.to_i64_vec(), tensor.storage());
            }
        }
        Err(error) => assert!(error.to_string().starts_with("any: ")),
    }
    match Archive::from_bytes("any", bytes) {
        Ok(archive) => assert!(archive.names().all(|name| !matches!(archive.read(name), Ok(None)))),
        Err(error) => assert!(error.to_string().starts_with("any: ")),
    }
}

/// Every recorded file, good or not.
fn recorded() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tensors");
    let folders = [root.clone(), root.join("refused"), root.join("archives")];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("the folder is in the repository"));
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.is_file() && path.extension().is_none_or(|extension| extension != "json")).collect();
    paths.sort();
    paths
}

#[test]
fn files_cut_anywhere_are_refused() {
    for path in recorded() {
        let bytes = std::fs::read(&path).expect("the file is in the repository");
        if TensorFile::from_bytes("whole", bytes.clone()).is_err() {
            continue;
        }
        for end in 0..bytes.len() {
            let Err(error) = TensorFile::from_bytes("cut", &bytes[..end]) else {
                panic!("{} is read without its last {} bytes", path.display(), bytes.len() - end);
            };
            assert!(error.to_string().starts_with("cut: "), "{error}");
        }
    }
}

#[test]
fn outputs_appear_whole_and_only_where_they_may() {
    let folder = tempfile::tempdir().expect("a scratch folder can be made");
    let path = folder.path().join("a.safetensors");
    let tensor = |bytes: &'static [u8]| [Outgoing::new("a", Dtype::U8, [2], || Ok(Cow::Borrowed(bytes)))];
    let none = BTreeMap::new();
    write_safetensors(&path, tensor(&[1, 2]), &none, Existing::Refuse).expect("nothing is there yet");
    let error = write_safetensors(&path, tensor(&[3, 4]), &none, Existing::Refuse).expect_err("it exists");
    assert!(error.to_string().ends_with("it already exists; it is overwritten only on request (`--force`)"), "{error}");
    let error = write_safetensors(&path, tensor(&[3]), &none, Existing::Overwrite).expect_err("a byte is missing");
    assert!(error.to_string().contains("tensor `a`: 1 bytes were given for a shape that needs 2"), "{error}");
    let bytes = |path: &Path| TensorFile::open(path).expect("it is sound").get("a").map(|a| a.bytes().into_owned());
    assert_eq!(bytes(&path), Some(vec![1, 2]));
    // A file that is open stays as it was.
    let before = TensorFile::open(&path).expect("it is sound");
    write_torch_zip(&path, tensor(&[5, 6]), Existing::Overwrite).expect("it may be overwritten");
    assert_eq!(before.get("a").map(|a| a.bytes().into_owned()), Some(vec![1, 2]));
    assert_eq!(bytes(&path), Some(vec![5, 6]));
    let left = std::fs::read_dir(folder.path()).expect("the folder can be read").count();
    assert_eq!(left, 1, "something is left beside the output");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let tensor = |name, dtype: Dtype| Outgoing::new(name, dtype, [0], || Ok(Cow::Borrowed(&[])));
    let refused = |tensors| safetensors_bytes(tensors, &BTreeMap::new()).expect_err("it cannot be written").to_string();
    assert_eq!(
        refused([tensor("a", Dtype::C128), tensor("b", Dtype::F32)]),
        "output: tensor `a`: safetensors has no type for complex128"
    );
    assert_eq!(
        refused([tensor("a", Dtype::F32), tensor("a", Dtype::F64)]),
        "output: tensor `a`: there are two with this name"
    );
    assert!(refused([tensor("__metadata__", Dtype::F32), tensor("a", Dtype::F64)]).contains("__metadata__"));
    let huge = Outgoing::new("a", Dtype::F32, [1 << 40, 1 << 40], || unreachable!("nobody asks for the bytes"));
    assert!(torch_zip_bytes([huge]).is_err());
}

#[test]
fn ties_outlive_writing() {
    let four = || Ok(Cow::Borrowed([1, 2, 3, 4].as_slice()));
    let tensors = [
        Outgoing::new("a", Dtype::U8, [4], four).tied(1),
        Outgoing::new("b", Dtype::U8, [2, 2], four).tied(1),
        Outgoing::new("c", Dtype::U8, [4], four).tied(1),
        Outgoing::new("d", Dtype::U8, [4], four),
    ];
    let file = read(&torch_zip_bytes(tensors).expect("the tensors are sound"));
    let aliases: Vec<_> = file.iter().map(|tensor| tensor.alias().name()).collect();
    assert_eq!(aliases, ["a", "b", "a", "d"]);
    let again = read(&torch_zip_bytes(file.iter().map(Outgoing::from)).expect("the tensors are sound"));
    assert_eq!(again.iter().map(|tensor| tensor.alias().name()).collect::<Vec<_>>(), aliases);
}

#[test]
fn conversions_are_exact_or_refused() {
    let one = |dtype: Dtype, bytes: &[u8]| {
        let shape = [bytes.len() / dtype.size()];
        let tensor = Outgoing::new("x", dtype, shape, || Ok(Cow::Owned(bytes.to_vec())));
        read(&torch_zip_bytes([tensor]).expect("the tensor is sound"))
    };
    let f64s = one(Dtype::F64, &[0.5_f64, 0.1].map(f64::to_le_bytes).concat());
    let x = f64s.get("x").expect("it was written");
    assert_eq!(x.to_f64_vec().ok(), Some(vec![0.5, 0.1]));
    assert_eq!(
        x.to_f32_vec().map_err(|error| error.to_string()),
        Err("written: tensor `x`: element 1 is 0.1, which f32 cannot represent exactly".to_owned())
    );
    assert_eq!(
        x.to_i64_vec().map_err(|error| error.to_string()),
        Err("written: tensor `x`: element 0 is 0.5, which i64 cannot represent exactly".to_owned())
    );
    let whole = one(Dtype::F32, &[3.0_f32, f32::NAN].map(f32::to_le_bytes).concat());
    let x = whole.get("x").expect("it was written");
    assert!(x.to_f32_vec().is_ok_and(|values| values[1].is_nan()));
    assert!(x.to_i64_vec().is_err());
    let ints = one(Dtype::U64, &[u64::MAX, 1 << 60].map(u64::to_le_bytes).concat());
    let x = ints.get("x").expect("it was written");
    assert!(x.to_i64_vec().is_err() && x.to_f64_vec().is_err());
    let complex = one(Dtype::C64, &[0; 8]);
    let error = complex.get("x").expect("it was written").to_f64_vec().expect_err("it has two parts");
    assert_eq!(error.to_string(), "written: tensor `x`: complex64 as f64 is not supported");
}
