use crate::dialects::peft::Subject;
use crate::dialects::peft::expected::heads;
use crate::dialects::peft::targets::{Keys, Targets};
use crate::document::{Node, pointer};
use crate::findings::{Finding, Report, Severity, rule};

rule! {
    /// An entry of `target_modules` that is saved in full, and so is not adapted.
    ///
    /// ## Why is this bad
    /// What `modules_to_save` matches, and all that is in it, PEFT leaves out of the targets without a word: it trains and
    /// saves the whole module, and no adapter sits there. For SEQ_CLS it adds `classifier` and `score` to that list. The
    /// file of weights is as large as the module, and what the method's keys say of it (a rank, a scale) has no effect. If
    /// no target is left, PEFT raises a `ValueError`.
    ///
    /// With `--model`, AL455 says so of a config that leaves nothing to adapt.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj", "lm_head"], "modules_to_save": ["lm_head"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: it is not known which of the two is meant.
    TargetSavedInFull, Warning
}

impl TargetSavedInFull {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.written("target_modules") else { return };
        let Some(saved) = Saved::of(subject, member.node.items().len()) else { return };
        let items: Vec<_> = member.node.items().iter().enumerate().collect();
        let is_saved = |(_, item): &&(usize, &Node)| item.as_str().is_some_and(|name| saved.has(name));
        let found: Vec<_> = items.iter().filter(is_saved).collect();
        let is_all = found.len() == items.len() && subject.set("target_parameters").is_none();
        // On a known model it shows whether anything is left.
        if is_all && !subject.trees().is_empty() {
            return;
        }
        for (at, item) in found {
            let name = item.as_str().unwrap_or_default();
            let place = pointer::push(&Subject::pointer_of("target_modules"), at.to_string());
            let what = format!("`{name}` is trained and saved in full, so PEFT does not adapt it");
            let message =
                if is_all { format!("{what}; without any other target it raises a `ValueError`") } else { what };
            let finding = report.add(Self::INFO, place, item.span, message);
            if is_all {
                finding.severity = Severity::Error;
            }
            saved.show(name, finding);
        }
    }
}

/// What is saved in full when PEFT looks for the targets.
struct Saved<'s> {
    /// What is written.
    written: Option<Targets>,
    /// What PEFT adds for the task: the heads of other tasks than SEQ_CLS it adds after the targets are adapted.
    added: Option<Targets>,
    heads: &'static [&'static str],
    subject: &'s Subject<'s>,
}

impl<'s> Saved<'s> {
    /// `None` if nothing is, or if it cannot be held against so many targets in a time that nobody notices.
    fn of(subject: &'s Subject<'s>, targets: usize) -> Option<Self> {
        const MOST_PAIRS: usize = 1 << 14;
        let items = subject.written("modules_to_save").map(|member| member.node.items()).unwrap_or_default();
        if targets.checked_mul(items.len()).is_none_or(|pairs| pairs > MOST_PAIRS) {
            return None;
        }
        let written: Vec<_> = items.iter().filter_map(Node::as_str).collect();
        let task = subject.root.get("task_type").and_then(Node::as_str).filter(|task| *task == "SEQ_CLS");
        let heads = subject.peft_type().map(|method| heads(task, method)).unwrap_or_default();
        let saved = Self { written: kept(&written), added: kept(heads), heads, subject };
        (saved.written.is_some() || saved.added.is_some()).then_some(saved)
    }

    /// Whether every module that a target may stand for is saved in full: then the end that they have in common is, too.
    fn has(&self, target: &str) -> bool {
        [&self.written, &self.added].into_iter().flatten().any(|targets| covers(targets, target))
    }

    /// Shows what saves the module.
    fn show(&self, target: &str, finding: &mut Finding) {
        let is_written = self.written.as_ref().is_some_and(|targets| covers(targets, target));
        let key = if is_written { "modules_to_save" } else { "task_type" };
        let Some(member) = self.subject.root.member(key) else { return };
        let heads = self.heads.join("` and `");
        let what = if is_written {
            "saved in full by this".to_owned()
        } else {
            format!("for this task PEFT adds `{heads}` to `modules_to_save`")
        };
        finding.also(member.node.span, what);
    }
}

/// What these entries of `modules_to_save` keep from being adapted.
fn kept(saved: &[&str]) -> Option<Targets> {
    let names: Vec<_> = saved.iter().map(|name| (*name).to_owned()).collect();
    let keys = Keys { modules_to_save: Some(&names), ..Keys::default() };
    Targets::new(keys).ok().filter(|_| !names.is_empty())
}

fn covers(saved: &Targets, target: &str) -> bool {
    saved.excludes(target) == Ok(true)
}
