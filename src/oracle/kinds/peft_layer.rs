use ndarray::{Array1, Array2, Array4, ArrayD, Axis, IxDyn, s};

use super::Run;
use crate::dialects::peft::PeftType::{Lily, Lora, Poly};
use crate::dialects::peft::updates::{Boxed, Given, Settings, Site, fits, loaded, update};
use crate::document::write::to_json;
use crate::document::{Document, Format};
use crate::findings::Severity;
use crate::lint::{Options, lint};
use crate::methods::Scalar;
use crate::methods::layer_norm::LayerNorm;
use crate::methods::linear::Linear;
use crate::methods::parameters::Parameters;
use crate::methods::updates::{affine, arrow, lily, poly, ungrouped, xlora};
use crate::models::tree::Kind;
use crate::oracle::{LayerKind, OracleError, Outputs, PeftLayerSettings};
use crate::value::Value;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &PeftLayerSettings) -> Result<Outputs<T>, OracleError> {
    if let Some(chosen) = run.case.adapters.get("x") {
        return weighed(run, settings, Settings::new(&Run::peft_config(chosen)?));
    }
    if let Some(router) = run.case.adapters.get("router") {
        return routed(run, settings, Settings::new(&Run::peft_config(router)?));
    }
    let (name, config) = run.only_peft()?;
    let config = Settings::new(&config);
    let mut tensors = parameters(run, &format!("adapter/{name}/"))?;
    let drawn = parameters(run, &format!("drawn/{name}/"))?;
    is_usable(config)?;
    if settings.layer == LayerKind::LayerNorm {
        return layer_norm(run, settings, &tensors);
    }
    let mut layer = Layer::read(run, settings)?;
    if settings.layer == LayerKind::Gptq {
        ungroup(config, layer.map.weight.ncols(), &mut tensors)?;
    } else {
        let site = Site { module: &settings.module, layer: Given::Whole(&layer.map), tensors: &tensors, drawn: &drawn };
        fits(config, &site, layer.kind(), &layer.shape).map_err(|error| OracleError::case(error.to_string()))?;
    }
    let x = layer.rows(run)?;
    let mut outputs = Outputs::new();
    if let Some(added) = beside(run, config, &tensors, &x)? {
        outputs.insert("y".to_owned(), layer.output(affine(&layer.map, &x)? + added)?);
        return Ok(outputs);
    }

    if settings.loaded == Some(true) {
        let is_turned = settings.layer == LayerKind::Conv1d;
        let site = Site { module: &settings.module, layer: Given::Whole(&layer.map), tensors: &tensors, drawn: &drawn };
        let weight = loaded(config, &site, is_turned).map_err(|error| OracleError::case(error.to_string()))?;
        layer.map.weight = weight.unwrap_or(layer.map.weight);
    }
    let site = Site { module: &settings.module, layer: Given::Whole(&layer.map), tensors: &tensors, drawn: &drawn };
    let update = update(config, &site).map_err(|error| OracleError::case(error.to_string()))?;
    let mut y = update.forward(&layer.map, &x)?;
    if let Some(offsets) = run.whole::<ndarray::Ix1>("input/alora_offsets")? {
        activated(&mut y, &affine(&layer.map, &x)?, &offsets);
    }
    outputs.insert("y".to_owned(), layer.output(y)?);
    if run.group("output/f64/").names().any(|name| name == "merged_y") {
        outputs.extend(merged(&layer, &update, &x)?);
    }
    Ok(outputs)
}

/// What a method adds to the outputs that has no update of the weight.
fn beside<T: Scalar>(
    run: &Run<'_>,
    config: Settings<'_>,
    tensors: &Parameters<T>,
    x: &Array2<T>,
) -> Result<Option<Array2<T>>, OracleError> {
    match config.peft_type() {
        Some(Lily) => {
            let part = |role: &str| tensors.take::<ndarray::Ix2>(role);
            let (a, b, router) = (part("lily_A.weight")?, part("lily_B.weight")?, part("lily_router.weight")?);
            Ok(Some(lily(config.number("scaling"), x, (&a, &b, &router))?))
        }
        Some(Poly) => by_task(run, config, tensors, x).map(Some),
        _ => Ok(None),
    }
}

/// The layer with the update in its weight.
fn merged<T: Scalar>(layer: &Layer<T>, update: &Boxed<T>, x: &Array2<T>) -> Result<Outputs<T>, OracleError> {
    let merged = update.merged(&layer.map)?;
    let mut outputs = Outputs::from([
        ("merged_y".to_owned(), layer.output(affine(&merged, x)?)?),
        ("delta_weight".to_owned(), layer.stored(&update.delta(&layer.map)?)?),
        ("merged_weight".to_owned(), layer.stored(&merged.weight)?),
    ]);
    if let Some(bias) = merged.bias {
        outputs.insert("merged_bias".to_owned(), bias.into_dyn());
    }
    Ok(outputs)
}

/// A config that PEFT refuses whatever the model computes nothing.
pub(super) fn is_usable(config: Settings<'_>) -> Result<(), OracleError> {
    let mut config = config.written().clone();
    // A layer alone has no task; any will do.
    if config.get("task_type").is_none_or(|task| *task == Value::Null) {
        config.insert("task_type", Value::String("CAUSAL_LM".to_owned()));
    }
    let text = to_json(&Value::Map(config));
    let found =
        lint(&Document::read(text.into_bytes(), Format::Json), "adapter_config.json", &Options::default()).findings;
    match found.into_iter().find(|finding| finding.severity == Severity::Error) {
        Some(finding) => Err(OracleError::case(finding.message)),
        None => Ok(()),
    }
}

/// X-LoRA: the other adapters, each with the input weighed token by token.
fn weighed<T: Scalar>(
    run: &Run<'_>,
    settings: &PeftLayerSettings,
    chosen: Settings<'_>,
) -> Result<Outputs<T>, OracleError> {
    let layer = Layer::<T>::read(run, settings)?;
    let x = layer.rows(run)?;
    let scalings: Array4<T> = run.array("input/scalings")?;
    let number = settings.number.unwrap_or_default();
    if number >= scalings.dim().2 || scalings.dim().0 * scalings.dim().1 != x.nrows() {
        return Err(OracleError::case("`input/scalings` is not for this layer and input"));
    }
    let own = scalings.index_axis(Axis(2), number);
    let own = Array2::from_shape_vec((x.nrows(), scalings.dim().3), own.iter().copied().collect());
    let own = own.map_err(|error| OracleError::case(error.to_string()))?;
    let top = chosen.get("top_k_lora").map(|_| chosen.size("top_k_lora"));
    let weights = xlora(&own, top, chosen.truth("enable_softmax_topk"));
    let scale = T::of(chosen.number("global_scaling_weight"));
    let plain = Linear { weight: Array2::zeros(layer.map.weight.dim()), bias: None };
    let mut y = affine(&layer.map, &x)?;
    let adapters = run.case.adapters.iter().filter(|(name, _)| *name != "x");
    for (column, (name, config)) in weights.columns().into_iter().zip(adapters) {
        let config = Run::peft_config(config)?;
        let (tensors, drawn) = (parameters(run, &format!("adapter/{name}/"))?, Parameters::new());
        let site = Site { module: &settings.module, layer: Given::Whole(&layer.map), tensors: &tensors, drawn: &drawn };
        let update = update(Settings::new(&config), &site).map_err(|error| OracleError::case(error.to_string()))?;
        let input = &x * &column.insert_axis(Axis(1));
        y += &(update.forward(&plain, &input)? * scale);
    }
    Ok(Outputs::from([("y".to_owned(), layer.output(y)?)]))
}

/// Arrow: the task's adapters, each with its part of the token; general ones are taken out of them first.
fn routed<T: Scalar>(
    run: &Run<'_>,
    settings: &PeftLayerSettings,
    router: Settings<'_>,
) -> Result<Outputs<T>, OracleError> {
    let layer = Layer::<T>::read(run, settings)?;
    let x = layer.rows(run)?;
    let own = router.nested("arrow_config", "ArrowConfig");
    let own = own.ok_or_else(|| OracleError::case("the router has no `arrow_config`"))?;
    let directions: Array2<T> = run.array("drawn/router/directions")?;
    let weights = arrow(&x, &directions, own.size("top_k"), own.number("router_temperature"))?;
    const ROLES: [&str; 2] = ["lora_A.weight", "lora_B.weight"];
    let named = |start: &'static str| run.case.adapters.iter().filter(move |(name, _)| name.starts_with(start));
    let general: Vec<Parameters<T>> =
        named("gks_").map(|(name, _)| parameters(run, &format!("adapter/{name}/"))).collect::<Result<_, _>>()?;
    let mut y = affine(&layer.map, &x)?;
    let plain = Linear { weight: Array2::zeros(layer.map.weight.dim()), bias: None };
    for (column, (name, config)) in weights.columns().into_iter().zip(named("task_")) {
        let config = Run::peft_config(config)?;
        let mut tensors: Parameters<T> = parameters(run, &format!("adapter/{name}/"))?;
        if own.truth("use_gks") {
            for role in ROLES {
                let mut matrix = tensors.take::<ndarray::Ix2>(role)?;
                for other in &general {
                    let other = other.take::<ndarray::Ix2>(role)?;
                    if other.dim() != matrix.dim() {
                        return Err(OracleError::case("adapters of different shapes"));
                    }
                    matrix.scaled_add(-T::one() / T::of(general.len() as f64), &other);
                }
                tensors.insert(role, matrix.into_dyn());
            }
        }
        let drawn = Parameters::new();
        let site = Site { module: &settings.module, layer: Given::Whole(&layer.map), tensors: &tensors, drawn: &drawn };
        let update = update(Settings::new(&config), &site).map_err(|error| OracleError::case(error.to_string()))?;
        y += &(update.forward(&plain, &x)? * column.insert_axis(Axis(1)));
    }
    Ok(Outputs::from([("y".to_owned(), layer.output(y)?)]))
}

/// LoRA on a quantised layer: with QALoRA, which is of such layers alone, `A` takes groups of inputs.
fn ungroup<T: Scalar>(config: Settings<'_>, inputs: usize, tensors: &mut Parameters<T>) -> Result<(), OracleError> {
    const ROLE: &str = "lora_A.weight";
    if config.peft_type() != Some(Lora) {
        return Err(OracleError::case(format!("{} on a quantised layer", config.method_name())));
    }
    let is_grouped = config.truth("use_qalora");
    let group = if is_grouped { config.size("qalora_group_size") } else { 1 };
    if group == 0 || !inputs.is_multiple_of(group) {
        return Err(OracleError::case(format!("{inputs} inputs cannot be divided into groups of {group}")));
    }
    let a = tensors.take::<ndarray::Ix2>(ROLE)?;
    if a.ncols() != inputs / group {
        return Err(OracleError::case(format!(
            "`{ROLE}` takes {} groups of inputs, not {}",
            a.ncols(),
            inputs / group
        )));
    }
    if is_grouped {
        tensors.insert(ROLE, ungrouped(&a, group).into_dyn());
    }
    Ok(())
}

/// All arrays of a group.
pub(super) fn parameters<T: Scalar>(run: &Run<'_>, prefix: &str) -> Result<Parameters<T>, OracleError> {
    let group = run.group(prefix);
    let mut parameters = Parameters::new();
    for name in group.names() {
        if let Some(array) = group.real::<T>(name)? {
            parameters.insert(name, array);
        }
    }
    Ok(parameters)
}

/// Of each example only the last positions, as many as its offset says, are what they are with the adapter.
fn activated<T: Scalar>(y: &mut Array2<T>, plain: &Array2<T>, offsets: &Array1<i64>) {
    let length = y.nrows() / offsets.len().max(1);
    for (at, mut row) in y.rows_mut().into_iter().enumerate() {
        let (example, position) = (at / length.max(1), at % length.max(1));
        let offset = offsets.get(example).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or_default();
        if position + offset < length {
            row.assign(&plain.row(at));
        }
    }
}

fn by_task<T: Scalar>(
    run: &Run<'_>,
    config: Settings<'_>,
    tensors: &Parameters<T>,
    x: &Array2<T>,
) -> Result<Array2<T>, OracleError> {
    let tasks = run.whole::<ndarray::Ix1>("input/task_ids")?;
    let tasks = tasks.ok_or_else(|| OracleError::case("the array `input/task_ids` is missing"))?;
    let (splits, skills) = (config.size("n_splits"), config.size("n_skills"));
    let joined = |role: &str| -> Result<ndarray::Array3<T>, OracleError> {
        let array = tensors.take::<ndarray::Ix4>(role)?;
        let (a, b, c, d) = array.dim();
        array.into_shape_with_order((a * b, c, d)).map_err(|error| OracleError::case(error.to_string()))
    };
    let (a, b) = (joined("poly_lora_A")?, joined("poly_lora_B")?);
    let logits = tensors.take::<ndarray::Ix2>("poly_router.module_logits")?;
    let length = x.nrows() / tasks.len().max(1);
    let mut parts = Vec::new();
    for (example, task) in tasks.iter().enumerate() {
        let row = usize::try_from(*task).ok().filter(|task| *task < logits.nrows());
        let row = row.ok_or_else(|| OracleError::case(format!("there is no task {task}")))?;
        let row = logits.row(row).to_owned().into_shape_with_order((splits, skills));
        let row = row.map_err(|error| OracleError::case(error.to_string()))?;
        parts.push(poly(x.slice(s![example * length..(example + 1) * length, ..]), (&a, &b), row.view())?);
    }
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    ndarray::concatenate(Axis(0), &views).map_err(|error| OracleError::case(error.to_string()))
}

fn layer_norm<T: Scalar>(
    run: &Run<'_>,
    settings: &PeftLayerSettings,
    tensors: &Parameters<T>,
) -> Result<Outputs<T>, OracleError> {
    let (weight, bias) = (
        tensors.take::<ndarray::Ix1>("ln_tuning_layers.weight")?,
        tensors.take::<ndarray::Ix1>("ln_tuning_layers.bias")?,
    );
    let units = weight.len();
    if run.optional::<T, ndarray::Ix1>("base/weight")?.is_some_and(|own| own.len() != units) || bias.len() != units {
        return Err(OracleError::case("the trained copy is not of the size of the layer norm"));
    }
    let norm = LayerNorm { weight, bias, epsilon: settings.epsilon.unwrap_or(LayerNorm::<T>::DEFAULT_EPSILON) };
    let y = norm.forward(&run.units::<T, ndarray::Ix3>("input/x", units)?).into_dyn();
    Ok(Outputs::from([
        ("y".to_owned(), y.clone()),
        ("merged_y".to_owned(), y),
        ("merged_weight".to_owned(), norm.weight.into_dyn()),
        ("merged_bias".to_owned(), norm.bias.into_dyn()),
    ]))
}

/// A layer as an affine map of rows.
struct Layer<T> {
    kind: LayerKind,
    map: Linear<T>,
    /// The shape of the weight as the layer holds it.
    shape: Vec<usize>,
    stride: usize,
    padding: usize,
    /// The shape of the output without the last axis; of a convolution `[batch, height, width]`.
    leading: Vec<usize>,
}

impl<T: Scalar> Layer<T> {
    fn read(run: &Run<'_>, settings: &PeftLayerSettings) -> Result<Self, OracleError> {
        let weight: ArrayD<T> = run.array("base/weight")?;
        let bias = run.optional::<T, ndarray::Ix1>("base/bias")?;
        let shape = weight.shape().to_vec();
        let wrong = || OracleError::case(format!("a weight of shape {shape:?} for such a layer"));
        let (first, rest) = (shape.first().copied().unwrap_or_default(), shape.iter().skip(1).product::<usize>());
        let flat = Array2::from_shape_vec((first, rest), weight.into_iter().collect()).map_err(|_| wrong())?;
        let (axes, is_turned) = match settings.layer {
            LayerKind::Linear | LayerKind::Gptq => (2, false),
            LayerKind::Conv2d => (4, false),
            _ => (2, true),
        };
        if shape.len() != axes {
            return Err(wrong());
        }
        let weight = if is_turned { flat.reversed_axes() } else { flat };
        if bias.as_ref().is_some_and(|bias| bias.len() != weight.nrows()) {
            return Err(wrong());
        }
        let stride = settings.stride.unwrap_or(1).max(1);
        let padding = settings.padding.unwrap_or_default().min(64);
        let mut layer =
            Self { kind: settings.layer, map: Linear { weight, bias }, shape, stride, padding, leading: Vec::new() };
        layer.leading = layer.leading(&run.array("input/x")?)?;
        Ok(layer)
    }

    fn kind(&self) -> Kind {
        match self.kind {
            LayerKind::Linear | LayerKind::Gptq => Kind::Linear,
            LayerKind::Conv1d => Kind::Conv1D,
            LayerKind::Embedding => Kind::Embedding,
            LayerKind::Conv2d => Kind::Conv2d,
            LayerKind::LayerNorm => Kind::LayerNorm,
        }
    }

    fn leading(&self, x: &ArrayD<T>) -> Result<Vec<usize>, OracleError> {
        let shape = x.shape();
        match (self.kind, shape) {
            (LayerKind::Embedding, shape) => Ok(shape.to_vec()),
            (LayerKind::Conv2d, &[batch, channels, height, width]) if channels == self.shape[1] => {
                let places = |size: usize, kernel: usize| {
                    (size + 2 * self.padding).checked_sub(kernel).map(|room| room / self.stride + 1)
                };
                let (height, width) = (places(height, self.shape[2]), places(width, self.shape[3]));
                let fits = height.zip(width).ok_or_else(|| OracleError::case("an input smaller than the kernel"))?;
                Ok(vec![batch, fits.0, fits.1])
            }
            (LayerKind::Conv2d, _) => Err(OracleError::case("`input/x` is no picture of such channels")),
            (_, shape) => Ok(shape[..shape.len().saturating_sub(1)].to_vec()),
        }
    }

    /// The input as rows that the map takes: an embedding's are one at the token, a convolution's are its patches.
    fn rows(&self, run: &Run<'_>) -> Result<Array2<T>, OracleError> {
        let inputs = self.map.weight.ncols();
        let wrong = || OracleError::case(format!("`input/x` has not {inputs} inputs"));
        match self.kind {
            LayerKind::Embedding => {
                let tokens: ArrayD<i64> = run
                    .whole::<IxDyn>("input/x")?
                    .ok_or_else(|| OracleError::case("the array `input/x` is missing"))?;
                let mut rows = Array2::zeros((tokens.len(), inputs));
                for (at, token) in tokens.iter().enumerate() {
                    let token = usize::try_from(*token).ok().filter(|token| *token < inputs).ok_or_else(wrong)?;
                    rows[(at, token)] = T::one();
                }
                Ok(rows)
            }
            LayerKind::Conv2d => Ok(self.patches(&run.array("input/x")?)),
            _ => {
                let x: ArrayD<T> = run.array("input/x")?;
                if x.shape().last() != Some(&inputs) {
                    return Err(wrong());
                }
                let count = x.len() / inputs.max(1);
                Array2::from_shape_vec((count, inputs), x.into_iter().collect()).map_err(|_| wrong())
            }
        }
    }

    fn patches(&self, x: &Array4<T>) -> Array2<T> {
        let (_, channels, height, width) = x.dim();
        let (down, across) = (self.shape[2], self.shape[3]);
        let (rows, columns) = (self.leading[1], self.leading[2]);
        let count = self.leading.iter().product();
        Array2::from_shape_fn((count, channels * down * across), |(at, unit)| {
            let (example, place) = (at / (rows * columns), at % (rows * columns));
            let (channel, within) = (unit / (down * across), unit % (down * across));
            let row = (place / columns * self.stride + within / across).checked_sub(self.padding);
            let column = (place % columns * self.stride + within % across).checked_sub(self.padding);
            match (row, column) {
                (Some(row), Some(column)) if row < height && column < width => x[(example, channel, row, column)],
                _ => T::zero(),
            }
        })
    }

    /// Rows as the layer gives them.
    fn output(&self, y: Array2<T>) -> Result<ArrayD<T>, OracleError> {
        let units = y.ncols();
        let shape: Vec<usize> = self.leading.iter().copied().chain([units]).collect();
        let y = ArrayD::from_shape_vec(IxDyn(&shape), y.into_iter().collect());
        let y = y.map_err(|error| OracleError::case(error.to_string()))?;
        Ok(if self.kind == LayerKind::Conv2d { y.permuted_axes(IxDyn(&[0, 3, 1, 2])) } else { y })
    }

    /// A weight as the layer holds it.
    fn stored(&self, weight: &Array2<T>) -> Result<ArrayD<T>, OracleError> {
        let turned = matches!(self.kind, LayerKind::Conv1d | LayerKind::Embedding);
        let values = if turned { weight.t().iter().copied().collect() } else { weight.iter().copied().collect() };
        ArrayD::from_shape_vec(IxDyn(&self.shape), values).map_err(|error| OracleError::case(error.to_string()))
    }
}
