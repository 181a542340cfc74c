use crate::dialects::peft::PeftType::Vera;
use crate::dialects::peft::expected::expect;
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::Release;
use crate::dialects::peft::uses::MethodUses;
use crate::findings::{Report, rule};
use crate::models::Tree;

rule! {
    /// VeRA on layers of several sizes, for a release that supports only one size.
    ///
    /// ## Why is this bad
    /// All layers share the two frozen matrices. Since 0.12.0, PEFT makes them as large as the largest layer needs, and
    /// the others use a part; before, it raised a `ValueError` at the first layer of a different size.
    ///
    /// ## Example
    /// On a LLaMA whose heads share keys and values, so that `v_proj` is narrower than `q_proj`:
    /// ```json
    /// {"peft_type": "VERA", "task_type": "CAUSAL_LM", "r": 256, "target_modules": ["q_proj", "v_proj"]}
    /// ```
    ///
    /// for `peft@0.11.1`.
    ///
    /// ## Fix safety
    /// There is no fix.
    LayersUnlikeForPeftRelease, Error
}

/// From here on VeRA cuts what its layers share to the size of each.
const ANY_SIZE: Release = Release::at("0.12.0");

impl LayersUnlikeForPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is(Vera) || subject.release >= ANY_SIZE || !subject.has_method() {
            return;
        }
        let Some((first, other)) = unlike(subject) else { return };
        let written = subject.root.member("target_modules");
        let (pointer, span) = written
            .map_or((String::new(), subject.root.span), |member| ("/target_modules".to_owned(), member.node.span));
        let message = format!(
            "`{other}` differs in size from `{first}`, but {} needs layers of one size for VeRA and raises a `ValueError`",
            subject.release
        );
        report.add(Self::INFO, pointer, span, message);
    }
}

/// Two layers of different sizes that are adapted, whatever the class of the model.
fn unlike(subject: &Subject<'_>) -> Option<(String, String)> {
    let config = MethodUses::own_keys(subject.root.to_value().as_map()?);
    let task = subject.root.get("task_type").and_then(crate::document::Node::as_str);
    let trees = Tree::candidates(subject.model?.config.as_ref()?, task);
    let pairs = trees.iter().map(|tree| {
        let adapted = expect(&config, tree)?.ok()?;
        let mut layers = adapted.modules.iter().filter_map(|name| Some((name, tree.module(name)?.widths()?)));
        let (first, size) = layers.next()?;
        layers.find(|(_, other)| *other != size).map(|(other, _)| (first.clone(), other.clone()))
    });
    pairs.collect::<Option<Vec<_>>>()?.pop()
}
