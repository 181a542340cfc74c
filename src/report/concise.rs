//! One line a finding, as compilers print it and editors read it: `path:line:column: error[AL203] name: message`.

use std::io::{self, Write};

use super::{FileReport, one_line};

/// Writes every finding of every file.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write(out: &mut impl Write, files: &[FileReport]) -> io::Result<()> {
    for file in files {
        for finding in &file.findings {
            let at = file.document.source.position(finding.span.start);
            writeln!(
                out,
                "{}:{}:{}: {}[{}] {}: {}",
                one_line(&file.path),
                at.line,
                at.column,
                finding.severity.as_str(),
                finding.rule.code,
                finding.rule.name(),
                one_line(&finding.message),
            )?;
        }
    }
    Ok(())
}
