use ndarray::{Array2, ArrayD, Ix1, Ix2};

use super::Attention;
use crate::dialects::adapterhub::{config, modules};
use crate::document::Node;
use crate::methods::Scalar;
use crate::methods::activation::{Activation, Function};
use crate::methods::adapted_linear::AdaptedLinear;
use crate::methods::bottleneck_place::BottleneckPlace;
use crate::methods::encoder::{Embeddings, Encoder, EncoderLayer, Positions};
use crate::methods::layer_norm::LayerNorm;
use crate::methods::linear::Linear;
use crate::methods::parameters::Parameters;
use crate::methods::prefix_tuning::{PrefixPlace, Surroundings};
use crate::models::{EncoderType, Model};
use crate::oracle::OracleError;
use crate::value::Value;

/// An encoder without adapters, from its config and its own tensors.
pub(super) fn encoder<T: Scalar>(
    config: &Node,
    tensors: &dyn modules::Tensors<T>,
    attention: Attention,
) -> Result<(Encoder<T>, Model), OracleError> {
    let model = Model::from_config(config);
    let model = model.ok_or_else(|| OracleError::case("the model's config has no `model_type`"))?;
    let Some(row) = EncoderType::of(&model.model_type) else {
        let known: Vec<_> = EncoderType::names().collect();
        let detail = format!("a model of type `{}` cannot be run, only {}", model.model_type, known.join(", "));
        return Err(OracleError::case(detail));
    };
    refuse_variants(config)?;
    let masks = match attention {
        Attention::Fused => row.fused.unwrap_or(row.eager),
        Attention::Eager => row.eager,
    };
    let sizes = Sizes::of(&model, row)?;
    let prefix = prefix(row, tensors)?;
    let base = Base { tensors, prefix, epsilon: epsilon(row, config)? };
    let filling = padding(row, config) as f64;
    let surroundings = Surroundings { filling, added: masks.prefix, filled: masks.filled };
    let activation = activation(row, config)?;
    let projection = row.projection.filter(|_| sizes.embedding != sizes.hidden);
    let projection = projection.map(|name| base.linear(name, sizes.hidden, sizes.embedding)).transpose()?;
    let layer = |number| base.layer(row, number, &sizes, surroundings, &activation);
    let encoder = Encoder {
        embeddings: base.embeddings(row, &sizes, padding(row, config))?,
        projection,
        layers: (0..sizes.layers).map(layer).collect::<Result<_, _>>()?,
        pooler: row.pooler.and_then(|name| base.linear(name, sizes.hidden, sizes.hidden).ok()),
        invertible: Default::default(),
        prompts: Default::default(),
        shared_mask: masks.shared,
        prefix_added: masks.prefix,
    };
    Ok((encoder, model))
}

/// The sizes of an encoder.
struct Sizes {
    hidden: usize,
    heads: usize,
    layers: usize,
    inner: usize,
    embedding: usize,
}

impl Sizes {
    fn of(model: &Model, row: &EncoderType) -> Result<Self, OracleError> {
        let size = |size: Option<u64>, what: &str| {
            let size = size.and_then(|size| usize::try_from(size).ok());
            size.ok_or_else(|| OracleError::case(format!("the model's config does not say its {what}")))
        };
        let hidden = size(model.hidden_size, "hidden size")?;
        let own = model.embedding_size.filter(|_| row.projection.is_some());
        Ok(Self {
            hidden,
            heads: size(model.heads, "number of attention heads")?,
            layers: size(model.layers, "number of layers")?,
            inner: size(model.feed_forward_size, "feed-forward size")?,
            embedding: own.map_or(Ok(hidden), |own| size(Some(own), "embedding size"))?,
        })
    }
}

/// What a config may ask of these types and is not computed here.
fn refuse_variants(config: &Node) -> Result<(), OracleError> {
    let kind = config.get("position_embedding_type").and_then(Node::as_str).unwrap_or("absolute");
    if kind != "absolute" {
        return Err(OracleError::case(format!("position embeddings of the kind `{kind}` are not computed")));
    }
    for key in ["is_decoder", "add_cross_attention"] {
        if config.get(key).map(Node::to_value) == Some(Value::Bool(true)) {
            return Err(OracleError::case(format!("a model with `{key}` is not computed")));
        }
    }
    Ok(())
}

/// The model's class decides whether its name stands before those of the tensors.
fn prefix<T: Scalar>(row: &EncoderType, tensors: &dyn modules::Tensors<T>) -> Result<String, OracleError> {
    for prefix in ["", row.prefix] {
        let name = format!("{prefix}{}.weight", row.word);
        if tensors.tensor(&name)?.is_some() {
            return Ok(prefix.to_owned());
        }
    }
    let (word, prefix) = (row.word, row.prefix);
    Err(OracleError::case(format!(
        "there is neither `{word}.weight` nor `{prefix}{word}.weight` among the model's tensors"
    )))
}

fn epsilon(row: &EncoderType, config: &Node) -> Result<f64, OracleError> {
    let Some(key) = row.epsilon else { return Ok(1e-12) };
    match config.get(key).map(Node::to_value) {
        None => Ok(1e-12),
        Some(value) => value.as_f64().ok_or_else(|| OracleError::case(format!("`{key}` is no number"))),
    }
}

fn padding(row: &EncoderType, config: &Node) -> i64 {
    config.get("pad_token_id").and_then(|node| node.value().as_i64()).unwrap_or(row.padding)
}

fn activation<T: Scalar>(row: &EncoderType, config: &Node) -> Result<Activation<T>, OracleError> {
    let name = config.get(row.activation).and_then(Node::as_str).unwrap_or("gelu");
    let known: config::Activation =
        name.parse().map_err(|error: config::UnknownActivation| OracleError::case(error.to_string()))?;
    match modules::activation(known) {
        Function::Prelu | Function::Xielu => {
            Err(OracleError::case(format!("a model with the trained activation `{name}` is not computed")))
        }
        function => Ok(Activation::new(function, &Parameters::new())?),
    }
}

/// The model's own tensors below a name.
struct Base<'a, T> {
    tensors: &'a dyn modules::Tensors<T>,
    prefix: String,
    epsilon: f64,
}

impl<T> Clone for Base<'_, T> {
    fn clone(&self) -> Self {
        Self { prefix: self.prefix.clone(), ..*self }
    }
}

impl<T: Scalar> Base<'_, T> {
    fn find(&self, name: &str) -> Result<Option<ArrayD<T>>, OracleError> {
        Ok(self.tensors.tensor(&format!("{}{name}", self.prefix))?)
    }

    fn shaped(&self, names: &[String], expected: &[Option<usize>]) -> Result<ArrayD<T>, OracleError> {
        for name in names {
            let Some(array) = self.find(name)? else { continue };
            let fits = array.ndim() == expected.len()
                && array
                    .shape()
                    .iter()
                    .zip(expected)
                    .all(|(found, expected)| expected.is_none_or(|size| size == *found));
            if fits {
                return Ok(array);
            }
            let expected: Vec<_> = expected.iter().map(|size| size.map_or("…".to_owned(), |s| s.to_string())).collect();
            let (prefix, found) = (&self.prefix, array.shape());
            let detail =
                format!("the model's tensor `{prefix}{name}` should be [{}], and is {found:?}", expected.join(", "));
            return Err(OracleError::case(detail));
        }
        Err(OracleError::case(format!("the model's tensor `{}{}` is missing", self.prefix, names[0])))
    }

    fn embeddings(&self, row: &EncoderType, sizes: &Sizes, padding: i64) -> Result<Embeddings<T>, OracleError> {
        Ok(Embeddings {
            word: self.table(row.word, sizes.embedding)?,
            position: self.table(row.position, sizes.embedding)?,
            segment: row.segment.map(|name| self.table(name, sizes.embedding)).transpose()?,
            norm: self.norm(row.embedding_norm, sizes.embedding)?,
            positions: if row.counts_behind_padding {
                Positions::BehindPadding { padding }
            } else {
                Positions::FromZero
            },
        })
    }

    fn layer(
        &self,
        row: &EncoderType,
        number: usize,
        sizes: &Sizes,
        surroundings: Surroundings,
        activation: &Activation<T>,
    ) -> Result<EncoderLayer<T>, OracleError> {
        let &Sizes { hidden, heads, inner, .. } = sizes;
        let base =
            Base { prefix: format!("{}{}", self.prefix, row.layer.replace("{L}", &number.to_string())), ..*self };
        let adapted = |name, outputs, inputs| base.linear(name, outputs, inputs).map(AdaptedLinear::new);
        Ok(EncoderLayer {
            heads,
            query: adapted(row.attention[0], hidden, hidden)?,
            key: adapted(row.attention[1], hidden, hidden)?,
            value: adapted(row.attention[2], hidden, hidden)?,
            prefixes: PrefixPlace { surroundings, ..PrefixPlace::default() },
            attention_output: base.linear(row.attention_output[0], hidden, hidden)?,
            attention_norm: base.norm(row.attention_output[1], hidden)?,
            attention_adapters: BottleneckPlace::default(),
            intermediate: adapted(row.feed_forward[0], inner, hidden)?,
            activation: activation.clone(),
            output: adapted(row.feed_forward[1], hidden, inner)?,
            output_norm: base.norm(row.feed_forward[2], hidden)?,
            output_adapters: BottleneckPlace::default(),
            refts: Default::default(),
        })
    }

    fn table(&self, name: &str, columns: usize) -> Result<Array2<T>, OracleError> {
        let array = self.shaped(&[format!("{name}.weight")], &[None, Some(columns)])?;
        array.into_dimensionality::<Ix2>().map_err(|error| OracleError::case(error.to_string()))
    }

    fn vector(&self, names: &[String], size: usize) -> Result<ndarray::Array1<T>, OracleError> {
        let array = self.shaped(names, &[Some(size)])?;
        array.into_dimensionality::<Ix1>().map_err(|error| OracleError::case(error.to_string()))
    }

    fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear<T>, OracleError> {
        let weight = self.shaped(&[format!("{name}.weight")], &[Some(outputs), Some(inputs)])?;
        let weight = weight.into_dimensionality::<Ix2>().map_err(|error| OracleError::case(error.to_string()))?;
        Ok(Linear { weight, bias: Some(self.vector(&[format!("{name}.bias")], outputs)?) })
    }

    /// Checkpoints that came from TensorFlow call weight and bias gamma and beta.
    fn norm(&self, name: &str, size: usize) -> Result<LayerNorm<T>, OracleError> {
        let vector = |new: &str, old: &str| self.vector(&[format!("{name}.{new}"), format!("{name}.{old}")], size);
        Ok(LayerNorm { weight: vector("weight", "gamma")?, bias: vector("bias", "beta")?, epsilon: self.epsilon })
    }
}
