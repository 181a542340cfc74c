//! Any bytes are read as a file of tensors or as an archive, or refused; what is read can be looked at and comes back when
//! it is written. What is read as safetensors holds the same to the library of the format, which takes more (two tensors of
//! one name, types that torch has not).
#![no_main]

use adapter_spec::tensors::{Archive, Format, TensorFile};

mod again;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::from_bytes("any", bytes) {
        assert!(archive.names().all(|name| !matches!(archive.read(name), Ok(None))));
    }
    let Ok(ours) = TensorFile::from_bytes("any", bytes) else { return };
    again::tensors(&ours);
    if ours.format() == Format::Safetensors {
        let theirs = safetensors::SafeTensors::deserialize(bytes).expect("it is read here");
        for (name, view) in theirs.iter() {
            let tensor = ours.get(name).expect("their tensors are ours");
            assert_eq!((tensor.shape(), &*tensor.bytes()), (view.shape(), view.data()));
        }
    }
});
