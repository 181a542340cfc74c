use super::OnModel;
use crate::dialects::peft::PeftType::Lora;
use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::expected::Refusal;
use crate::dialects::peft::{LoraInit, Subject};
use crate::document::write::to_line;
use crate::findings::{Report, rule};
use crate::models::tree::{Kind, Module};
use crate::value::Value;

rule! {
    /// A size in the config that does not fit the size of an adapted module.
    ///
    /// ## Why is this bad
    /// Methods that cut weights into blocks need widths that the block size divides, and a rank or a number of entries
    /// must not exceed what the weight has; the groups of a convolution must divide LoRA's rank, and some methods accept
    /// no groups. PEFT raises an exception at the first module where this fails. Some models read the stride of a
    /// convolution or the number of embeddings, which PEFT's layer around them does not have. A prefix
    /// must cover all layers, and be split into heads as the model's keys and values are: if not, torch raises an
    /// exception when the model is run.
    ///
    /// ## Example
    /// On a model with hidden size 768, which 500 does not divide:
    /// ```json
    /// {"peft_type": "C3A", "task_type": "SEQ_CLS", "target_modules": ["query"], "block_size": 500}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: several sizes would do.
    ModuleSizeUnfit, Error
}

impl ModuleSizeUnfit {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let (key, message) = match subject.refusal() {
            // Told by the rules of single keys, if the config alone shows it.
            Some(Refusal::Misfit { key, .. }) if is_told(subject, key) => return,
            Some(Refusal::Misfit { module, key, need }) => (key, format!("at `{module}`, {need}; PEFT refuses it")),
            Some(Refusal::Unfit { key, need }) => {
                (key, format!("{need}; PEFT refuses it, or the forward pass raises an error"))
            }
            Some(_) => return,
            None => match turned(subject) {
                Some(module) => (
                    &"init_lora_weights",
                    format!(
                        "OLoRA does not transpose the weight of `{module}`, which is stored as `[in, out]`, so A and B change places: \
                         the forward pass raises a `RuntimeError`"
                    ),
                ),
                None => return,
            },
        };
        let (pointer, span) = subject.place(key);
        let finding = report.add(Self::INFO, pointer, span, message);
        // Nothing in the text shows which key it is about.
        if let Some(method) = subject.subject.peft_type().filter(|_| subject.subject.root.member(key).is_none()) {
            finding.help(match PeftMethod::of(method).default_of(key) {
                Value::Null => format!("`{key}` is not set"),
                default => format!("`{key}` is not set, and {} by default", to_line(&default)),
            });
        }
    }
}

/// A layer that OLoRA cannot start: it factors the weight of a `Conv1D` as if it were a linear layer's. Where both widths are
/// the same nobody notices.
fn turned(subject: &OnModel<'_>) -> Option<String> {
    if !subject.subject.is(Lora) || LoraInit::of(subject.config.get("init_lora_weights")) != LoraInit::Olora {
        return None;
    }
    let is_unlike = |module: &&Module| {
        module.kind == Kind::Conv1D && module.widths().is_some_and(|(inputs, outputs)| inputs != outputs)
    };
    subject.modules().find(is_unlike).map(|module| module.name.clone())
}

fn is_told(subject: &OnModel<'_>, key: &str) -> bool {
    let place = Subject::pointer_of(key);
    subject.subject.flaws().iter().any(|flaw| flaw.flaw.is_some() && flaw.pointer.starts_with(&place))
}
