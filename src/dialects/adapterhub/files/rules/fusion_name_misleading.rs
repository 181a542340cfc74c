use super::super::facts::fusion::adapters;
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::findings::{Report, rule};

rule! {
    /// The adapters in a fusion's name are not the ones that it fuses.
    ///
    /// ## Why is this bad
    /// A fusion without a name of its own is named after its adapters, joined by commas, and that is how the adapters
    /// library finds it again. The weights contain the name too: if it does not match, they stay random.
    ///
    /// ## Example
    /// ```json
    /// {"name": "a,b", "adapter_names": ["b", "a"], "config": "static"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights tell which is right.
    FusionNameMisleading, Warning
}

impl FusionNameMisleading {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(name) = subject.root.get("name") else { return };
        let (Some(text), Some(adapters)) = (name.as_str(), adapters(subject)) else { return };
        let names = subject.root.get("adapter_names").map_or(name, |node: &Node| node);
        // Blanks around names are another rule's matter.
        let trimmed = adapters.iter().map(|name| name.trim()).collect::<Vec<_>>().join(",");
        if (text.contains(',') || adapters.len() == 1) && text != trimmed {
            let message = format!("the name says \"{text}\", but the adapters are \"{}\"", adapters.join(","));
            report.add(Self::INFO, "/adapter_names", names.span, message).also(name.span, "the name");
        }
    }
}
