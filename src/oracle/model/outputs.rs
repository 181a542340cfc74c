use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{ArrayD, Ix1, Ix2};

use super::super::{Group, OracleError};
use crate::files::Existing;
use crate::methods::Scalar;
use crate::methods::encoder::{Inputs, Output};
use crate::tensors::{Dtype, Outgoing, TensorFile, write_safetensors};

/// The inputs of a model in a file of tensors: `input_ids`, and if they are there `attention_mask`, `token_type_ids`,
/// `position_ids`; and `task_ids`.
///
/// # Errors
/// If `input_ids` is missing, or an array is not of whole numbers or has another number of dimensions.
pub fn read_inputs(file: &TensorFile) -> Result<(Inputs, Option<Vec<usize>>), OracleError> {
    let group = Group { file, prefix: "" };
    let table = |name: &str| {
        let array = group.whole(name)?;
        let two = |array: ArrayD<i64>| {
            let dimensions = array.ndim();
            array.into_dimensionality::<Ix2>().map_err(|_| {
                OracleError::case(format!("`{name}` should be [batch, sequence], and has {dimensions} dimensions"))
            })
        };
        array.map(two).transpose()
    };
    let input_ids = table("input_ids")?;
    let input_ids = input_ids.ok_or_else(|| OracleError::case(format!("{} has no `input_ids`", file.name())))?;
    let inputs = Inputs {
        input_ids,
        attention_mask: table("attention_mask")?,
        token_type_ids: table("token_type_ids")?,
        position_ids: table("position_ids")?,
    };
    let tasks = match group.whole("task_ids")? {
        None => None,
        Some(tasks) => {
            let tasks = tasks.into_dimensionality::<Ix1>();
            let tasks = tasks.map_err(|_| OracleError::case("`task_ids` should be [batch]"))?;
            Some(tasks.iter().map(|&task| usize::try_from(task).unwrap_or(usize::MAX)).collect())
        }
    };
    Ok((inputs, tasks))
}

/// Writes what a model gave: `last_hidden_state`, `pooler_output` if the model has a pooler, and on demand
/// `hidden_states.0` (behind the embeddings), `hidden_states.1` … Whole or not at all.
///
/// # Errors
/// If the file exists and `existing` refuses that, or it cannot be written.
pub fn write_outputs<T: Scalar>(
    path: &Path,
    output: &Output<T>,
    hidden_states: bool,
    existing: Existing,
) -> Result<(), OracleError> {
    let mut arrays: BTreeMap<String, ArrayD<T>> = BTreeMap::new();
    if let Some(last) = output.last_hidden_state() {
        arrays.insert("last_hidden_state".to_owned(), last.to_owned().into_dyn());
    }
    if let Some(pooled) = &output.pooled {
        arrays.insert("pooler_output".to_owned(), pooled.clone().into_dyn());
    }
    for (index, states) in output.hidden_states.iter().enumerate().filter(|_| hidden_states) {
        arrays.insert(format!("hidden_states.{index}"), states.to_owned().into_dyn());
    }
    let double = T::NAME == f64::NAME;
    let outgoing = arrays.iter().map(|(name, array)| {
        let dtype = if double { Dtype::F64 } else { Dtype::F32 };
        Outgoing::new(name.as_str(), dtype, array.shape().to_vec(), move || Ok(Cow::Owned(bytes(array, double))))
    });
    Ok(write_safetensors(path, outgoing, &BTreeMap::new(), existing)?)
}

fn bytes<T: Scalar>(array: &ArrayD<T>, double: bool) -> Vec<u8> {
    if double {
        return array.iter().flat_map(|value| value.wide().to_le_bytes()).collect();
    }
    // A number of single precision is the same number after the way through double.
    let single = array.mapv(|value| <f32 as Scalar>::of(value.wide()));
    single.iter().flat_map(|value| value.to_le_bytes()).collect()
}
