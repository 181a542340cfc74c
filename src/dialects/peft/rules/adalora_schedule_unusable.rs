use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A schedule of AdaLoRA that leaves no time for its budget, or DoRA in AdaLoRA.
    ///
    /// ## Why is this bad
    /// Between the first `tinit` and the last `tfinal` of `total_step` steps the ranks are cut; if nothing is left
    /// between them, PEFT raises a `ValueError` when it reads the config, though the schedule no longer matters to a
    /// trained adapter.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "ADALORA", "target_modules": ["q_proj"], "total_step": 100, "tinit": 60, "tfinal": 50}
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
    AdaloraScheduleUnusable, Error
}

impl AdaloraScheduleUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is("ADALORA") {
            return;
        }
        if let Some(member) = subject.set("use_dora") {
            report.add(Self::INFO, "/use_dora", member.node.span, "AdaLoRA has no DoRA; PEFT raises a `ValueError`");
        }
        if let Some(member) = subject.set("loftq_config") {
            report.add(Self::INFO, "/loftq_config", member.node.span, "AdaLoRA has no LoftQ; PEFT raises a `ValueError`");
        }
        let Some(total) = subject.written("total_step") else { return };
        let numbers = (
            subject.number("tinit", 0.0),
            subject.number("tfinal", 0.0),
            subject.number("total_step", 0.0).filter(|total| *total > 0.0),
        );
        let (Some(tinit), Some(tfinal), Some(steps)) = numbers else { return };
        if tinit >= steps - tfinal {
            let at = subject.written("tinit").or_else(|| subject.written("tfinal")).unwrap_or(total);
            let message = "nothing is left of `total_step` between `tinit` and `tfinal`; PEFT raises a `ValueError`";
            let finding = report.add(Self::INFO, Subject::pointer_of(&at.key), at.node.span, message);
            for key in ["tinit", "tfinal", "total_step"] {
                if let Some(member) = subject.written(key).filter(|member| member.key != at.key) {
                    finding.also(member.node.span, format!("`{key}`"));
                }
            }
        }
    }
}
