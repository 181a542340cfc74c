use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::model_types::{lost, own};
use crate::document::Span;
use crate::findings::{Report, rule};

rule! {
    /// The target release has no adapters for this type of base model.
    ///
    /// ## Why is this bad
    /// The release cannot load the adapter, as it has no place for it: transformers does not know the type yet
    /// (`KeyError: 'llama'`), the model's class has no `load_adapter` (`AttributeError`), or `adapters.init` raises a
    /// `ModuleNotFoundError`.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "model_type": "llama", "config": {"architecture": "lora"}, "version": "3.2.1"}
    /// ```
    ///
    /// for `adapter-transformers@3.2.1`.
    ///
    /// ## Fix safety
    /// There is no fix.
    ModelTypeNewerThanRelease, Error
}

impl ModelTypeNewerThanRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        let Some(model) = &subject.model else { return };
        let name = model.model_type.as_str();
        let Some(first) = own(name).filter(|first| !release.is_since(*first)) else { return };
        // Before, it was another type's class, with its adapters.
        if lost(name).is_some_and(|lost| !release.is_since(lost)) || !is_loaded_into_model(subject.kind) {
            return;
        }
        let root = subject.root.span.start;
        let written = subject.root.member("model_type").filter(|member| member.node.as_str() == Some(name));
        let (at, span) = match written {
            Some(member) => ("/model_type", member.node.span),
            None => ("", Span::new(root, root + 1)),
        };
        let message = format!("{release} has no adapters in models of type {name}, which came with {first}");
        report.add(Self::INFO, at, span, message).help(format!("use {first} or later"));
    }
}

/// Whether a file of this kind needs the model to have adapters.
fn is_loaded_into_model(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::AdapterConfig
            | FileKind::Config
            | FileKind::ModelAdaptersSection
            | FileKind::AdapterFusionConfig
            | FileKind::HeadConfig
    )
}
