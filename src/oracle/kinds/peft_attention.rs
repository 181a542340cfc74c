use ndarray::{Array3, Array4, Axis, s};

use super::Run;
use super::peft_layer::{is_usable, parameters};
use crate::dialects::peft::PeftType;
use crate::dialects::peft::updates::Settings;
use crate::methods::adaption_prompt::{AdaptionPrompt, Attention, Rotation};
use crate::methods::linear::Linear;
use crate::methods::parameters::Parameters;
use crate::methods::{MethodError, Scalar};
use crate::oracle::{AttentionKind, OracleError, Outputs, PeftAttentionSettings};

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &PeftAttentionSettings) -> Result<Outputs<T>, OracleError> {
    let (_, config) = run.only_peft()?;
    let config = Settings::new(&config);
    is_usable(config)?;
    if config.peft_type() != Some(PeftType::AdaptionPrompt) {
        return Err(OracleError::case(format!("{} puts nothing into an attention", config.method_name())));
    }
    let tensors = parameters::<T>(run, "adapter/a/")?;
    let prompt = tensors.take::<ndarray::Ix3>("adaption_prompt")?;
    let gate = tensors.take::<ndarray::Ix1>("adaption_gate")?;
    let length = config.size("adapter_len");
    let (1, [gate]) = (prompt.dim().0, gate.as_slice().unwrap_or_default()) else {
        return Err(OracleError::case("a layer has one prompt and one gate"));
    };
    if prompt.dim().1 != length {
        let expected = vec![1, length, prompt.dim().2];
        let found = prompt.shape().to_vec();
        return Err(MethodError::Shape { role: "adaption_prompt".to_owned(), expected, found }.into());
    }
    let is_gpt2 = settings.model == AttentionKind::Gpt2;
    let base = parameters::<T>(run, "base/")?;
    let attention = if is_gpt2 { joined(&base, settings.heads)? } else { apart(&base, settings.heads)? };
    let own = AdaptionPrompt { prompt: prompt.index_axis_move(Axis(0), 0), gate: *gate, is_projected: !is_gpt2 };
    let rotation = match is_gpt2 {
        true => None,
        false => Some(Rotation { cos: run.array("input/cos")?, sin: run.array("input/sin")? }),
    };
    let x: Array3<T> = run.array("input/hidden_states")?;
    let mask: Option<Array4<T>> = run.optional("input/attention_mask")?;
    let y = own.forward(&attention, &x, rotation.as_ref(), mask.as_ref())?;
    Ok(Outputs::from([("y".to_owned(), y.into_dyn())]))
}

fn apart<T: Scalar>(base: &Parameters<T>, heads: usize) -> Result<Attention<T>, MethodError> {
    let map = |name: &str| Linear::take(base, name);
    let (query, key) = (map("q_proj")?, map("k_proj")?);
    Ok(Attention { query, key, value: map("v_proj")?, output: map("o_proj")?, heads })
}

/// GPT-2's weights, which are stored turned, the first three of them side by side.
fn joined<T: Scalar>(base: &Parameters<T>, heads: usize) -> Result<Attention<T>, MethodError> {
    let (all, output) = (Linear::take(base, "c_attn")?, Linear::take(base, "c_proj")?);
    let outputs = all.weight.ncols();
    if !outputs.is_multiple_of(3) || all.bias.as_ref().is_some_and(|bias| bias.len() != outputs) {
        return Err(MethodError::Input {
            detail: format!("`c_attn` has {outputs} outputs, or a bias of another length"),
        });
    }
    let width = outputs / 3;
    let part = |at: usize| Linear {
        weight: all.weight.slice(s![.., at * width..(at + 1) * width]).reversed_axes().to_owned(),
        bias: all.bias.as_ref().map(|bias| bias.slice(s![at * width..(at + 1) * width]).to_owned()),
    };
    let output = Linear { weight: output.weight.reversed_axes(), bias: output.bias };
    Ok(Attention { query: part(0), key: part(1), value: part(2), output, heads })
}
