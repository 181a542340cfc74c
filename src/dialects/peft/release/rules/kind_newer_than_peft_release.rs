use crate::dialects::peft::PeftType::Lora;
use crate::dialects::peft::expected::expect;
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{Release, key as lifetime};
use crate::dialects::peft::uses::MethodUses;
use crate::document::Node;
use crate::findings::{Report, Severity, rule};
use crate::models::Tree;
use crate::models::tree::{Kind, Module};

rule! {
    /// DoRA on a kind of layer that the target release cannot use it on.
    ///
    /// ## Why is this bad
    /// DoRA came with 0.9.0, for `torch.nn.Linear` only. `Conv2d` followed in 0.10.0, the `Conv1D` layers of GPT-2 in
    /// 0.11.0, and embeddings in 0.13.0. Before, PEFT raises a `ValueError`, and for `Conv1D` a `RuntimeError`, unless the
    /// layer is as wide as it is high: then it computes something else, which is a warning.
    ///
    /// ## Example
    /// On GPT-2:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["c_attn"], "use_dora": true}
    /// ```
    ///
    /// for `peft@0.10.0`.
    ///
    /// ## Fix safety
    /// There is no fix.
    KindNewerThanPeftRelease, Error
}

/// The kinds of layers that DoRA came to later, and the release in which it did.
const KINDS: [(Kind, Release); 3] = [
    (Kind::Conv2d, Release::at("0.10.0")),
    (Kind::Conv1D, Release::at("0.11.0")),
    (Kind::Embedding, Release::at("0.13.0")),
];

impl KindNewerThanPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.root.member("use_dora") else { return };
        let has_key = || lifetime(Lora.name(), "use_dora").is_some_and(|lifetime| lifetime.has(subject.release));
        if !subject.is(Lora) || !has_key() || !crate::python::node_is_true(&member.node) {
            return;
        }
        let Some((module, kind, since, outcome)) = newer(subject) else { return };
        let error = match (kind, outcome) {
            (_, Outcome::Otherwise) => "it computes something else",
            (Kind::Conv1D, _) => "it raises a `RuntimeError`",
            _ => "it raises a `ValueError`",
        };
        let message = format!("`{module}` is of kind `{kind}`, on which {} cannot do DoRA: {error}", subject.release);
        let finding = report.add(Self::INFO, "/use_dora", member.node.span, message);
        finding.help(format!("{} can", since.number()));
        if outcome == Outcome::Otherwise {
            finding.severity = Severity::Warning;
        }
    }
}

/// What a release does with a layer that it cannot use DoRA on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It takes the lengths of the rows of a weight for those of its columns.
    Otherwise,
    /// It raises an error.
    Refused,
}

/// The worst that the release does, on every model that the config may be for.
fn newer(subject: &Subject<'_>) -> Option<(String, Kind, Release, Outcome)> {
    let config = MethodUses::own_keys(subject.root.to_value().as_map()?);
    let task = subject.root.get("task_type").and_then(Node::as_str);
    let trees = Tree::candidates(subject.model?.config.as_ref()?, task);
    let found = trees.iter().map(|tree| {
        let adapted = expect(&config, tree)?.ok()?.modules;
        let modules = adapted.iter().filter_map(|name| tree.module(name));
        let all = modules.filter_map(|module| {
            let (kind, since) = KINDS.into_iter().find(|(kind, _)| *kind == module.kind)?;
            (subject.release < since).then(|| (module.name.clone(), kind, since, outcome(module)))
        });
        all.reduce(|worst, next| if next.3 > worst.3 { next } else { worst })
    });
    found.collect::<Option<Vec<_>>>()?.pop()
}

fn outcome(module: &Module) -> Outcome {
    let is_square = module.widths().is_some_and(|(inputs, outputs)| inputs == outputs);
    if module.kind == Kind::Conv1D && is_square { Outcome::Otherwise } else { Outcome::Refused }
}
