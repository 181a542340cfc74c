//! The config of the merged model, where it is another than the base model's.

use super::{Adapter, Base, Merged, places};
use crate::models::Tree;
use crate::tensors::Tensor;
use crate::value::{Map, Value};

/// As many labels a classifier has whose config names none.
const USUAL_LABELS: usize = 2;

/// More labels than any classifier has. They are written down one by one.
const MOST_LABELS: usize = 1 << 20;

/// The class that the adapter makes of the base model by tensors that this lacks, such as a classifier's, and how many
/// labels it has; each if the base model's config says otherwise.
pub(super) fn head<'a>(
    adapter: &Adapter,
    base: &Base,
    added: impl Iterator<Item = (&'a str, Tensor<'a>)> + Clone,
) -> (Option<String>, Option<usize>) {
    // Without a task it may be any class.
    let trees = places::trees(adapter, base);
    let [tree] = trees.as_slice() else { return (None, None) };
    let mut shapes = added.clone().map(|(name, _)| shape(tree, name));
    if added.clone().next().is_none() || shapes.any(|shape| shape.is_none()) {
        return (None, None);
    }
    let written =
        base.config.get("architectures").and_then(Value::as_list).and_then(|classes| classes.first()?.as_str());
    let class = (written != Some(tree.class)).then(|| tree.class.to_owned());
    // What the sizes in the config do not tell is the number of labels.
    let mut heads = added.filter(|(name, _)| shape(tree, name).is_some_and(|shape| shape.first() == Some(&None)));
    let labels = heads.next().and_then(|(_, tensor)| tensor.shape().first().copied());
    let known = base.config.get("id2label").and_then(Value::as_map).map_or(USUAL_LABELS, Map::len);
    (class, labels.filter(|labels| *labels != known && *labels <= MOST_LABELS))
}

/// The shape of a parameter of the model.
fn shape<'t>(tree: &'t Tree, name: &str) -> Option<&'t [Option<u64>]> {
    let (module, parameter) = name.rsplit_once('.')?;
    tree.module(module)?.parameter(parameter)
}

/// The config, with what is new; `None` if nothing is.
pub(super) fn changed(base: &Base, merged: &Merged) -> Option<Map> {
    let mut config = base.config.clone();
    if merged.separated.is_some() {
        // Models of text and images have a config in the config.
        if let Some(Value::Map(text)) = config.get_mut("text_config") {
            text.insert("tie_word_embeddings", Value::Bool(false));
        }
        config.insert("tie_word_embeddings", Value::Bool(false));
    }
    if let Some(class) = &merged.class {
        config.insert("architectures", Value::List(vec![Value::String(class.clone())]));
    }
    if let Some(labels) = merged.labels {
        // The names that transformers gives labels of which it knows only how many there are.
        let names = || (0..labels).map(|number| (number, format!("LABEL_{number}")));
        let by_number: Map = names().map(|(number, name)| (number.to_string(), Value::String(name))).collect();
        let number = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX).into());
        let by_name: Map = names().map(|(at, name)| (name, number(at))).collect();
        config.insert("id2label", Value::Map(by_number));
        config.insert("label2id", Value::Map(by_name));
        config.remove("num_labels");
    }
    (config != base.config).then_some(config)
}
