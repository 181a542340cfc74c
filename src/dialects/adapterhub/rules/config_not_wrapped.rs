use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::Span;
use crate::findings::{Report, rule};

rule! {
    /// A bare config in a file that has the name of a saved adapter's.
    ///
    /// ## Why is this bad
    /// `AdapterConfig.load` reads it, but `load_adapter` looks for the config under `config` and for the adapter's `name`
    /// in an `adapter_config.json`, and raises a `KeyError` here.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "r": 8}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows the adapter's name.
    ConfigNotWrapped, Warning
}

impl ConfigNotWrapped {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.kind == FileKind::Config && subject.root.is_map() && subject.is_named("adapter_config.json") {
            let start = subject.root.span.start;
            report
                .add(Self::INFO, "", Span::new(start, start + 1), "this is a bare config; an adapter saved with weights has it under `config`")
                .help("write {\"name\": …, \"config\": {…}} around it if weights are beside it, or give the file another name");
        }
    }
}
