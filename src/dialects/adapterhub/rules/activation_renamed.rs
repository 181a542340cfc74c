use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// An activation is read under another name because the file has no `version`.
    ///
    /// ## Why is this bad
    /// adapter-transformers 1 and 2 wrote no `version`, and called the tanh approximation of GELU `gelu` and the exact
    /// one `gelu_orig`. When the library reads a whole file without `version`, it therefore takes `gelu` for `gelu_new`
    /// and `gelu_orig` for `gelu`. If a newer file has merely lost its `version`, the adapter then computes something
    /// else.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "config": {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16,
    ///  "non_linearity": "gelu"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only whoever trained the adapter knows which one it was.
    ActivationRenamed, Note
}

impl ActivationRenamed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.configs.iter().filter(|config| config.renames_activations) {
            let Some(member) = config.written("non_linearity") else { continue };
            let Some(written) = member.node.as_str() else { continue };
            let Some(read) = config.value("non_linearity").and_then(|value| value.as_str().map(str::to_owned)) else {
                continue;
            };
            if read != written {
                report
                    .add(
                        Self::INFO,
                        config.pointer_of("non_linearity"),
                        member.node.span,
                        format!("without a `version` in the file, `{written}` is read as `{read}`"),
                    )
                    .help(
                        "this is right for files of adapter-transformers 1 and 2; other files should have their \
                         `version`",
                    );
            }
        }
    }
}
