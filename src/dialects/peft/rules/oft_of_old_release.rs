use crate::dialects::peft::PeftType::Oft;
use crate::dialects::peft::Subject;
use crate::document::Member;
use crate::findings::{Report, Severity, rule};
use crate::python::node_is_true;

rule! {
    /// An OFT config as older releases wrote it, whose weights now mean something else.
    ///
    /// ## Why is this bad
    /// OFT was rewritten in PEFT 0.14, which recognises older files by the missing `oft_block_size`:
    /// `PeftModel.from_pretrained` raises a `ValueError` for them, which is an error in the config of a saved adapter
    /// (`inference_mode`); only `PeftConfig.from_pretrained` still reads them, as for training.
    /// The Cayley-Neumann parameterization changed in PEFT 0.18, which looks at `peft_version` to see whether the
    /// weights are older. If they are, or if the key is missing, it warns that the weights have to be retrained; if the
    /// value is not a version, it raises an exception.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "OFT", "target_modules": ["q_proj"], "r": 8}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the adapter has to be retrained, or loaded with PEFT 0.13.
    OftOfOldRelease, Warning
}

impl OftOfOldRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.is(Oft) && subject.written("oft_block_size").is_none() {
            let message = "`oft_block_size` is missing, so `PeftModel.from_pretrained` takes the file for one written before PEFT 0.14 and raises a `ValueError`";
            let finding = report.add(Self::INFO, "", subject.root.span, message);
            // Without weights beside it, it may be meant for training, to which `PeftConfig.from_pretrained` leads.
            if subject.root.get("inference_mode").is_some_and(node_is_true) {
                finding.severity = Severity::Error;
            }
        }
        cayley_neumann(subject, report);
    }
}

/// PEFT compares the version that a file with `use_cayley_neumann` names.
fn cayley_neumann(subject: &Subject<'_>, report: &mut Report) {
    let Some(flag) = subject.set("use_cayley_neumann").filter(|_| subject.is(Oft)) else { return };
    let written = subject.written("peft_version");
    let message = match written.map(|member| member.node.as_str()) {
        // The hash of a commit may follow.
        Some(Some(text)) => match version(text.split('@').next().unwrap_or_default()) {
            Some(version) if version < [0, 18] => {
                "the Cayley-Neumann parameterization changed in PEFT 0.18: the weights have to be retrained, or loaded with an older release"
            }
            Some(_) => return,
            None => {
                "this is not a version, but `PeftModel.from_pretrained` compares it if `use_cayley_neumann` is set, and raises an exception"
            }
        },
        Some(None) => {
            "this is not a string, but `PeftModel.from_pretrained` looks for a version in it if `use_cayley_neumann` is set, and raises an `AttributeError`"
        }
        None => {
            "without `peft_version`, PEFT takes the file for one written before 0.18, when the Cayley-Neumann parameterization was different, and warns that the weights have to be retrained"
        }
    };
    let member = written.unwrap_or(flag);
    let finding = report.add(OftOfOldRelease::INFO, Subject::pointer_of(&member.key), member.node.span, message);
    // For null PEFT writes its own release when it saves; any other value stays.
    let is_no_version = |member: &Member| match member.node.as_str() {
        Some(text) => version(text.split('@').next().unwrap_or_default()).is_none(),
        None => !member.node.is_null(),
    };
    if written.is_some_and(is_no_version) {
        finding.severity = Severity::Error;
    }
}

/// The first two parts of a version; `None` for what begins with none.
fn version(text: &str) -> Option<[u64; 2]> {
    let text = text.trim();
    let mut parts = text.strip_prefix('v').unwrap_or(text).split(|letter: char| !letter.is_ascii_digit());
    Some([parts.next()?.parse().ok()?, parts.next().and_then(|part| part.parse().ok()).unwrap_or(0)])
}
