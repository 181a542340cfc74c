//! Any pickle in a sound legacy file is read or refused, storages of any length follow it, and what is read comes back
//! when it is written.
#![no_main]

use adapter_spec::tensors::TensorFile;

mod again;

/// The magic number, the version of the protocol, and a system of which nothing is known.
const HEAD: &[u8] = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = TensorFile::from_bytes("any", [HEAD, bytes].concat()) {
        again::tensors(&file);
    }
});
