use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::release::facts::since;
use crate::findings::words::said;
use crate::findings::{Report, rule};
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// A name stands in for the config, but the target release does not know it.
    ///
    /// ## Why is this bad
    /// A saved adapter may give its config by name. Each release knows only the names that it came with; config strings
    /// such as `"seq_bn[reduction_factor=8]"` are accepted since adapters 1.0.0.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "type": "text_task", "config": "lora", "version": "adapters.1.3.0"}
    /// ```
    ///
    /// for `adapter-transformers@2.3.0`.
    ///
    /// ## Fix safety
    /// There is no fix.
    ConfigUnresolvedByRelease, Error
}

/// The named configs by the release that they came with.
const NAMES: &[(Release, &[&str])] = &[
    (Release::at("adapter-transformers 1.0.0"), &["pfeiffer", "houlsby"]),
    (Release::at("adapter-transformers 2.0.0"), &["pfeiffer+inv", "houlsby+inv"]),
    (
        Release::at("adapter-transformers 3.0.0"),
        &["compacter", "compacter++", "parallel", "scaled_parallel", "prefix_tuning", "prefix_tuning_flat", "mam"],
    ),
    (Release::at("adapter-transformers 3.1.0"), &["lora", "ia3", "unipelt"]),
    (
        Release::at("adapters 0.1.0"),
        &["seq_bn", "double_seq_bn", "par_bn", "scaled_par_bn", "seq_bn_inv", "double_seq_bn_inv", "prompt_tuning"],
    ),
    (Release::at("adapters 1.0.0"), &["loreft", "noreft", "direft"]),
    (Release::at("adapters 1.2.0"), &["vera", "mtl_lora"]),
    (Release::at("adapters 1.3.0"), &["dora", "dvora"]),
];

impl ConfigUnresolvedByRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        if release == Release::NEWEST || subject.kind != FileKind::AdapterConfig || !subject.is_saved_adapter() {
            return;
        }
        let Some(member) = subject.root.member("config") else { return };
        let value = member.node.to_value();
        let since = match &value {
            Value::String(text) if !text.is_empty() => {
                let named = NAMES.iter().find(|(_, names)| names.contains(&text.as_str()));
                named.map(|(since, _)| *since).or_else(|| text.contains(['[', '|']).then_some(since::NAMES_LIBRARY))
            }
            // Before 3.0.0 what is empty is no config, if it is not null.
            Value::Null | Value::String(_) => None,
            // adapter-transformers 1.x takes the default for all that is false but a list.
            Value::List(items) if items.is_empty() => Some(since::ARCHITECTURES),
            falsy if !is_true(falsy) && !release.refuses_unknown_keys() => Some(since::ARCHITECTURES),
            _ => None,
        };
        let Some(since) = since.filter(|since| !release.is_since(*since)) else { return };
        let message =
            format!("{release} does not accept {} as a config; releases since {since} do", said(&member.node));
        report.add(Self::INFO, "/config", member.node.span, message).help("write the config in full");
    }
}
