//! What a folder, an archive or a file of weights holds, as text and as JSON.

mod table;

use std::io::{self, Write};

use crate::inspect::Inspection;

/// Writes everything as one JSON object.
///
/// # Errors
/// If the writer fails.
pub fn write_json(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, inspection)?;
    writeln!(out)
}

/// Writes a table for people: modules that differ in nothing but their layer are one entry, unless what their numbers
/// are like is shown.
///
/// # Errors
/// If the writer fails.
pub fn write_text(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    table::write(out, inspection)
}
