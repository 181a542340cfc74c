//! Findings as data, a line a file, so that a reader need not wait for the last one.

use std::io::{self, Write};

use super::json::File;
use super::{FileReport, Format};

/// One JSON text a file, each in a line: [`File`].
pub struct JsonLines;

impl Format for JsonLines {
    fn file(&self, file: &FileReport, mut out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, &File::from(file))?;
        out.write_all(b"\n")
    }
}
