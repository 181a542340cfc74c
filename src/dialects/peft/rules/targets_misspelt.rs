use crate::dialects::peft::Subject;
use crate::dialects::peft::targets::ALL_LINEAR;
use crate::findings::{Finding, Report, Severity, rule};
use crate::value::Value;

rule! {
    /// `target_modules` looks like a slip: `all-linear` spelled otherwise or in a list, a pattern in one, or commas in a text.
    ///
    /// ## Why is this bad
    /// Only the string `all-linear`, in any case, stands for all linear layers. Any other string is a regular expression
    /// for whole names of modules, and in a list every item is a name. No module has such a name, so PEFT finds nothing to
    /// adapt and raises a `ValueError`. It is only a warning where PEFT may find something else to adapt: other names in the
    /// list, or `target_parameters`.
    ///
    /// With `--model`, AL455 says so of any targets that match nothing.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": "q_proj,v_proj"}
    /// ```
    ///
    /// ## Fix safety
    /// The fix is not safe: it changes which modules are adapted.
    TargetsMisspelt, Error
}

/// What stands for all linear layers.
const SHORTHAND: &str = ALL_LINEAR;

impl TargetsMisspelt {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        // On a known model it shows whether they match.
        let Some(member) = subject.written("target_modules").filter(|_| subject.trees().is_empty()) else { return };
        let Some(slip) = Slip::of(&member.node.to_value()) else { return };
        let message = match &slip {
            Slip::Spelling => {
                "`target_modules` is a pattern that matches no module; PEFT raises a `ValueError`".to_owned()
            }
            Slip::Listed { is_alone: true } => {
                format!("in a list, `{SHORTHAND}` is the name of a module; PEFT raises a `ValueError`")
            }
            Slip::Listed { .. } => format!("in a list, `{SHORTHAND}` is the name of a module, which no model has"),
            Slip::Patterns { first, .. } => {
                format!("in a list, `{first}` is the name of a module and no pattern; no module has such a name")
            }
            Slip::Joined(_) => {
                "`target_modules` is one pattern: commas do not separate names, and PEFT raises a `ValueError`"
                    .to_owned()
            }
        };
        let finding = report.add(Self::INFO, Subject::pointer_of(&member.key), member.node.span, message);
        slip.offer(finding);
        let finds_others = matches!(slip, Slip::Listed { is_alone: false } | Slip::Patterns { is_alone: false, .. });
        if finds_others || subject.set("target_parameters").is_some() {
            finding.severity = Severity::Warning;
        }
    }
}

/// What went wrong in writing targets.
pub(in crate::dialects::peft) enum Slip {
    /// The shorthand, spelled otherwise.
    Spelling,
    /// The shorthand in a list.
    Listed {
        /// Whether nothing else is in it.
        is_alone: bool,
    },
    /// Patterns in a list.
    Patterns {
        /// One of them.
        first: String,
        /// Whether nothing else is in it.
        is_alone: bool,
    },
    /// Names in one string.
    Joined(Vec<String>),
}

impl Slip {
    pub(in crate::dialects::peft) fn of(targets: &Value) -> Option<Self> {
        let letters = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
        let is_shorthand = |text: &str| letters(text) == letters(SHORTHAND);
        match targets {
            Value::String(text) if is_shorthand(text) => (text.to_lowercase() != SHORTHAND).then_some(Self::Spelling),
            Value::String(text) => {
                let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
                let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
                let is_name = |name: &String| !name.is_empty() && name.chars().all(is_of_name);
                (names.len() > 1 && names.iter().all(is_name)).then_some(Self::Joined(names))
            }
            Value::List(names) => {
                let count = names.iter().filter_map(Value::as_str).filter(|name| is_shorthand(name)).count();
                let patterns: Vec<_> = names.iter().filter_map(Value::as_str).filter(|name| is_pattern(name)).collect();
                let is_alone = count + patterns.len() == names.len();
                match patterns.first() {
                    _ if count > 0 => Some(Self::Listed { is_alone }),
                    Some(first) => Some(Self::Patterns { first: (*first).to_owned(), is_alone }),
                    None => None,
                }
            }
            _ => None,
        }
    }

    /// Says what was probably meant, at the value.
    pub(in crate::dialects::peft) fn offer(&self, finding: &mut Finding) {
        let span = finding.span;
        match self {
            Self::Spelling | Self::Listed { .. } => {
                finding
                    .help(format!("write the string `{SHORTHAND}` to adapt all linear layers but the output layer"))
                    .suggest(span, format!("\"{SHORTHAND}\""), format!("Write `{SHORTHAND}`"));
            }
            Self::Patterns { .. } => {
                finding
                    .help("one regular expression for whole names takes the place of the list: `.*\\.(q_proj|v_proj)`");
            }
            Self::Joined(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
                finding.help("write the names as a list").suggest(
                    span,
                    format!("[{}]", names.join(", ")),
                    "Write a list of names",
                );
            }
        }
    }
}

/// Whether a name has letters of regular expressions that no attribute of a module has.
pub(in crate::dialects::peft) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '\\', '|', '^', '$', '(', '['])
}
