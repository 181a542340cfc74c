//! The tensors of an adapter, as a table and as JSON.

mod peft;
mod table;

use std::io::{self, Write};

use crate::dialects::adapterhub::slots::Placed;
use crate::params::{Params, PeftParams};

/// Writes everything as one JSON object.
///
/// # Errors
/// If the writer fails.
pub fn write_json(out: &mut impl Write, params: &Params) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, params)?;
    writeln!(out)
}

/// Writes a table for people: modules that differ in nothing but their layer are one entry.
///
/// # Errors
/// If the writer fails.
pub fn write_table(out: &mut impl Write, params: &Params, placed: &[Placed], attribute: &str) -> io::Result<()> {
    table::write(out, params, placed, attribute)
}

/// Writes everything of an adapter of PEFT as one JSON object.
///
/// # Errors
/// If the writer fails.
pub fn write_peft_json(out: &mut impl Write, params: &PeftParams) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, params)?;
    writeln!(out)
}

/// Writes a table of an adapter of PEFT, likewise.
///
/// # Errors
/// If the writer fails.
pub fn write_peft_table(out: &mut impl Write, params: &PeftParams) -> io::Result<()> {
    peft::write(out, params)
}
