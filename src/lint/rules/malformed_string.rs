use crate::document::{Document, Edit, Problem, ProblemKind};
use crate::findings::{Report, Severity, rule};

rule! {
    /// A string holds a raw control character, an unknown escape or half of a surrogate pair.
    ///
    /// ## Why is this bad
    /// Python's `json` raises a `JSONDecodeError` for the first two. It accepts half a surrogate pair, which is
    /// therefore only a warning, but the string cannot be encoded as UTF-8, and other readers refuse it.
    ///
    /// ## Example
    /// ```json
    /// {"name": "C:\adapter"}
    /// ```
    ///
    /// ## Fix safety
    /// A raw control character is escaped, which is safe unless it is a line end: that may be in the string because a
    /// quote was lost. Doubling a backslash that does not start an escape is only suggested: another backslash beside
    /// it may start an escape by accident, as in `C:\new`.
    MalformedString, Error
}

impl MalformedString {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        match problem.kind {
            ProblemKind::InvalidString => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                finding.help("escape a backslash as `\\\\`, and control characters as `\\n`, `\\t` or `\\u00XX`");
                if let Some((string, is_safe)) = escaped(document.source.slice(problem.span)) {
                    let title = "Escape what must be escaped";
                    finding.mend(vec![Edit::new(problem.span, string)], title, is_safe);
                }
            }
            ProblemKind::LoneSurrogate => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                finding.severity = Severity::Warning;
                finding.help("write the character itself, or both halves of the pair");
            }
            _ => {}
        }
    }
}

/// The string with control characters escaped and with the backslash doubled before whatever is no escape; and whether
/// that is unmistakable: no backslash was doubled, and no line end is in the string, which a lost quote may have let in.
fn escaped(raw: &str) -> Option<(String, bool)> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let mut string = String::from("\"");
    let mut is_safe = true;
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        is_safe &= !matches!(character, '\n' | '\r');
        match character {
            '\n' => string.push_str("\\n"),
            '\r' => string.push_str("\\r"),
            '\t' => string.push_str("\\t"),
            '\u{0}'..='\u{1f}' => string.push_str(&format!("\\u{:04x}", u32::from(character))),
            '\\' if is_escape(rest.as_str()) => string.extend(['\\'].into_iter().chain(rest.next())),
            '\\' => {
                is_safe = false;
                string.push_str("\\\\");
            }
            other => string.push(other),
        }
    }
    string.push('"');
    Some((string, is_safe))
}

/// Whether what follows a backslash makes an escape of JSON.
fn is_escape(text: &str) -> bool {
    let digits = text.strip_prefix('u').and_then(|digits| digits.get(..4));
    text.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't'])
        || digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
