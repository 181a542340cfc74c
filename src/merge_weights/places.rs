use super::{Adapter, Base, MergeError, tied};
use crate::dialects::peft::expected::expect;
use crate::dialects::peft::updates::{Lacking, Place};
use crate::models::Tree;

/// All adapted modules with their sizes, in the order of the model where that counts; none where the adapter's file
/// says everything.
pub(super) fn find(adapter: &Adapter, base: &Base) -> Result<Vec<Place>, MergeError> {
    let modules: Vec<String> = match adapter.lacking() {
        Lacking::Nothing => return Ok(Vec::new()),
        Lacking::Projection => adapter.modules().map(str::to_owned).collect(),
        Lacking::Order => ordered(adapter, base)?,
        Lacking::Modules => targeted(adapter, base)?,
    };
    let fan_in_fan_out = adapter.settings().truth("fan_in_fan_out");
    let trees = trees(adapter, base);
    let others: Vec<&str> = modules.iter().map(String::as_str).collect();
    let output = tied::output(adapter, base, &trees, &others)?;
    let place = |module: String| {
        let shared = || output.and_then(|(output, weight)| (output == module).then_some(weight));
        let weight = base.find(&format!("{module}.weight")).or_else(shared);
        let &[rows, columns] = weight.as_ref().map(|weight| weight.shape()).unwrap_or_default() else {
            return Err(MergeError::Unplaced { modules: vec![module] });
        };
        let is_turned = adapter.is_embedding(&module) || base.is_transposed(&module, fan_in_fan_out);
        Ok(Place { module, shape: if is_turned { (columns, rows) } else { (rows, columns) } })
    };
    modules.into_iter().map(place).collect()
}

/// The base model as transformers builds it, as the classes that the adapter may be for. If none of these has its modules,
/// it was made on the class that the model's config names: PEFT adapts any, whatever the task.
pub(super) fn trees(adapter: &Adapter, base: &Base) -> Vec<Tree> {
    let task = adapter.settings().text("task_type");
    let mut trees = Tree::candidates(&base.config, (!task.is_empty()).then_some(task));
    let has_all = |tree: &Tree| adapter.modules().all(|module| tree.module(module).is_some());
    if !trees.iter().any(has_all) {
        trees.extend(Tree::of(&base.config, None).filter(has_all));
    }
    trees
}

pub(super) fn unknown(what: &str) -> MergeError {
    MergeError::Refused {
        reason: format!("{what}, but the base model has no `config.json` of a type whose modules are known"),
    }
}

fn ordered(adapter: &Adapter, base: &Base) -> Result<Vec<String>, MergeError> {
    let modules: Vec<&str> = adapter.modules().collect();
    let order = trees(adapter, base).into_iter().find_map(|tree| {
        let found: Vec<String> = tree.names().filter(|name| modules.contains(name)).map(str::to_owned).collect();
        (found.len() == modules.len()).then_some(found)
    });
    order.ok_or_else(|| unknown("what the adapter does depends on the order of the model's modules"))
}

fn targeted(adapter: &Adapter, base: &Base) -> Result<Vec<String>, MergeError> {
    let what = "the adapter's file does not say which modules are adapted";
    let trees = trees(adapter, base);
    let outcomes: Option<Vec<_>> = trees.iter().map(|tree| expect(adapter.settings().written(), tree)).collect();
    let outcomes = outcomes.unwrap_or_default();
    // Of the classes that the model can be built as, the one whose names the files have.
    let is_there = |tree: &Tree, module: &str| {
        base.find(&format!("{module}.weight")).is_some() || (tree.is_tied && tree.output == Some(module))
    };
    let known = trees.iter().zip(&outcomes).filter_map(|(tree, outcome)| Some((tree, outcome.as_ref().ok()?)));
    let mut known = known.filter(|(tree, adapted)| adapted.modules.iter().all(|module| is_there(tree, module)));
    let fitting = known.next().map(|(_, adapted)| adapted);
    match (fitting, outcomes.iter().find_map(|outcome| outcome.as_ref().err())) {
        (Some(adapted), _) => Ok(adapted.modules.clone()),
        (None, Some(refusal)) => Err(MergeError::Refused { reason: refusal.to_string() }),
        (None, None) => Err(unknown(what)),
    }
}
