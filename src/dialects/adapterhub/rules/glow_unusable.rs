use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// The invertible adapter is of kind GLOW, which does not work.
    ///
    /// ## Why is this bad
    /// It can be added, but its forward pass splits the sequence where it should split the hidden units, and returns a
    /// list: every release since adapter-transformers 2.0 raises an error on the first batch. This is a bug in the
    /// library.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
    ///  "inv_adapter": "glow", "inv_adapter_reduction_factor": 2}
    /// ```
    ///
    /// ## Fix safety
    /// NICE computes a different function, so it is only suggested.
    GlowUnusable, Error
}

impl GlowUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        // Task adapters of adapter-transformers 1 carry the key and no such module: the library drops it on loading.
        let is_task = subject.saved_member("type").is_some_and(|kind| kind.node.as_str() == Some("text_task"));
        for config in subject.of(Method::Bottleneck).filter(|_| !is_task) {
            if config.value("inv_adapter").is_some_and(|kind| kind.as_str() == Some("glow")) {
                let key = if config.written("inv_adapter").is_some() { "inv_adapter" } else { "invertible_adapter" };
                let (pointer, span) = config.place_of(key);
                let finding =
                    report.add(Self::INFO, pointer, span, "GLOW adapters fail on the first batch in every release");
                finding.help("use \"nice\"");
                if key == "inv_adapter" {
                    finding.suggest(span, "\"nice\"", "Write \"nice\"");
                }
            }
        }
    }
}
