//! What the compiler is not told by `Cargo.toml`: data that lies packed in the program, and how that is linked.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What is packed. `packed!` in `src/packed.rs` takes it out again.
const PACKED: [&str; 4] = [
    "src/models/tree/trees.txt",
    "src/draw/fonts/DejaVuSans.ttf",
    "src/draw/fonts/DejaVuSans-Bold.ttf",
    "src/draw/fonts/DejaVuSansMono.ttf",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let folder = std::env::var("OUT_DIR")?;
    for path in PACKED {
        println!("cargo:rerun-if-changed={path}");
        let name = Path::new(path).file_name().ok_or("a file")?;
        let mut packed = DeflateEncoder::new(File::create(Path::new(&folder).join(name))?, Compression::best());
        packed.write_all(&fs::read(path)?)?;
        packed.finish()?;
    }
    // A program that may be loaded anywhere has every address of its tables written down once more, and all of them are
    // mended as it starts: 1.2 MB of 17, and half the time of a run on one file. Rust's own memory safety does not rest
    // on where a program lies.
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
        // A panic ends the program, so nobody walks up its stack: the index for that is 0.15 MB.
        println!("cargo:rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }
    Ok(())
}
