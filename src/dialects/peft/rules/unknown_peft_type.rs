use crate::dialects::peft::PeftType::Bone;
use crate::dialects::peft::uses::METHODS;
use crate::dialects::peft::{RELEASE, Subject};
use crate::document::Edit;
use crate::findings::words::said;
use crate::findings::{Report, nearest, rule, same_letters};

rule! {
    /// A `peft_type` that PEFT does not know.
    ///
    /// ## Why is this bad
    /// PEFT looks the value up in its table of methods, including capitalisation, and raises a `KeyError`. Releases
    /// differ in the methods they know: `BONE` was removed again, and became `MISS`.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "lora", "r": 8, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// A name that differs only in capitals and separators is unmistakably what was meant; one that is merely similar
    /// is only suggested.
    UnknownPeftType, Error
}

impl UnknownPeftType {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.root.member("peft_type") else { return };
        if subject.method.is_some() {
            return;
        }
        let message = format!("`peft_type` is {}; PEFT raises a `KeyError`", said(&member.node));
        let finding = report.add(Self::INFO, "/peft_type", member.node.span, message);
        let Some(written) = member.node.as_str() else { return };
        let names = || METHODS.iter().map(|method| method.peft_type.name());
        let replaced = |name: &str| vec![Edit::new(member.node.span, format!("\"{name}\""))];
        if let Some(same) = same_letters(written, names()) {
            finding.help(format!("write `{same}`"));
            finding.mend(replaced(same), format!("Write `{same}`"), true);
        } else if written == Bone.name() {
            finding.help(format!(
                "PEFT {RELEASE} has `MISS` instead, whose files are not the same; load this one with PEFT 0.14 to 0.18"
            ));
        } else if ["DORA", "QLORA", "RSLORA"].contains(&written.to_uppercase().as_str()) {
            finding.help("this is LoRA with a setting of its own: `peft_type` is `LORA`");
        } else if let Some(near) = nearest(written, names()) {
            finding.help(format!("did you mean `{near}`?"));
            // A known name with something put to it is more likely the method of a fork than a slip.
            if !written.to_uppercase().contains(near) {
                finding.mend(replaced(near), format!("Write `{near}`"), false);
            }
        }
    }
}
