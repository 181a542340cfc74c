use super::architecture_contradicts_keys::contradicted;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::title_with_article;
use crate::document::Span;
use crate::findings::{Report, rule};

rule! {
    /// A required key of the config, or of the file around it, is missing.
    ///
    /// ## Why is this bad
    /// Some keys have no default. If one is missing, the adapters library's constructor raises a `TypeError` that names
    /// it. A whole file without `name` or `config` raises a `KeyError`.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the value.
    MissingKey, Error
}

impl MissingKey {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in &subject.configs {
            let missing: Vec<_> =
                config.required().iter().filter(|key| config.written(key).is_none()).copied().collect();
            // Of a config of another method the keys are said to be that method's; a union in a union is none.
            let is_inner_union = config.method == Method::Union && config.union.is_some();
            let Some(first) = missing.first() else { continue };
            if is_inner_union || contradicted(subject, config).is_some() {
                continue;
            }
            let list = missing.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let (word, has) = if missing.len() == 1 { ("key", "has") } else { ("keys", "have") };
            let bare = config.node.members().iter().all(|member| member.key == "architecture");
            let guilty = if bare && config.written("architecture").is_some() { "architecture" } else { first };
            let start = config.node.span.start;
            let finding = report.add(
                Self::INFO,
                config.pointer_of(guilty),
                Span::new(start, start + 1),
                format!("{} requires the {word} {list}, which {has} no default", title_with_article(config.method)),
            );
            if let Some(architecture) = config.written("architecture").filter(|_| guilty != "architecture") {
                finding.also(architecture.node.span, format!("this makes it {}", title_with_article(config.method)));
            }
            if config.method == Method::Bottleneck && missing.len() == 4 && config.written("architecture").is_none() {
                finding.help(
                    "a config without `architecture` is a bottleneck adapter; add `architecture` if another method is \
                     meant",
                );
            }
        }
        for config in subject.configs.iter().filter(|config| config.alpha_is_rank) {
            for key in ["r", "alpha"].into_iter().filter(|key| config.written(key).is_none()) {
                let start = config.node.span.start;
                let message = format!(
                    "a LoRA config of adapters 1.0 must have `{key}`: without it, repairing its scaling raises a \
                     `KeyError`"
                );
                report.add(Self::INFO, config.pointer_of(key), Span::new(start, start + 1), message);
            }
        }
        if subject.kind == FileKind::AdapterConfig {
            Self::check_file(subject, report);
        }
    }

    fn check_file(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is_saved_adapter() || !subject.root.is_map() {
            return;
        }
        let lacks = |key: &str| subject.root.get(key).is_none();
        let (key, what) = match (lacks("config"), lacks("name")) {
            (true, true) => ("config", "neither `config` nor `name`"),
            (true, false) => ("config", "no `config`"),
            (false, true) => ("name", "no `name`"),
            (false, false) => return,
        };
        let start = subject.root.span.start;
        let message = format!("the file has {what}: AdapterHub's libraries raise a `KeyError` when they load it");
        let finding = report.add(Self::INFO, format!("/{key}"), Span::new(start, start + 1), message);
        if lacks("config") && lacks("name") {
            finding.help("if it is meant for PEFT, it needs a `peft_type`");
        }
    }
}
