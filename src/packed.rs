//! Data that lies packed in the program (`build.rs` packs it) and is unpacked where it is wanted.

use std::io::Read as _;

/// The bytes of one of the files that `build.rs` packs, by its name.
macro_rules! packed {
    ($name:literal) => {
        $crate::packed::unpack(include_bytes!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}

pub(crate) use packed;

/// # Panics
/// If the bytes are none that `build.rs` packed.
pub(crate) fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::DeflateDecoder::new(packed).read_to_end(&mut bytes).expect("it was packed at build time");
    bytes
}
