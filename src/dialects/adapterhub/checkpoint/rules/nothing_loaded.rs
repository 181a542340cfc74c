use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::has_holder;
use crate::dialects::adapterhub::sites::Sites;
use crate::findings::{Report, Severity, rule};

rule! {
    /// The config has no place for any tensor of the file.
    ///
    /// ## Why is this bad
    /// The adapters library builds the adapter of the config, finds nothing for it, and leaves it as it was initialised;
    /// it logs this at level INFO, which nobody sees by default. The names are those of another base model, the file is
    /// none of an adapter (such as the state of an optimizer), or the config adapts no module at all. It is only a warning
    /// where the names are those of the base model: the adapter does what its config says, which is nothing.
    ///
    /// ## Example
    /// ```json
    /// {"name": "a", "model_type": "bert", "config": {"architecture": "lora"}}
    /// ```
    /// ```text
    /// roberta.encoder.layer.0.attention.self.query.loras.a.lora_A
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: it is not known which of the two is right.
    NothingLoaded, Error
}

impl NothingLoaded {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison().filter(|comparison| comparison.is_without_place()) else { return };
        let own = comparison.beside.iter().find(|tensor| has_holder(**tensor).is_some());
        // An adapter that adapts nothing has no tensors, and others may be meant for the base model.
        if own.is_none() && subject.saved.may_adapt_nothing() {
            return;
        }
        let Some(first) = own.or(comparison.beside.first()) else { return };
        let (what, count) = (subject.what(), comparison.beside.len());
        let more = if count == 1 { String::new() } else { format!(" and {} more", count - 1) };
        let message =
            format!("nothing is loaded into the {what}: the config has no place for `{}`{more}", first.name());
        let base = subject.saved.base.as_ref();
        let attribute = base.and_then(|base| Sites::of(&base.model_type)).map(|sites| sites.attribute);
        let begins = first.name().split('.').next().unwrap_or_default();
        let help = match (base, attribute) {
            (Some(base), Some(attribute)) if !attribute.is_empty() && begins != attribute => format!(
                "in a model of type `{}` the names begin with `{attribute}.`; these begin with `{begins}.`",
                base.model_type
            ),
            _ => "use the config and the weights that were saved together".to_owned(),
        };
        let finding = report.about_tensor(Self::INFO, first.name(), message);
        finding.help(help);
        let sites = base.and_then(|base| Sites::of(&base.model_type));
        if own.is_some() && sites.is_some_and(|sites| fits(sites, first.name())) {
            finding.severity = Severity::Warning;
        }
    }
}

/// Whether a name is one of this type of model, with or without a head.
fn fits(sites: &Sites, name: &str) -> bool {
    let bare = name.strip_prefix(sites.attribute).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
    let first = |path: &str| path.split('.').next().map(str::to_owned);
    sites.layers.iter().any(|layer| first(layer.path) == first(bare))
}
