use crate::document::{Document, Problem, ProblemKind};
use crate::lint::{Report, rule};

rule! {
    /// A number is written as JSON does not write numbers.
    ///
    /// ## Why is this bad
    /// Python's `json` raises a `JSONDecodeError` for `+1`, `.5`, `5.`, `01` and `0x10`.
    ///
    /// ## Example
    /// ```json
    /// {"dropout": .1}
    /// ```
    ///
    /// ## Fix safety
    /// The fix writes the same number as JSON does.
    MalformedNumber, Error
}

impl MalformedNumber {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::InvalidNumber {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("Write digits on both sides of the point, no plus sign, no leading zero, no hexadecimal.");
            if let Some(number) = as_json(document.source.slice(problem.span)) {
                finding.replace(problem.span, number, "Write the number as JSON does");
            }
        }
    }
}

/// The same number in JSON's spelling.
fn as_json(raw: &str) -> Option<String> {
    let (sign, digits) = match raw.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", raw.strip_prefix('+').unwrap_or(raw)),
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok().map(|number| format!("{sign}{number}"));
    }
    let whole = if digits.starts_with('.') { "0" } else { "" };
    let fraction = if digits.ends_with('.') { "0" } else { "" };
    Some(format!("{sign}{whole}{digits}{fraction}"))
}
