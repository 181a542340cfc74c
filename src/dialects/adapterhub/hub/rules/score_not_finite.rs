use crate::dialects::adapterhub::hub::CardSubject;
use crate::document::Kind;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A `score` is NaN or infinite.
    ///
    /// ## Why is this bad
    /// The Hub's index is JSON, which has no such numbers: Python writes `NaN` all the same, and stricter readers
    /// refuse the whole file.
    ///
    /// ## Example
    /// ```yaml
    /// files:
    ///   - version: '1'
    ///     url: https://example.org/adapter.zip
    ///     sha1: fe05bcdcdc4928012781a5f1a2a77cbb5398e106
    ///     score: .nan
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: omit the key if there is no score.
    ScoreNotFinite, Warning
}

impl ScoreNotFinite {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for (pointer, file) in subject.files() {
            let Some(node) = file.get("score") else { continue };
            if let Kind::Leaf(Value::Float(score)) = node.kind
                && !score.is_finite()
            {
                let finding =
                    report.add(Self::INFO, format!("{pointer}/score"), node.span, "the score is not a finite number");
                finding.help("omit the key if there is no score");
            }
        }
    }
}
