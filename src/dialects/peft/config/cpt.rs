//! CPT.

use super::key::Type::{Choice, Nullable};
use super::key::{INTS, NUMBER, TEXT};
use super::method::method;

method! {
    /// Context-aware prompt tuning: the embeddings of given tokens are put before the input, and moved a little by
    /// training. Only for `CAUSAL_LM`.
    METHOD, Cpt, "peft-cpt", "CPT", "CPTConfig",
    "Blau et al., 2024, arXiv:2410.17222",
    r#"{"peft_type": "CPT", "task_type": "CAUSAL_LM", "cpt_token_ids": [3, 4, 5], "cpt_mask": [1, 1, 1], "cpt_tokens_type_mask": [1, 2, 3]}"#,
    [],
    {
        /// 1 for each token that counts, 0 for others. As long as `cpt_token_ids`.
        cpt_mask = null, Nullable(&INTS);
        /// The tokens before the input; their number is the number of virtual tokens. They must be given.
        cpt_token_ids = null, Nullable(&INTS);
        /// What each token is part of: 1 the format of the input, 2 the input, 3 the format of the answer, 4 the
        /// answer, and on by fours. As long as `cpt_token_ids`.
        cpt_tokens_type_mask = null, Nullable(&INTS);
        /// The factor by which the loss of earlier examples falls, if `opt_weighted_loss_type` is `decay`.
        opt_loss_decay_factor = 1.0, Nullable(&NUMBER);
        /// How far the embedding of a token of the input may move, times √(width / 2048). Tokens of the answer do not
        /// move.
        opt_projection_epsilon = 0.1, Nullable(&NUMBER);
        /// How far the embedding of a token of the format may move, times √(width / 2048).
        opt_projection_format_epsilon = 0.1, Nullable(&NUMBER);
        /// How the loss weights the examples in the prompt.
        opt_weighted_loss_type = "none", Nullable(&Choice(&[("none", "All examples count alike."), ("decay", "Earlier examples count less.")]));
        /// The tokenizer of the tokens. Nothing reads it.
        tokenizer_name_or_path = null, Nullable(&TEXT);
    }
}
