//! A config on a base model, as the rules see it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::dialects::peft::Subject;
use crate::dialects::peft::expected::{Adapted, Refusal, check_run, expect};
use crate::dialects::peft::uses::MethodUses;
use crate::document::Span;
use crate::models::tree::Module;
use crate::models::{Model, Tree};
use crate::value::{Map, Value};

/// A config on every model that it may be meant for.
pub(crate) struct OnModel<'a> {
    /// The config.
    pub(crate) subject: &'a Subject<'a>,
    /// Its values.
    pub(crate) config: Map,
    /// The models: one, unless the class is left to the user.
    pub(crate) trees: Cow<'a, [Tree]>,
    /// The class that the model's config names.
    pub(crate) class: Option<String>,
    /// The width of the model's states.
    pub(crate) hidden_size: Option<u64>,
    /// What PEFT makes of the config on each.
    outcomes: Vec<Result<Adapted, Refusal>>,
}

impl<'a> OnModel<'a> {
    /// `None` if the model or what PEFT makes of the config on it is not known.
    pub(crate) fn new(subject: &'a Subject<'a>, model: &Model) -> Option<Self> {
        let config = MethodUses::own_keys(subject.root.to_value().as_map()?);
        Self::on(subject, model, config, Cow::Borrowed(subject.trees()))
    }

    /// On the model as the class that its config names, where that is another than the one for the task.
    pub(crate) fn as_named(subject: &'a Subject<'a>, model: &Model) -> Option<Self> {
        let config = MethodUses::own_keys(subject.root.to_value().as_map()?);
        let task = subject.root.get("task_type").and_then(crate::document::Node::as_str)?;
        let tree = Tree::of(model.config.as_ref()?, None).filter(|tree| tree.is_other_than_for(task))?;
        Self::on(subject, model, config, Cow::Owned(vec![tree]))
    }

    fn on(subject: &'a Subject<'a>, model: &Model, config: Map, trees: Cow<'a, [Tree]>) -> Option<Self> {
        if trees.is_empty() {
            return None;
        }
        // Of models that cannot be run it need not be known what they would save.
        let outcome = |tree| match (expect(&config, tree), check_run(&config, tree)) {
            (Some(Ok(_)) | None, Err(refusal)) => Some(Err(refusal)),
            (outcome, _) => outcome,
        };
        let outcomes = trees.iter().map(outcome).collect::<Option<_>>()?;
        let class = model.config.as_ref()?.get("architectures").and_then(Value::as_list).and_then(|list| list.first());
        let class = class.and_then(Value::as_str).map(str::to_owned);
        Some(Self { subject, config, trees, class, hidden_size: model.hidden_size, outcomes })
    }

    /// On the one of several classes that the model's config names, if a size or a kind of module does not suit that one.
    pub(crate) fn unfit_as_named(mut self) -> Option<Self> {
        let at = self.trees.iter().position(|tree| self.class.as_deref() == Some(tree.class))?;
        let is_unfit = |outcome: &Result<Adapted, Refusal>| {
            matches!(outcome, Err(Refusal::Misfit { .. } | Refusal::Unfit { .. } | Refusal::Unsupported { .. }))
        };
        if self.outcomes.iter().all(Result::is_err) || !is_unfit(&self.outcomes[at]) {
            return None;
        }
        self.trees = Cow::Owned(vec![self.trees[at].clone()]);
        self.outcomes = vec![self.outcomes.swap_remove(at)];
        Some(self)
    }

    /// Why PEFT refuses, if it does so whatever class the model is of.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        if self.outcomes.iter().all(Result::is_err) { self.outcomes.first()?.as_ref().err() } else { None }
    }

    /// The modules that are adapted, for each class that PEFT adapts; with the class.
    pub(crate) fn adapted(&self) -> impl Iterator<Item = (&Tree, &Adapted)> {
        self.trees.iter().zip(&self.outcomes).filter_map(|(tree, outcome)| Some((tree, outcome.as_ref().ok()?)))
    }

    /// Whether PEFT adapts anything.
    pub(crate) fn is_adapted(&self) -> bool {
        self.adapted().any(|(_, adapted)| adapted.wrapped().next().is_some())
    }

    /// The modules that are adapted, whatever the class.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &Module> {
        self.adapted().flat_map(|(tree, adapted)| {
            let names: BTreeSet<_> = adapted.modules.iter().map(String::as_str).collect();
            tree.modules.iter().filter(move |module| names.contains(module.name.as_str()))
        })
    }

    /// Where a key stands; the whole config where it does not.
    pub(crate) fn place(&self, key: &str) -> (String, Span) {
        match self.subject.root.member(key) {
            Some(member) => (Subject::pointer_of(key), member.node.span),
            None => (String::new(), self.subject.root.span),
        }
    }

    /// The ends of names of the model's linear layers, in a list that people read.
    pub(crate) fn linear_names(&self) -> String {
        let mut names = self.linear_ends();
        names.truncate(12);
        names.join(", ")
    }

    /// The ends of names of the model's linear layers, each once.
    pub(crate) fn linear_ends(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for module in self.trees.iter().take(1).flat_map(|tree| &tree.modules) {
            if module.widths().is_some() && !names.contains(&module.last_part()) {
                names.push(module.last_part());
            }
        }
        names
    }

    /// An item of `target_modules` that has a path before the module's name, and the module of the model whose name ends most
    /// like it.
    pub(crate) fn under_other_path(&self) -> Option<(&str, &str)> {
        let items = self.config.get("target_modules")?.as_list()?;
        let modules = || self.trees.iter().take(1).flat_map(|tree| &tree.modules).map(|module| module.name.as_str());
        items.iter().filter_map(Value::as_str).find_map(|item| {
            let ends = item.match_indices('.').map(|(at, _)| &item[at..]);
            let ending = |end: &str| modules().find(|name| name.ends_with(end) || *name == &end[1..]);
            Some((item, ends.filter(|end| end.len() > 1).find_map(ending)?))
        })
    }
}
