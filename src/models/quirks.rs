//! What is so of a model type and shows neither in its modules nor in its config: how its classes take what PEFT hands them,
//! and what AdapterHub's releases do with it. One row a type. What concerns virtual tokens is recorded by
//! `fixtures/record/peft/takers.py`, and a test holds the rows to the recording.

/// Declares the quirks, and which of them each type has.
macro_rules! quirks {
    ($($(#[doc = $doc:literal])+ $quirk:ident)*; $($name:literal: $($own:ident)+;)*) => {
        /// Something that is so of some model types only.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Quirk {
            $($(#[doc = $doc])+ $quirk,)*
        }

        /// By name, in the order of the names.
        static TYPES: &[(&str, u64)] = &[$(($name, $((1 << Quirk::$own as u64))|+),)*];
    };
}

impl Quirk {
    /// Whether it is so of a model type.
    pub(crate) fn is_of(self, model_type: &str) -> bool {
        let row = TYPES.binary_search_by_key(&model_type, |(name, _)| name);
        row.is_ok_and(|at| TYPES[at].1 & (1 << self as u64) != 0)
    }
}

#[rustfmt::skip]
quirks! {
    // What becomes of virtual tokens in it, and of what else PEFT's classes hand on.
    /// No class takes keys and values from outside, or those that PEFT makes: its layers have a state in their place, or
    /// keys and values of two widths.
    WithoutCache
    /// The bare model knows no `output_attentions`.
    WithoutAttentions
    /// PEFT hands the classifier the second of the outputs, which is not a pooled state there but the cache.
    WithoutPooler
    /// It has encoder and decoder, and its classifier a name that PEFT does not look for; it takes no embeddings.
    TwoParts
    /// Encoder and decoder both need a prefix, and the token classifier takes none.
    BothPrefixed
    /// Of encoder and decoder, as the bare model, one does not take the prefix that both get.
    OnePrefixed
    /// It raises an `AttributeError` at the prefix of a second part. Those that can attend to another model, as GPT-2
    /// can, take it.
    OnePart
    /// It adds up the embeddings of the tokens and what it makes of the mask, so that both must be equally long.
    MaskedByLength
    /// With a prefix PEFT asks the question answerer for outputs that it does not give.
    AnswersWithoutCache
    /// Its first part looks at pictures: without a head above, PEFT seeks the embeddings of tokens in that part.
    PicturesFirst
    /// It takes sounds where PEFT puts virtual tokens before a text.
    Listens
    /// The decoder alone (`WhisperForCausalLM`), the class for `CAUSAL_LM`, does not take a prefix.
    DecoderUnprefixed
    /// The classifier and the question answerer look at the tokens to find which attend to all (`global_attention_mask`),
    /// where a prompt has put embeddings.
    LooksForTokens
    /// The question answerer (`ModernBertForQuestionAnswering`) takes no `inputs_embeds`, which is what a prompt makes of
    /// the tokens.
    AnswersTokensOnly
    /// Of labels it makes tokens for the decoder (`shift_tokens_right`), which may not stand beside the embeddings that
    /// PEFT's multitask prompts hand it.
    TokensOfLabels
    /// In the class for `CAUSAL_LM` the embeddings of tokens are not where PEFT looks (`_setup_prompt_encoder`).
    EmbeddingsHidden
    /// All heads share one key and one value, unless the config says otherwise (`multi_query`, `new_decoder_architecture`),
    /// and PEFT does not look there.
    OneKey
    /// `input_ids`, `inputs_embeds`, `decoder_input_ids`: the class for `FEATURE_EXTRACTION` does not take all that PEFT's class for it hands on.
    UnfitForFeatures
    /// The class for `SEQ_CLS` does not take all that PEFT's class for it hands on.
    UnfitForTexts
    /// The class for `TOKEN_CLS` does not take all that PEFT's class for it hands on.
    UnfitForTokens
    /// The class for `CAUSAL_LM` does not take all that PEFT's class for it hands on.
    UnfitForCausal
    /// The class for `SEQ_2_SEQ_LM` does not take all that PEFT's class for it hands on.
    UnfitForSequences
    /// Its keys are as wide as the model, or as `d_kv` says.
    AsWide
    /// `d_kv` says how wide a head is.
    KeysOfOwnWidth
    /// It goes on without a prefix in the layers that the prefix does not reach.
    FewerLayers
    /// PEFT makes a cache of all layers first, and fills what it has a prefix for: it has no more layers than the model.
    FullCache
    // How it is built.
    /// It has `layer_types`, and a cache that is not made by them.
    OwnCache
    /// Its config has `layer_types` though no file says so.
    KindsOfLayers
    /// The linear layers of its blocks are of a class of their own, which stands on torch's.
    OwnLinear
    /// PEFT refuses LoRA some modules of its blocks (`_check_lora_target_modules_mamba`).
    Mamba
    /// Its routers are linear layers that give two tensors, which no method can add to.
    DoubleRouters
    /// Its modules have buffers, which are saved with the copy of a block.
    Buffered
    /// It keeps turns for so many positions, and looks them up.
    TurnedPositions
    /// The first two rows of its embeddings of positions are for no token.
    TwoBeforePositions
    /// The rows of its embeddings of positions up to that of the padding are for no token.
    PaddingBeforePositions
    /// The layers of its blocks store their weight transposed (`Conv1D` in transformers).
    TransposedLayers
    /// The feed-forward blocks have a gate, unless the config says otherwise (`feed_forward_proj`).
    Gated
    /// What predicts the words has weights of its own, unless the config says otherwise (`tie_word_embeddings`).
    Untied
    // What AdapterHub's releases do with it, or what an adapter meets that goes from one library to the other.
    /// Its attention takes keys and values from before the input, through which PEFT gives it prefixes, and counts the
    /// positions of the input from behind these.
    CountsPast
    /// Its input is no text, or not text alone: a bare one takes but one of `input_ids` and `inputs_embeds`, both of which
    /// PEFT's class for `FEATURE_EXTRACTION` hands on.
    WithoutText
    /// No class of transformers has the base model as an attribute, so that no name begins with one.
    WithoutAttribute
    /// It has adapters of its own, for languages. AdapterHub takes them out (`XmodModelAdaptersMixin.init_adapters`), PEFT
    /// leaves them in.
    OwnAdapters
    /// It is made of two models, each with a config and layers of its own (`EncoderDecoderModel`). AdapterHub does not wrap
    /// it, and counts the layers of both from 0.
    TwoModels
    /// The embeddings may be narrower than the states (`embedding_size` of the config), and so is the end of a head for
    /// words.
    NarrowEmbeddings
    /// It sees a picture as square patches (`patch_size` of `image_size`), and one position for the whole.
    SeesPatches
    /// It has layers for texts, and behind these, as AdapterHub counts (`CLIPModelAdaptersMixin.iter_layers`), layers for
    /// pictures.
    PicturesBehind
    /// adapter-transformers up to 3.0.1 gave its adapters the block's output and its residual in each other's place.
    ResidualSwapped
    /// adapter-transformers applied invertible adapters before the embeddings of positions, adapters does behind.
    InvertedBeforePositions
    /// The layers of a stack share the scores of positions, as wide as the keys of the first: some releases cannot run a
    /// prefix in some layers only.
    SharedPositions
    /// adapters 0.x computed something else of prefixes in its decoder than all other releases do.
    StrayPrefixes
    /// adapters up to 1.0.1 made prefixes as wide as all heads, where keys and values may have fewer.
    WidePrefixes
    /// The attention of its texts added 1 to the score of each prefix, before adapters 1.0.
    RaisedPrefixes
;
    "albert": WithoutCache NarrowEmbeddings;
    "apertus": OnePart Buffered;
    "arcee": OnePart;
    "aria_text": OnePart;
    "aya_vision": PicturesFirst;
    "bamba": WithoutCache;
    "bart": TwoParts AnswersWithoutCache AsWide TwoBeforePositions StrayPrefixes;
    "beit": UnfitForFeatures UnfitForTexts WithoutText SeesPatches;
    "bert": AsWide CountsPast;
    "bert-generation": MaskedByLength CountsPast;
    "big_bird": WithoutPooler OnePart MaskedByLength AnswersWithoutCache AsWide;
    "bigbird_pegasus": TwoParts OnePrefixed MaskedByLength AnswersWithoutCache;
    "biogpt": MaskedByLength AsWide;
    "bitnet": OnePart;
    "blenderbot": AsWide FewerLayers;
    "blenderbot-small": AsWide FewerLayers;
    "blip": WithoutCache PicturesFirst UnfitForFeatures UnfitForCausal;
    "bloom": OnePart MaskedByLength AsWide;
    "camembert": WithoutPooler PaddingBeforePositions;
    "clip": UnfitForFeatures UnfitForTexts WithoutText WithoutAttribute PicturesBehind RaisedPrefixes;
    "clip_text_model": RaisedPrefixes;
    "clip_vision_model": UnfitForFeatures;
    "clvp": TransposedLayers;
    "codegen": OnePart MaskedByLength AsWide TurnedPositions;
    "cohere": OnePart;
    "cohere2": OnePart;
    "convbert": WithoutCache;
    "convnext": UnfitForFeatures UnfitForTexts;
    "convnextv2": UnfitForFeatures UnfitForTexts;
    "ctrl": OnePart MaskedByLength AsWide;
    "data2vec-audio": UnfitForFeatures UnfitForTexts UnfitForTokens;
    "data2vec-text": WithoutPooler MaskedByLength AsWide;
    "data2vec-vision": UnfitForFeatures UnfitForTexts;
    "deberta": WithoutCache MaskedByLength;
    "deberta-v2": WithoutCache MaskedByLength;
    "decision_transformer": TransposedLayers;
    "deepseek_v2": WithoutCache OnePart MaskedByLength;
    "deepseek_v3": WithoutCache OnePart MaskedByLength Buffered;
    "diffllama": OnePart;
    "distilbert": WithoutCache;
    "doge": OnePart;
    "donut-swin": UnfitForFeatures UnfitForTexts;
    "dots1": OnePart Buffered;
    "electra": WithoutPooler MaskedByLength CountsPast NarrowEmbeddings;
    "encoder-decoder": TwoModels;
    "ernie": MaskedByLength AsWide;
    "ernie4_5": OnePart;
    "ernie4_5_moe": OnePart;
    "esm": WithoutCache MaskedByLength;
    "exaone4": OnePart;
    "falcon": OnePart OneKey OwnLinear;
    "falcon_h1": WithoutCache Mamba;
    "falcon_mamba": WithoutCache WithoutAttentions Mamba;
    "flex_olmo": OnePart;
    "gemma": OnePart;
    "gemma2": OnePart FewerLayers FullCache KindsOfLayers;
    "gemma3": PicturesFirst;
    "gemma3_text": OnePart FewerLayers FullCache;
    "gemma3n_text": OnePart;
    "git": OnePart MaskedByLength;
    "glm": OnePart;
    "glm4": OnePart;
    "glm4_moe": OnePart Buffered;
    "gpt2": AsWide TransposedLayers CountsPast InvertedBeforePositions;
    "gpt_neo": OnePart MaskedByLength AsWide;
    "gpt_neox": OnePart AsWide;
    "gpt_neox_japanese": OnePart MaskedByLength;
    "gpt_oss": OnePart;
    "gptj": OnePart MaskedByLength AsWide TurnedPositions Untied CountsPast;
    "granite": OnePart;
    "granitemoe": OnePart;
    "granitemoehybrid": WithoutCache OwnCache;
    "granitemoeshared": OnePart;
    "helium": OnePart;
    "hiera": UnfitForFeatures UnfitForTexts;
    "hubert": UnfitForFeatures UnfitForTexts;
    "hunyuan_v1_dense": OnePart;
    "hunyuan_v1_moe": OnePart;
    "ibert": Buffered;
    "idefics2": PicturesFirst;
    "idefics3": PicturesFirst;
    "imagegpt": TransposedLayers;
    "internvl": PicturesFirst;
    "jamba": WithoutCache;
    "jetmoe": WithoutCache;
    "layoutlm": WithoutCache MaskedByLength;
    "led": TwoParts OnePrefixed MaskedByLength AnswersWithoutCache AsWide;
    "lfm2": WithoutCache OwnCache;
    "lfm2_vl": PicturesFirst;
    "llama": OnePart Untied CountsPast WidePrefixes;
    "llama4": PicturesFirst DoubleRouters;
    "llama4_text": OnePart DoubleRouters;
    "llava": PicturesFirst;
    "llava_next": PicturesFirst;
    "llava_onevision": PicturesFirst;
    "longformer": WithoutCache MaskedByLength LooksForTokens;
    "longt5": OnePrefixed MaskedByLength AsWide KeysOfOwnWidth;
    "luke": WithoutCache MaskedByLength;
    "m2m_100": TokensOfLabels AsWide;
    "mamba": WithoutCache WithoutAttentions Mamba;
    "mamba2": WithoutCache MaskedByLength Mamba;
    "marian": AsWide FewerLayers;
    "mbart": TwoParts AnswersWithoutCache AsWide TwoBeforePositions;
    "megatron-bert": MaskedByLength AsWide;
    "minimax": WithoutCache MaskedByLength OwnCache Buffered;
    "ministral": OnePart;
    "mistral": OnePart Untied CountsPast WidePrefixes;
    "mistral3": PicturesFirst;
    "mixtral": OnePart;
    "mllama": PicturesFirst EmbeddingsHidden;
    "mobilebert": WithoutCache;
    "modernbert": WithoutCache MaskedByLength AnswersTokensOnly;
    "modernbert-decoder": OnePart;
    "mpnet": WithoutCache MaskedByLength;
    "mt5": TwoParts BothPrefixed MaskedByLength AsWide KeysOfOwnWidth Gated WithoutAttribute ResidualSwapped SharedPositions;
    "mvp": TwoParts OnePrefixed MaskedByLength AnswersWithoutCache AsWide;
    "nemotron": OnePart;
    "nemotron_h": Mamba;
    "nystromformer": WithoutCache MaskedByLength;
    "olmo": OnePart;
    "olmo2": OnePart;
    "olmo3": OnePart;
    "olmoe": OnePart;
    "openai-gpt": WithoutCache MaskedByLength TransposedLayers;
    "opt": OnePart MaskedByLength AsWide TwoBeforePositions;
    "paligemma": PicturesFirst;
    "patchtst": UnfitForFeatures UnfitForTexts;
    "pegasus": AsWide;
    "pegasus_x": OnePrefixed MaskedByLength AsWide;
    "persimmon": OnePart AsWide;
    "phi": OnePart;
    "phi3": OnePart;
    "phimoe": OnePart MaskedByLength;
    "plbart": TwoParts AsWide FewerLayers;
    "qwen2": OnePart KindsOfLayers;
    "qwen2_audio": UnfitForSequences;
    "qwen2_moe": OnePart;
    "qwen3": OnePart KindsOfLayers;
    "qwen3_moe": OnePart;
    "qwen3_next": WithoutCache;
    "qwen3_vl": WithoutCache PicturesFirst;
    "qwen3_vl_moe": WithoutCache PicturesFirst;
    "recurrent_gemma": WithoutCache WithoutAttentions FewerLayers;
    "rembert": AsWide;
    "resnet": UnfitForFeatures UnfitForTexts;
    "roberta": WithoutPooler AsWide PaddingBeforePositions CountsPast;
    "roberta-prelayernorm": WithoutPooler MaskedByLength AsWide;
    "roformer": WithoutPooler AsWide;
    "seed_oss": OnePart;
    "segformer": UnfitForFeatures UnfitForTexts;
    "siglip": UnfitForFeatures UnfitForTexts;
    "siglip_vision_model": UnfitForFeatures;
    "smollm3": OnePart;
    "smolvlm": PicturesFirst;
    "speech_to_text": Listens UnfitForFeatures;
    "splinter": WithoutCache MaskedByLength;
    "squeezebert": WithoutCache MaskedByLength;
    "stablelm": OnePart;
    "starcoder2": OnePart;
    "swin": UnfitForFeatures UnfitForTexts;
    "swinv2": UnfitForFeatures UnfitForTexts;
    "t5": TwoParts BothPrefixed MaskedByLength AsWide KeysOfOwnWidth WithoutAttribute ResidualSwapped SharedPositions;
    "timesformer": UnfitForFeatures UnfitForTexts;
    "umt5": TwoParts BothPrefixed MaskedByLength AnswersWithoutCache AsWide KeysOfOwnWidth;
    "unispeech": UnfitForFeatures UnfitForTexts;
    "unispeech-sat": UnfitForFeatures UnfitForTexts UnfitForTokens;
    "vaultgemma": OnePart;
    "vipllava": PicturesFirst;
    "vit": WithoutText SeesPatches;
    "wav2vec2": UnfitForFeatures UnfitForTexts UnfitForTokens;
    "wav2vec2-bert": UnfitForFeatures UnfitForTexts UnfitForTokens;
    "wav2vec2-conformer": UnfitForFeatures UnfitForTexts UnfitForTokens Buffered;
    "wavlm": UnfitForFeatures UnfitForTexts UnfitForTokens;
    "whisper": Listens DecoderUnprefixed UnfitForFeatures UnfitForTexts WithoutText;
    "xlm-roberta": WithoutPooler PaddingBeforePositions CountsPast;
    "xlm-roberta-xl": WithoutPooler AsWide;
    "xlnet": WithoutCache MaskedByLength;
    "xmod": CountsPast OwnAdapters;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_one_row_and_is_found() {
        assert!(TYPES.is_sorted_by(|(name, _), (next, _)| name < next));
        assert!(
            Quirk::BothPrefixed.is_of("t5") && !Quirk::BothPrefixed.is_of("bart") && !Quirk::OnePart.is_of("no-such")
        );
    }
}
