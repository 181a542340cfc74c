use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{Unknown, unknown_method};
use crate::findings::{Report, rule};

rule! {
    /// A method that the target release does not have.
    ///
    /// ## Why is this bad
    /// PEFT looks the method up by `peft_type` and raises a `KeyError` for one that it does not have. Releases before
    /// 0.5.0 read the file as a config without a method, with which nothing can be loaded.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "VERA", "r": 256, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// for `peft@0.10.0`.
    ///
    /// ## Fix safety
    /// There is no fix.
    MethodUnknownToPeftRelease, Error
}

impl MethodUnknownToPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let (Some(lifetime), Some(member)) = (subject.lifetime, subject.root.member("peft_type")) else { return };
        let how = match unknown_method(subject.release) {
            Unknown::NoLoader => return,
            Unknown::Refused => "raises a `KeyError` for",
            Unknown::Ignored | Unknown::Dropped => "has no class for",
        };
        if subject.has_method() {
            return;
        }
        let (release, method) = (subject.release, subject.peft_type);
        let history = match lifetime.until {
            Some(until) if until < release => format!("{until} was the last release with it"),
            _ => format!("it came with {}", lifetime.since),
        };
        let message = format!("{release} {how} the method {method}: {history}");
        report
            .add(Self::INFO, "/peft_type", member.node.span, message)
            .help(format!("load it with {}", lifetime.until.unwrap_or(lifetime.since)));
    }
}
