use crate::models::{Model, Quirk};

/// What stands between a linear layer and the one whose outputs it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    /// A product with a gate: factors pass through it.
    Gate,
    /// ReLU: factors that are not negative pass through it.
    Relu,
}

/// The linear layer whose outputs, times factors, are the inputs of this one times the same factors.
///
/// # Errors
/// Why there is none.
pub(super) fn feeding(
    model_type: &str,
    module: &str,
    model: Option<&Model>,
) -> Result<(String, Between), &'static str> {
    // By type, as paths of modules are: the feed-forward blocks whose down-projection reads a product or a ReLU.
    let replaced = |end: &str, by: &str| module.strip_suffix(end).map(|before| format!("{before}{by}"));
    match model_type {
        "llama" | "mistral" | "qwen2" | "qwen3" | "gemma2" | "gemma3_text" => {
            let up = replaced("mlp.down_proj", "mlp.up_proj").map(|up| (up, Between::Gate));
            up.ok_or("the factors come before a layer whose inputs do not come from one other layer alone")
        }
        "t5" | "mt5" if module.ends_with("DenseReluDense.wo") => {
            let is_gated = match model.and_then(|model| model.stacks.first()) {
                Some(stack) => stack.gated,
                None if Quirk::Gated.is_of(model_type) => true,
                None => {
                    return Err("it is not known whether the feed-forward block has a gate; name the base model");
                }
            };
            let (by, between) = if is_gated { ("wi_1", Between::Gate) } else { ("wi", Between::Relu) };
            replaced("wo", by).map(|path| (path, between)).ok_or("its name does not end as expected")
        }
        _ => Err(
            "the factors come before the layer, after an activation across which they cannot be moved; adapters has \
                  factors after layers only",
        ),
    }
}
