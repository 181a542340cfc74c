use crate::dialects::peft::PeftType::Adalora;
use crate::dialects::peft::{LoraInit, Subject};
use crate::findings::{Report, Severity, rule};
use crate::python::node_is_true;

rule! {
    /// An AdaLoRA schedule that leaves no steps to cut the ranks in, or DoRA or LoftQ in AdaLoRA.
    ///
    /// ## Why is this bad
    /// Of `total_step` steps, AdaLoRA cuts the ranks in those between the first `tinit` and the last `tfinal`. If none
    /// are left, PEFT raises a `ValueError` when it reads the config, even though the schedule no longer matters to a
    /// trained adapter. While it trains, AdaLoRA cuts from `init_r` down to `target_r`, every `deltaT` steps: with nothing
    /// to cut, or every 0 steps, `update_and_allocate` raises an exception. That is a warning, since the adapter can be made
    /// and, once it is trained, loaded.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "ADALORA", "target_modules": ["q_proj"], "total_step": 100, "tinit": 60, "tfinal": 50}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    AdaloraScheduleUnusable, Error
}

impl AdaloraScheduleUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is(Adalora) {
            return;
        }
        if let Some(member) = subject.set("use_dora") {
            report.add(
                Self::INFO,
                "/use_dora",
                member.node.span,
                "AdaLoRA does not support DoRA; PEFT raises a `ValueError`",
            );
        }
        let init = subject.written("init_lora_weights");
        let init = init.filter(|member| LoraInit::of(Some(&member.node.to_value())) == LoraInit::Loftq);
        if let Some(member) = init {
            let message = "AdaLoRA does not support LoftQ; PEFT raises a `ValueError`";
            report.add(Self::INFO, "/init_lora_weights", member.node.span, message);
        }
        check_training(subject, report);
        let Some(total) = subject.written("total_step") else { return };
        let numbers = (
            subject.number("tinit"),
            subject.number("tfinal"),
            subject.number("total_step").filter(|total| *total > 0.0),
        );
        let (Some(tinit), Some(tfinal), Some(steps)) = numbers else { return };
        if tinit >= steps - tfinal {
            let at = subject.written("tinit").or_else(|| subject.written("tfinal")).unwrap_or(total);
            let message =
                "`tinit` and `tfinal` leave no steps of `total_step` between them; PEFT raises a `ValueError`";
            let finding = report.add(Self::INFO, Subject::pointer_of(&at.key), at.node.span, message);
            for key in ["tinit", "tfinal", "total_step"] {
                if let Some(member) = subject.written(key).filter(|member| member.key != at.key) {
                    finding.also(member.node.span, format!("`{key}`"));
                }
            }
        }
    }
}

/// What only fails in training (`RankAllocator` in `tuners/adalora/layer.py`).
fn check_training(subject: &Subject<'_>, report: &mut Report) {
    if subject.written("inference_mode").is_some_and(|member| node_is_true(&member.node)) {
        return;
    }
    let mut warn = |key: &str, message: String| {
        let Some(member) = subject.written(key) else { return };
        let info = AdaloraScheduleUnusable::INFO;
        report.add(info, Subject::pointer_of(key), member.node.span, message).severity = Severity::Warning;
    };
    if let (Some(target), Some(init)) = (subject.number("target_r"), subject.number("init_r"))
        && target >= init
    {
        let key = if subject.written("target_r").is_some() { "target_r" } else { "init_r" };
        let message = format!(
            "AdaLoRA cuts ranks of {init} down to {target}, which leaves it nothing to cut: PEFT raises a `RuntimeError` in \
             training"
        );
        warn(key, message);
    }
    if subject.number("deltaT") == Some(0.0) {
        warn("deltaT", "PEFT divides the steps by it, and raises a `ZeroDivisionError` in training".to_owned());
    }
}
