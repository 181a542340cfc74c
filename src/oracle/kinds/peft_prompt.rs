use ndarray::{Array2, Array3, Axis, Ix2, Ix3};

use super::Run;
use super::peft_layer::{is_usable, parameters};
use crate::dialects::peft::PeftType::{Cartridge, Cpt, MultitaskPromptTuning, PrefixTuning};
use crate::dialects::peft::updates::Settings;
use crate::methods::Scalar;
use crate::methods::virtual_tokens::{CptLimits, before, cached, cpt, multitask};
use crate::oracle::{OracleError, Outputs, PeftPromptSettings};
use crate::value::Value;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &PeftPromptSettings) -> Result<Outputs<T>, OracleError> {
    let (_, config) = run.only_peft()?;
    let config = Settings::new(&config);
    let tensors = parameters::<T>(run, "adapter/a/")?;
    is_usable(config)?;
    let own = tensors.take::<Ix2>("prompt_embeddings")?;
    let rows = config.size("num_virtual_tokens") * config.size("num_transformer_submodules").min(2);
    if own.nrows() != rows {
        return Err(OracleError::case(format!(
            "{} rows of `prompt_embeddings` for {rows} virtual tokens",
            own.nrows()
        )));
    }
    let x: Array3<T> = run.array("input/x")?;
    if x.len_of(Axis(0)) != settings.batch {
        return Err(OracleError::case("`input/x` has another number of examples"));
    }
    let prompts: Vec<Array2<T>> = match config.peft_type() {
        Some(PrefixTuning | Cartridge) => return cache(config, &own, settings.batch),
        Some(MultitaskPromptTuning) => {
            let tasks = run.whole::<ndarray::Ix1>("input/task_ids")?;
            let tasks = tasks.ok_or_else(|| OracleError::case("the array `input/task_ids` is missing"))?;
            let (columns, rows) = (tensors.take::<Ix3>("prefix_task_cols")?, tensors.take::<Ix3>("prefix_task_rows")?);
            let prompt = |task: &i64| {
                let task = usize::try_from(*task).unwrap_or(usize::MAX);
                Ok(multitask(&own, &columns, &rows, task)?)
            };
            tasks.iter().map(prompt).collect::<Result<_, OracleError>>()?
        }
        _ => vec![own; settings.batch],
    };
    let mut outputs = Outputs::from([("embeddings".to_owned(), before(&prompts, &x)?.into_dyn())]);
    if config.peft_type() == Some(Cpt) {
        let kinds = config.get("cpt_tokens_type_mask").and_then(Value::as_list);
        let kinds: Vec<i64> = kinds.into_iter().flatten().filter_map(Value::as_i64).collect();
        let limits = CptLimits {
            input: config.number("opt_projection_epsilon"),
            format: config.number("opt_projection_format_epsilon"),
        };
        let (embedding, moves) = (run.array::<T, Ix2>("base/embedding")?, run.array::<T, Ix2>("drawn/a/moves")?);
        outputs.insert("prompt".to_owned(), cpt(&embedding, &moves, &kinds, limits)?.into_dyn());
    }
    Ok(outputs)
}

fn cache<T: Scalar>(config: Settings<'_>, own: &Array2<T>, batch: usize) -> Result<Outputs<T>, OracleError> {
    let (layers, heads) = (config.size("num_layers"), config.size("num_attention_heads"));
    let mut outputs = Outputs::new();
    for (at, array) in cached(own, layers, heads)?.into_iter().enumerate() {
        let shape = (batch, array.dim().0, array.dim().1, array.dim().2);
        let all = array.broadcast(shape).map(|all| all.to_owned().into_dyn());
        let all = all.ok_or_else(|| OracleError::case("a batch that is too large"))?;
        let name = if at % 2 == 0 { "keys" } else { "values" };
        outputs.insert(format!("{name}.{}", at / 2), all);
    }
    Ok(outputs)
}
