use super::super::facts::fusion::PRESETS;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The config of an AdapterFusion is neither an object nor the name of a config that the library knows.
    ///
    /// ## Why is this bad
    /// Named configs are `static` and `dynamic`; null stands for `dynamic`. Anything else raises a `ValueError`.
    ///
    /// ## Example
    /// ```json
    /// {"name": "a,b", "adapter_names": ["a", "b"], "config": "fusion"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which one was trained.
    FusionConfigUnknown, Error
}

impl FusionConfigUnknown {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.kind != FileKind::AdapterFusionConfig {
            return;
        }
        let Some(node) = subject.root.get("config") else { return };
        let message = match node.to_value() {
            Value::Map(_) | Value::Null => return,
            Value::String(name) if PRESETS.contains(&name.as_str()) => return,
            Value::String(name) => format!("the library knows no AdapterFusion config \"{name}\""),
            other => format!("`config` must be an object, not {}", described(&other)),
        };
        report
            .add(Self::INFO, "/config", node.span, message)
            .help("write an object with all ten keys, or \"static\" or \"dynamic\"");
    }
}
