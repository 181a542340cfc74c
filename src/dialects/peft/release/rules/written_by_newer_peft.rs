use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::Release;
use crate::findings::{Report, rule};

rule! {
    /// A file of a release of PEFT that is newer than the newest known here.
    ///
    /// ## Why is this bad
    /// What that release brought is not known here: a key or a method of its own is told as unknown, and a value as one that
    /// is not allowed. PEFT itself says nothing of the version, and drops such keys with a warning.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "peft_version": "1.0.0"}
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
    WrittenByNewerPeft, Note
}

impl WrittenByNewerPeft {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.root.member("peft_version") else { return };
        let Some(version) = member.node.as_str().filter(|version| Release::is_unheard_of(version)) else { return };
        let newest = Release::NEWEST;
        let message = format!("the file is of peft {version}, and {newest} is the newest that is known here");
        report
            .add(Self::INFO, "/peft_version", member.node.span, message)
            .help("keys and values that came since are told as unknown");
    }
}
