use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A string is in single quotes.
    ///
    /// ## Why is this bad
    /// JSON strings have double quotes: Python's `json` raises a `JSONDecodeError`. Text printed from a Python dictionary looks like this.
    ///
    /// ## Example
    /// ```json
    /// {'r': 8}
    /// ```
    ///
    /// ## Fix safety
    /// The fix changes the quotes, and the escapes between them where needed; this is safe. A string with an escape
    /// that neither JSON nor Python knows has no fix.
    SingleQuotedString, Error
}

impl SingleQuotedString {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::SingleQuotedString {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("use double quotes");
            if let Some(string) = in_double_quotes(document.source.slice(problem.span)) {
                finding.replace(problem.span, string, "Use double quotes");
            }
        }
    }
}

/// The same text in double quotes.
fn in_double_quotes(raw: &str) -> Option<String> {
    let inner = raw.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut string = String::from("\"");
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => string.push_str("\\\""),
            '\u{0}'..='\u{1f}' => return None,
            '\\' => match characters.next()? {
                '\'' => string.push('\''),
                escape @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => string.extend(['\\', escape]),
                // Python's escape of a byte; what it writes itself has two digits.
                'x' => string.push_str("\\u00"),
                _ => return None,
            },
            other => string.push(other),
        }
    }
    string.push('"');
    Some(string)
}
