//! The tensors of a prediction head, as `heads/*.py` of adapters 1.3.0 build them.

use std::num::NonZeroU64;

use super::Expected;
use crate::dialects::adapterhub::config::Activation;
use crate::dialects::adapterhub::files::Head;
use crate::dialects::adapterhub::modules;
use crate::dialects::adapterhub::release::Release;
use crate::document::Node;
use crate::models::{Model, Quirk};

/// The most layers that are believed.
const MAX_LAYERS: u64 = 64;

/// The tensors of the head in a `head_config.json`; `None` for heads of classes with a fixed one, and for those that
/// the library refuses.
pub(super) fn expected(
    root: &Node,
    name: &str,
    model: Option<&Model>,
    release: Release,
    found: &[&str],
) -> Option<Vec<Expected>> {
    let config = root.get("config").filter(|config| config.is_map())?;
    let head: Head = config.value().typed().ok()?;
    let saved = Model::of_adapter(root);
    let base = model.or(saved.as_ref());
    let hidden = size(base.and_then(|model| model.hidden_size));
    let embedding = |given: Option<NonZeroU64>| {
        let has_own = base.and_then(|model| model.support).is_some_and(|row| Quirk::NarrowEmbeddings.is_of(row.name));
        // `embedding_size` of the model's config, which a saved head does not repeat.
        let of_model = if has_own {
            base.and_then(|model| model.embedding_size)
        } else {
            base.and_then(|model| model.hidden_size)
        };
        given.map_or_else(|| size(of_model), count)
    };
    // Where no model tells, the file does: behind a dropout, no layer is the first module.
    let begins_with_layer = || found.contains(&format!("heads.{name}.0.weight").as_str());
    let leaves_out = release.leaves_out_dropouts()
        && model.and_then(Model::dropout).map_or_else(begins_with_layer, |dropout| dropout == 0.0);
    let mut built = Builder { name, tensors: Vec::new(), index: 0, dropouts: !leaves_out };
    match &head {
        Head::Classification(head) | Head::MultilabelClassification(head) => {
            built.labels(hidden, head.layers, head.activation_function, count(head.num_labels), head.bias)?;
        }
        Head::ImageClassification(head) => {
            built.labels(hidden, head.layers, head.activation_function, count(head.num_labels), head.bias)?;
        }
        Head::MultipleChoice(head) => built.labels(hidden, head.layers, head.activation_function, Some(1), true)?,
        Head::Tagging(head) | Head::QuestionAnswering(head) => {
            built.labels(hidden, head.layers, head.activation_function, count(head.num_labels), true)?;
        }
        Head::DependencyParsing(head) => {
            let beyond = hidden.map(|hidden| hidden + 1);
            built.tensor("biaffine_arcs.weight", vec![Some(1), beyond, hidden]);
            built.tensor("biaffine_rels.weight", vec![count(head.num_labels), beyond, beyond]);
        }
        Head::MaskedLm(head) => {
            let sizes = [hidden, embedding(head.embedding_size), head.vocab_size.and_then(count)];
            built.tokens(sizes, head.layers, head.activation_function, head.layer_norm, head.bias)?;
        }
        Head::CausalLm(head) => {
            let sizes = [hidden, embedding(head.embedding_size), head.vocab_size.and_then(count)];
            built.tokens(sizes, head.layers, head.activation_function, head.layer_norm, head.bias)?;
        }
        Head::Seq2SeqLm(head) => {
            let sizes = [hidden, hidden, head.vocab_size.and_then(count)];
            built.tokens(sizes, head.layers, head.activation_function, head.layer_norm, head.bias)?;
        }
    }
    Some(built.tensors)
}

fn size(number: Option<u64>) -> Option<usize> {
    number.and_then(|number| usize::try_from(number).ok())
}

fn count(number: NonZeroU64) -> Option<usize> {
    size(Some(number.get()))
}

/// A head's modules, numbered as PyTorch's `Sequential` numbers them.
struct Builder<'n> {
    name: &'n str,
    tensors: Vec<Expected>,
    index: usize,
    /// Whether dropouts are counted.
    dropouts: bool,
}

impl Builder<'_> {
    fn tensor(&mut self, leaf: &str, sizes: Vec<Option<usize>>) {
        self.tensors.push(Expected { names: vec![format!("heads.{}.{leaf}", self.name)], sizes, slot: None });
    }

    fn linear(&mut self, inputs: Option<usize>, outputs: Option<usize>, bias: bool) {
        let index = self.index;
        self.tensor(&format!("{index}.weight"), vec![outputs, inputs]);
        if bias {
            self.tensor(&format!("{index}.bias"), vec![outputs]);
        }
        self.index += 1;
    }

    /// Counts an activation; `None` if it is trained, which no head has been seen with.
    fn activation(&mut self, activation: Option<Activation>) -> Option<()> {
        if let Some(activation) = activation {
            if !modules::activation(activation).parameters().is_empty() {
                return None;
            }
            self.index += 1;
        }
        Some(())
    }

    /// `PredictionHead.build`: a dropout before every linear layer.
    fn labels(
        &mut self,
        hidden: Option<usize>,
        layers: NonZeroU64,
        activation: Option<Activation>,
        outputs: Option<usize>,
        bias: bool,
    ) -> Option<()> {
        for _ in 1..layers.get().min(MAX_LAYERS) {
            self.index += usize::from(self.dropouts);
            self.linear(hidden, hidden, true);
            self.activation(activation)?;
        }
        self.index += usize::from(self.dropouts);
        self.linear(hidden, outputs, bias);
        Some(())
    }

    /// `CausalLMHead.build`.
    fn tokens(
        &mut self,
        [hidden, embedding, vocabulary]: [Option<usize>; 3],
        layers: NonZeroU64,
        activation: Option<Activation>,
        norm: bool,
        bias: bool,
    ) -> Option<()> {
        for layer in 1..layers.get().min(MAX_LAYERS) {
            self.linear(if layer == 1 { hidden } else { embedding }, embedding, true);
            self.activation(activation)?;
            if norm {
                let index = self.index;
                self.tensor(&format!("{index}.weight"), vec![embedding]);
                self.tensor(&format!("{index}.bias"), vec![embedding]);
                self.index += 1;
            }
        }
        self.linear(embedding, vocabulary, bias);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::expected;
    use crate::dialects::adapterhub::release::Release;
    use crate::document::{Document, Format};
    use crate::models::Model;

    #[test]
    fn dropouts_of_zero_are_not_counted_in_some_releases() {
        let read = |text: &str| Document::read(text.as_bytes().to_vec(), Format::Json).root.expect("an object");
        let root = read(
            r#"{"config": {"head_type": "tagging", "num_labels": 2, "layers": 2, "activation_function": "tanh"}}"#,
        );
        let first = |release: &str, dropout: Option<&str>, found: &[&str]| {
            let model = dropout.map(|dropout| {
                read(&format!(r#"{{"model_type": "bert", "hidden_size": 8, "hidden_dropout_prob": {dropout}}}"#))
            });
            let model = model.map(|model| Model::from_config(&model).expect("a model"));
            let release = Release::named(release).expect("a release");
            expected(&root, "a", model.as_ref(), release, found).expect("a head")[0].name().to_owned()
        };
        let [bare, counted] = ["heads.a.0.weight", "heads.a.1.weight"];
        assert_eq!(first("adapters 1.3.0", Some("0.0"), &[bare]), counted);
        assert_eq!(first("adapter-transformers 2.3.0", Some("0.0"), &[counted]), bare);
        assert_eq!(first("adapter-transformers 2.3.0", Some("0.1"), &[bare]), counted);
        assert_eq!(first("adapter-transformers 2.3.0", None, &[bare]), bare);
        assert_eq!(first("adapter-transformers 2.3.0", None, &[counted]), counted);
        assert_eq!(first("adapter-transformers 3.2.1", None, &[bare]), counted);
    }
}
