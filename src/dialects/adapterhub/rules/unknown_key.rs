use std::collections::HashMap;

use super::architecture_contradicts_keys::{contradicted, has_key};
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::{ConfigView, fields, title_with_article};
use crate::document::{Edit, Member};
use crate::findings::{Report, is_slip, rule};
use crate::value::Value;

rule! {
    /// A key that the method does not have.
    ///
    /// ## Why is this bad
    /// The adapters library keeps it as an attribute that nothing reads, and drops it when the adapter is saved. If the
    /// key is misspelt, the key that was meant stays at its default.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "rank": 4}
    /// ```
    ///
    /// Files for PEFT have other keys: `lora_alpha` is `alpha` here, and `use_rslora` has no counterpart.
    ///
    /// ## Fix safety
    /// If the library fails because the most similar key is missing, renaming to that key is safe; otherwise renaming
    /// changes what is computed, and is only suggested. A key that resembles no known key is removed if it holds
    /// nothing; if it holds something, someone meant something by it, so removing it is only suggested.
    UnknownKey, Warning, Unnecessary
}

/// Keys of other libraries, and the key that does the same here.
const SYNONYMS: [(&str, &str); 7] = [
    ("lora_r", "r"),
    ("rank", "r"),
    ("lora_rank", "r"),
    ("lora_alpha", "alpha"),
    ("lora_dropout", "dropout"),
    ("num_virtual_tokens", "prefix_length"),
    ("num_virtual_tokens", "prompt_length"),
];

/// Keys of PEFT for which there is none here, and by which its files are told.
const OF_PEFT: [&str; 16] = [
    "alpha_pattern",
    "exclude_modules",
    "fan_in_fan_out",
    "feedforward_modules",
    "inference_mode",
    "init_lora_weights",
    "layers_to_transform",
    "lora_bias",
    "modules_to_save",
    "peft_type",
    "rank_pattern",
    "target_modules",
    "target_parameters",
    "task_type",
    "trainable_token_indices",
    "use_rslora",
];

impl UnknownKey {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in &subject.configs {
            let mut unknown = unknown_keys(subject, config).peekable();
            if unknown.peek().is_none() {
                continue;
            }
            // That these are the keys of another method is said once.
            let meant = contradicted(subject, config);
            let is_sure = meant.is_none() && has_known_method(config);
            let mut is_absent = HashMap::new();
            for member in unknown {
                if meant.is_some_and(|meant| has_key(meant, &member.key)) {
                    continue;
                }
                let finding = report.add(
                    Self::INFO,
                    config.pointer_of(&member.key),
                    member.key_span,
                    format!(
                        "{} has no key `{}`; the library ignores it",
                        title_with_article(config.method),
                        member.key
                    ),
                );
                let synonym = synonym_of(config, &member.key);
                let of_peft = synonym.is_none() && OF_PEFT.contains(&member.key.as_str());
                match synonym.or_else(|| config.nearest_key(&member.key).filter(|_| !of_peft)) {
                    Some(near) => {
                        finding.help(format!("did you mean `{near}`?"));
                        if *is_absent.entry(near).or_insert_with(|| config.written(near).is_none()) {
                            let edit = Edit::new(member.key_span, format!("\"{near}\""));
                            let is_missed =
                                is_sure && config.method.required().contains(&near) && is_slip(&member.key, near);
                            finding.mend(vec![edit], format!("Rename to `{near}`"), is_missed);
                        }
                    }
                    None => {
                        if let Some(owner) = owner_of(&member.key) {
                            finding.help(format!("it is a key of {owner}; remove it, or use that method"));
                        } else if of_peft {
                            finding.help("it is a key of PEFT, for which there is none here");
                        }
                        finding.remove_key(
                            subject.document,
                            is_sure && member.node.is_nothing() && !is_of_python(&member.key),
                        );
                    }
                }
            }
        }
    }
}

/// The written keys that the method does not know and that nothing else judges.
pub(super) fn unknown_keys<'a>(subject: &Subject<'_>, config: &ConfigView<'a>) -> impl Iterator<Item = &'a Member> {
    let (method, node) = (config.method, config.node);
    node.members().iter().filter(move |member| {
        let key = member.key.as_str();
        let known = match method {
            Method::Union => matches!(key, "architecture" | "configs"),
            // `architecture: null` selects the method, though the class has no such field.
            Method::Bottleneck => {
                matches!(key, "architecture" | "invertible_adapter")
                    || fields(method).iter().any(|(name, _)| name == key)
            }
            _ => fields(method).iter().any(|(name, _)| name == key),
        };
        !known
            && !super::class_attribute_ignored::is_class_attribute(method, key)
            && !super::attribute_shadowed::shadows(subject, method, member)
    })
}

/// Whether the method is the one that is written, and not one that stands in for an `architecture` that nobody knows.
fn has_known_method(config: &ConfigView<'_>) -> bool {
    config.written("architecture").is_none_or(|member| match member.node.to_value() {
        Value::Null => true,
        Value::String(name) => Method::of_architecture(Some(&name)).is_some(),
        _ => false,
    })
}

/// The key of the method that does what this one does in other libraries.
fn synonym_of(config: &ConfigView<'_>, key: &str) -> Option<&'static str> {
    let is_own = |own: &str| fields(config.method).iter().any(|(name, _)| name == own);
    SYNONYMS.iter().find(|(other, own)| *other == key && is_own(own)).map(|(_, own)| *own)
}

/// Whether Python gives the name a meaning of its own: `__dict__` set to nothing takes all other keys away.
fn is_of_python(key: &str) -> bool {
    key.starts_with("__")
}

/// The method whose key this is.
fn owner_of(key: &str) -> Option<String> {
    let owner = Method::ALL.into_iter().find(|method| fields(*method).iter().any(|(name, _)| name == key))?;
    Some(title_with_article(owner))
}
