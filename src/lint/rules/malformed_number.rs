use crate::document::spelling::is_json_number;
use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A number is not written in JSON's notation.
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
    /// The fix writes the same number in JSON's notation.
    MalformedNumber, Error
}

impl MalformedNumber {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::InvalidNumber {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("write digits on both sides of the point, and no plus sign, leading zero or hexadecimal");
            if let Some(number) = as_json(document.source.slice(problem.span)) {
                finding.replace(problem.span, &number, format!("Write `{number}`"));
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
    let number = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        format!("{sign}{}", u64::from_str_radix(hex, 16).ok()?)
    } else {
        let (mantissa, exponent) = digits.split_at(digits.find(['e', 'E']).unwrap_or(digits.len()));
        let (whole, fraction) = mantissa.split_at(mantissa.find('.').unwrap_or(mantissa.len()));
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            significant => significant,
        };
        let fraction = if fraction == "." { ".0" } else { fraction };
        format!("{sign}{whole}{fraction}{exponent}")
    };
    (number != raw && is_json_number(&number)).then_some(number)
}
