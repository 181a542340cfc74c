//! What every format of reports has in common: something before all files, a piece for each, something after.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{FileReport, Summary};
use crate::lint::RuleInfo;

/// A way to write findings. The pieces of files do not know of each other, so that many threads can write them and no
/// file need be kept.
pub trait Format: Sync {
    /// What comes before all files.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let _ = out;
        Ok(())
    }

    /// The piece of one file; it may be empty.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()>;

    /// What stands between two pieces that are not empty.
    fn separator(&self) -> &'static str {
        ""
    }

    /// What comes after all files.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn tail(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let _ = (totals, out);
        Ok(())
    }
}

/// What is known of all files together.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// How many findings weigh how much.
    pub summary: Summary,
    /// How often each rule found something, by code.
    pub rules: BTreeMap<&'static str, (&'static RuleInfo, usize)>,
    /// What could not be looked at.
    pub failures: Vec<String>,
    /// How many findings offer a fix that is safe.
    pub safe_fixes: usize,
    /// How many offer one that must be looked at.
    pub unsafe_fixes: usize,
}

impl Totals {
    /// Those of one file.
    #[must_use]
    pub fn of(file: &FileReport) -> Self {
        let mut totals = Self { summary: file.summary(), ..Self::default() };
        let is_mendable = file.is_mendable();
        for finding in &file.findings {
            if let Some(fix) = finding.fix.as_ref().filter(|_| is_mendable) {
                *(if fix.safe { &mut totals.safe_fixes } else { &mut totals.unsafe_fixes }) += 1;
            }
            totals.rules.entry(finding.rule.code).or_insert((finding.rule, 0)).1 += 1;
        }
        totals
    }

    /// Adds those of more files.
    pub fn add(&mut self, more: &Self) {
        self.summary = self.summary + more.summary;
        self.safe_fixes += more.safe_fixes;
        self.unsafe_fixes += more.unsafe_fixes;
        for (code, (rule, count)) in &more.rules {
            self.rules.entry(code).or_insert((rule, 0)).1 += count;
        }
        self.failures.extend_from_slice(&more.failures);
    }
}

/// Writes some files in a format.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write_all(format: &dyn Format, files: &[FileReport], out: &mut dyn Write) -> io::Result<()> {
    format.head(out)?;
    let mut totals = Totals::default();
    let mut separator = "";
    let mut piece = Vec::new();
    for file in files {
        piece.clear();
        format.file(file, &mut piece)?;
        if !piece.is_empty() {
            out.write_all(separator.as_bytes())?;
            out.write_all(&piece)?;
            separator = format.separator();
        }
        totals.add(&Totals::of(file));
    }
    format.tail(&totals, out)
}
