use super::super::facts::section::{Section, section};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// Nothing uses an entry of a map of configs or names.
    ///
    /// ## Why is this bad
    /// It has no effect. If its name is misspelt, the adapter or fusion that was meant goes without it.
    ///
    /// ## Example
    /// ```json
    /// {"adapters": {"adapters": {}, "config_map": {"9076f36a74755ac4": {"architecture": "lora"}}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    ConfigMapEntryUnused, Warning, Unnecessary
}

impl ConfigMapEntryUnused {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(section) = section(subject) else { return };
        for (part, user) in [("config_map", "adapters"), ("fusion_config_map", "fusions")] {
            let used = section.texts(user);
            for entry in section.members(part).iter().filter(|entry| !used.contains(entry.key.as_str())) {
                let message = format!("nothing in `{user}` uses this entry");
                report.add(Self::INFO, Section::pointer(part, &entry.key), entry.key_span, message);
            }
        }
        for entry in
            section.members("fusion_name_map").iter().filter(|entry| section.entry("fusions", &entry.key).is_none())
        {
            let message = "there is no fusion with this name";
            report.add(Self::INFO, Section::pointer("fusion_name_map", &entry.key), entry.key_span, message);
        }
        let is_v1 = subject.root.get("adapter_fusion").is_some() && subject.root.get("adapter_fusion_models").is_none();
        if is_v1 && let Some(node) = subject.root.get("adapter_fusion") {
            report.add(Self::INFO, "/adapter_fusion", node.span, "this is not read without `adapter_fusion_models`");
        }
    }
}
