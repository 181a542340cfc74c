//! One line a finding, as compilers print it and editors read it: `path:line:column: error[AL203] name: message`. A finding
//! that can be mended safely ends in `[*]`.

use std::io::{self, Write};

use super::{FileReport, Format, one_line};

/// One line a finding.
pub struct Concise;

impl Format for Concise {
    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        let is_mendable = file.is_mendable();
        for finding in &file.findings {
            let at = file.document.source.position(finding.span.start);
            writeln!(
                out,
                "{}:{}:{}: {}[{}] {}: {}{}",
                one_line(&file.path),
                at.line,
                at.column,
                finding.severity.as_str(),
                finding.rule.code,
                finding.rule.name(),
                one_line(&finding.message),
                if is_mendable && finding.fix.as_ref().is_some_and(|fix| fix.safe) { " [*]" } else { "" },
            )?;
        }
        Ok(())
    }
}
