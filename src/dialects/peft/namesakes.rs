/// The modules of a model type whose name ends like that of a linear layer that AdapterHub adapts
/// ([`Sites`](crate::dialects::adapterhub::sites::Sites)), in any class of transformers 4.57.6
/// (`fixtures/peft/namesakes.json`). What stands before the layer, and the layer, is left out.
#[must_use]
pub fn namesakes(model_type: &str) -> &'static [&'static str] {
    match model_type {
        "bert" | "bert-generation" | "electra" | "roberta" | "xlm-roberta" | "xmod" | "deberta" | "deberta-v2"
        | "beit" | "vit" => &[
            "attention.output.dense",
            "crossattention.output.dense",
            "pooler.dense",
            "classifier.dense",
            "lm_head.dense",
            "cls.predictions.transform.dense",
            "discriminator_predictions.dense",
            "generator_predictions.dense",
        ],
        "gpt2" => &["attn.c_proj", "crossattention.c_attn", "crossattention.c_proj"],
        "modernbert" => &["attn.Wo"],
        _ => &[],
    }
}
