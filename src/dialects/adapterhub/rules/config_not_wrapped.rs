use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::Span;
use crate::findings::{Report, rule};

rule! {
    /// The file has the name of a saved adapter's config, but holds a bare config.
    ///
    /// ## Why is this bad
    /// `AdapterConfig.load` reads it, but `load_adapter` expects an `adapter_config.json` with the config under
    /// `config` and with the adapter's `name`, and raises a `KeyError` here.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "r": 8}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the adapter's name.
    ConfigNotWrapped, Warning
}

impl ConfigNotWrapped {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.kind == FileKind::Config && subject.root.is_map() && subject.is_named("adapter_config.json") {
            let start = subject.root.span.start;
            report
                .add(
                    Self::INFO,
                    "",
                    Span::new(start, start + 1),
                    "this is a bare config; an adapter saved with weights has its config under `config`",
                )
                .help(
                    "if there are weights beside it, wrap it in {\"name\": …, \"config\": {…}}; otherwise give the \
                     file another name",
                );
        }
    }
}
