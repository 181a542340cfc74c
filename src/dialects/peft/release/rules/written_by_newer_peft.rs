use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::Release;
use crate::findings::{Report, rule};

rule! {
    /// A file written by a release of PEFT newer than the newest known here.
    ///
    /// ## Why is this bad
    /// What that release added is not known here: a new key or method is reported as unknown, and a new value as one
    /// that is not allowed. PEFT itself does not mention the version, and drops such keys with a warning.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "peft_version": "1.0.0"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    WrittenByNewerPeft, Note
}

impl WrittenByNewerPeft {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.root.member("peft_version") else { return };
        let Some(version) = member.node.as_str().filter(|version| Release::is_unheard_of(version)) else { return };
        let newest = Release::NEWEST;
        let message = format!("the file was written by peft {version}, but {newest} is the newest release known here");
        report
            .add(Self::INFO, "/peft_version", member.node.span, message)
            .help("keys and values added since are reported as unknown");
    }
}
