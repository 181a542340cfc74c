//! How often each rule found something.

use std::io::{self, Write};

use super::diagnostics::{RuleCount, Severity, Statistics};
use super::{FileReport, Format, Totals};

/// A table, the most frequent first.
pub struct Table;

impl Format for Table {
    fn file(&self, _: &FileReport, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn tail(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let counts = counts(totals);
        let width = counts.iter().map(|rule| rule.count.to_string().len()).max().unwrap_or(1);
        for RuleCount { code, name, count, .. } in &counts {
            writeln!(out, "{count:>width$}  {code}  {name}")?;
        }
        Ok(())
    }
}

/// One JSON text: [`Statistics`].
pub struct Json;

impl Format for Json {
    fn file(&self, _: &FileReport, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn tail(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let statistics = Statistics { version: 1, rules: counts(totals), summary: totals.summary.into() };
        serde_json::to_writer_pretty(&mut *out, &statistics)?;
        writeln!(out)
    }
}

fn counts(totals: &Totals) -> Vec<RuleCount> {
    let count = |(rule, count): &(&crate::lint::RuleInfo, usize)| RuleCount {
        code: rule.code.to_owned(),
        name: rule.name(),
        severity: Severity::from(rule.severity),
        count: *count,
    };
    let mut counts: Vec<_> = totals.rules.values().map(count).collect();
    counts.sort_unstable_by(|a, b| (b.count, &a.code).cmp(&(a.count, &b.code)));
    counts
}
