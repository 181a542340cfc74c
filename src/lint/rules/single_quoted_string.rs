use crate::document::{Document, Edit, Problem, ProblemKind};
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

/// From so many on they are told once.
const MANY: usize = 5;

impl SingleQuotedString {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::SingleQuotedString && !fold(document, problem, report) {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("use double quotes");
            if let Some(string) = in_double_quotes(document.source.slice(problem.span)) {
                finding.replace(problem.span, string, "Use double quotes");
            }
        }
    }
}

/// Whether there are many, which are told once: a whole dictionary was printed by Python.
fn fold(document: &Document, problem: &Problem, report: &mut Report) -> bool {
    let all: Vec<_> =
        document.problems.iter().filter(|problem| problem.kind == ProblemKind::SingleQuotedString).collect();
    let in_double =
        |problem: &&Problem| Some(Edit::new(problem.span, in_double_quotes(document.source.slice(problem.span))?));
    let Some(edits) = (all.len() >= MANY).then(|| all.iter().map(in_double).collect::<Option<Vec<_>>>()).flatten()
    else {
        return false;
    };
    if all.first().is_some_and(|first| first.span == problem.span) {
        let message = format!("{}; this is the first of {} strings", problem.detail, all.len());
        let finding = report.add(SingleQuotedString::INFO, "", problem.span, message);
        finding.help("use double quotes").mend(edits, "Use double quotes", true);
    }
    true
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
