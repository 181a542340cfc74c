//! Names that parameters of models of text and images had before transformers 4.52, and have in files to this day:
//! transformers 4.57.6 reads and writes these models under them (`_checkpoint_conversion_mapping` of their classes), and
//! PEFT 0.21.2 renames the tensors of adapters in the same way when it loads them.

use std::borrow::Cow;

/// Model types whose text model was whole, with an output layer of its own, and whose other parts were beside it.
const WHOLE_TEXT_MODEL: [&str; 15] = [
    "aria",
    "aya_vision",
    "fuyu",
    "gemma3",
    "got_ocr2",
    "internvl",
    "llava",
    "llava_next",
    "llava_next_video",
    "llava_onevision",
    "mistral3",
    "mllama",
    "paligemma",
    "video_llava",
    "vipllava",
];

/// What was beside the text model, and is within `model` today.
const OTHER_PARTS: [&str; 7] = [
    "vision_tower",
    "vision_model",
    "vision_embed_tokens",
    "image_tower",
    "video_tower",
    "multi_modal_projector",
    "image_newline",
];

/// Model types that were text models with a part for images.
const TEXT_MODEL: [&str; 2] = ["qwen2_vl", "qwen2_5_vl"];

/// The names under which files may have the parameter that is called so today, beside this one.
pub(crate) fn in_files(model_type: &str, name: &str) -> impl Iterator<Item = String> {
    let moved = |from: &str, to: &str| name.strip_prefix(from).map(|rest| format!("{to}{rest}"));
    let names = if WHOLE_TEXT_MODEL.contains(&model_type) {
        let is_whole = name.starts_with("language_model.model.");
        let text = moved("model.language_model.", "language_model.model.");
        let bare = moved("language_model.", "language_model.model.").filter(|_| !is_whole);
        [text.or(bare), moved("lm_head.", "language_model.lm_head."), moved("model.", "")]
    } else if TEXT_MODEL.contains(&model_type) {
        let text = moved("model.language_model.", "model.").or_else(|| moved("language_model.", "model."));
        [text, moved("model.visual.", "visual."), None]
    } else if model_type == "gemma3n_text" {
        [moved("model.", "model.language_model."), None, None]
    } else {
        [None, None, None]
    };
    names.into_iter().flatten()
}

/// What a parameter is called today in a model of this class.
pub(crate) fn today<'n>(model_type: &str, class: &str, name: &'n str) -> Cow<'n, str> {
    let is_bare = class.ends_with("Model");
    let moved = |from: &str, to: &str| name.strip_prefix(from).map(|rest| format!("{to}{rest}"));
    let is_part = |part: &&str| name.strip_prefix(*part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let new = match (WHOLE_TEXT_MODEL.contains(&model_type), TEXT_MODEL.contains(&model_type)) {
        (true, _) if is_bare => moved("language_model.model.", "language_model."),
        (true, _) => moved("language_model.model.", "model.language_model.")
            .or_else(|| moved("language_model.lm_head.", "lm_head."))
            .or_else(|| OTHER_PARTS.iter().find(|part| is_part(part)).map(|_| format!("model.{name}"))),
        (_, true) if is_bare => moved("model.", "language_model."),
        (_, true) if name.starts_with("model.language_model.") || name.starts_with("model.visual.") => None,
        (_, true) => moved("model.", "model.language_model.").or_else(|| moved("visual.", "model.visual.")),
        _ if model_type == "gemma3n_text" && !is_bare => moved("model.language_model.", "model."),
        _ => None,
    };
    new.map_or(Cow::Borrowed(name), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::{in_files, today};

    #[test]
    fn a_name_comes_back() {
        let rows = [
            (
                "llava",
                "LlavaForConditionalGeneration",
                "model.language_model.layers.0.a",
                "language_model.model.layers.0.a",
            ),
            ("llava", "LlavaForConditionalGeneration", "lm_head.weight", "language_model.lm_head.weight"),
            ("llava_next", "LlavaNextForConditionalGeneration", "model.image_newline", "image_newline"),
            ("gemma3", "Gemma3Model", "language_model.layers.0.a", "language_model.model.layers.0.a"),
            ("mllama", "MllamaForConditionalGeneration", "model.vision_model.a", "vision_model.a"),
            ("qwen2_vl", "Qwen2VLForConditionalGeneration", "model.language_model.layers.0.a", "model.layers.0.a"),
            ("qwen2_5_vl", "Qwen2_5_VLForConditionalGeneration", "model.visual.blocks.0.a", "visual.blocks.0.a"),
            ("qwen2_vl", "Qwen2VLModel", "language_model.norm.weight", "model.norm.weight"),
            ("gemma3n_text", "Gemma3nForCausalLM", "model.layers.0.a", "model.language_model.layers.0.a"),
        ];
        for (model_type, class, name, former) in rows {
            assert!(in_files(model_type, name).any(|found| found == former), "{name}");
            assert_eq!(today(model_type, class, former), name);
            assert_eq!(today(model_type, class, name), name);
        }
        assert_eq!(in_files("llama", "model.layers.0.a").next(), None);
        assert_eq!(today("llama", "LlamaForCausalLM", "visual.a"), "visual.a");
    }
}
