use crate::dialects::peft::Subject;
use crate::dialects::peft::releases;
use crate::dialects::peft::uses::METHODS;
use crate::document::Edit;
use crate::findings::{Report, Severity, nearest, rule, same_letters};

rule! {
    /// A key that the method does not have.
    ///
    /// ## Why is this bad
    /// PEFT 0.21.2 drops it, with a warning that the file may be from a newer release; releases from 0.6 to 0.13 raise
    /// a `TypeError`. A misspelt key leaves the intended one at its default, and a key of another library, such as
    /// `rank` or `alpha`, does nothing.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "lora_r": 16, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// PEFT drops the key, so removing it changes nothing. But where a similar key exists that may have been meant,
    /// renaming is only suggested, since it changes what is computed. A key with a value was meant to do something, so
    /// its removal is only suggested, too.
    KeyUnknownToPeft, Warning, Unnecessary
}

/// Keys of other libraries, and the key that does the same for LoRA.
const SYNONYMS: [(&str, &str); 6] = [
    ("lora_r", "r"),
    ("rank", "r"),
    ("lora_rank", "r"),
    ("alpha", "lora_alpha"),
    ("scale", "lora_alpha"),
    ("dropout", "lora_dropout"),
];

/// Keys by which files of other libraries are told.
const OF_OTHERS: [(&str, &str); 7] = [
    ("architecture", "AdapterHub's libraries"),
    ("selfattn_lora", "AdapterHub's libraries"),
    ("attn_matrices", "AdapterHub's libraries"),
    ("reduction_factor", "AdapterHub's libraries"),
    ("lora_parameters", "MLX"),
    ("lora_layers", "MLX"),
    ("fine_tune_type", "MLX"),
];

impl KeyUnknownToPeft {
    /// That there is no such key, and what becomes of it.
    pub(in crate::dialects::peft) fn message(peft_type: &str, key: &str, what: &str) -> String {
        format!("{peft_type} has no key `{key}`; {what}")
    }

    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(method) = subject.method else { return };
        let keys: Vec<_> = method.all_keys().map(|(key, _)| key).collect();
        for member in subject.root.members() {
            let key = member.key.as_str();
            // `runtime_config` is dropped before PEFT looks at the keys.
            if keys.contains(&key) || key == "runtime_config" {
                continue;
            }
            // Python gives the object itself, or its class, under these names, and refuses them twice.
            let is_given = matches!(key, "self" | "cls");
            let what = if is_given { "Python raises a `TypeError`" } else { "PEFT drops it with a warning" };
            let message = Self::message(method.peft_type.name(), key, what);
            let finding = report.add(Self::INFO, Subject::pointer_of(key), member.key_span, message);
            if is_given {
                finding.severity = Severity::Error;
            }
            let synonym = SYNONYMS.iter().find(|(other, own)| *other == key && keys.contains(own)).map(|(_, own)| *own);
            let other = OF_OTHERS.iter().find(|(name, _)| *name == key);
            let owner = METHODS.iter().find(|other| other.keys.iter().any(|(name, _)| *name == key));
            let same = synonym.or_else(|| same_letters(key, keys.iter().copied()));
            let gone = releases::key(method.peft_type.name(), key).and_then(|lifetime| lifetime.until);
            let near = same.or_else(|| {
                (other.is_none() && gone.is_none() && owner.is_none())
                    .then(|| nearest(key, keys.iter().copied()))
                    .flatten()
            });
            if key == "enable_lora" && !member.node.is_nothing() {
                // What is left would promise that the weights fit.
                finding.help(
                    "in releases up to 0.2.0 this made layers whose A serves several projections at once; weights trained \
                     that way do not fit the layers that PEFT makes today",
                );
                continue;
            }
            if let Some(near) = near {
                finding.help(format!("did you mean `{near}`?"));
                if subject.root.get(near).is_none() {
                    let edit = Edit::new(member.key_span, format!("\"{near}\""));
                    finding.mend(vec![edit], format!("Rename to `{near}`"), false);
                    continue;
                }
            } else if let Some(until) = gone {
                finding.help(format!("it was a key of {} up to PEFT {}", method.peft_type, until.number()));
            } else if let Some((_, library)) = other {
                finding.help(format!("it is a key of {library}"));
            } else if let Some(owner) = owner {
                finding.help(format!("it is a key of PEFT's method {}", owner.peft_type));
            }
            finding.remove_key(subject.document, near.is_none() && member.node.is_nothing());
        }
    }
}
