//! Any bytes are read as a file of tensors or as an archive, or refused; what is read can be looked at and comes back when it is written.
#![no_main]

use adapter_spec::tensors::{Archive, Outgoing, TensorFile, torch_zip_bytes};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::from_bytes("any", bytes) {
        assert!(archive.names().all(|name| !matches!(archive.read(name), Ok(None))));
    }
    let Ok(file) = TensorFile::from_bytes("any", bytes) else { return };
    // Expanded tensors and those that share memory can be many times the file.
    if file.iter().map(|tensor| tensor.byte_len()).sum::<usize>() > 1 << 20 {
        return;
    }
    for tensor in file.iter() {
        assert_eq!(tensor.bytes().len(), tensor.byte_len());
        let _ = (tensor.to_f64_vec(), tensor.to_f32_vec(), tensor.to_i64_vec());
    }
    let again = torch_zip_bytes(file.iter().map(Outgoing::from)).expect("what was read can be written");
    let again = TensorFile::from_bytes("again", again).expect("what was written can be read");
    assert_eq!(again.len(), file.len());
    for (again, tensor) in again.iter().zip(file.iter()) {
        assert_eq!((again.name(), again.dtype(), again.shape()), (tensor.name(), tensor.dtype(), tensor.shape()));
        assert_eq!(again.bytes(), tensor.bytes());
        assert_eq!(again.alias().name(), tensor.alias().name());
    }
});
