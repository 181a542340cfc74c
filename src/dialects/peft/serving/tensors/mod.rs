//! What vLLM makes of the tensors of an adapter of PEFT, by their names.

use super::Vllm;
use crate::findings::{Report, rule_table};
use crate::tensors::TensorFile;

/// Tensors to be judged for a release of vLLM.
pub(crate) struct Tensors<'a> {
    file: &'a TensorFile,
    release: Vllm,
}

/// Judges the tensors of a file for a release of vLLM.
pub(crate) fn check(file: &TensorFile, release: Vllm, report: &mut Report) {
    check_all(&Tensors { file, release }, report);
}

rule_table! { &Tensors<'_>;
    AL874 tensors_refused_by_vllm TensorsRefusedByVllm,
}
