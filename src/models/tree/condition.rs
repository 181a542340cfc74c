//! When a module is there: alternatives (`|`) of words (`&`), each a key that is true or a number above zero, or one of
//! those below; `!` turns a word around.

use super::sizes::Sizes;
use crate::python::is_true;
use crate::value::Value;

/// Whether a condition holds in the layer of this number. `None` if that cannot be said.
pub(super) fn holds(condition: &str, sizes: &Sizes<'_>, number: u64) -> Option<bool> {
    for words in condition.split(" | ") {
        let mut all = true;
        for word in words.split(" & ") {
            let (word, wanted) = word.strip_prefix('!').map_or((word, true), |word| (word, false));
            if is(word, sizes, number)? != wanted {
                all = false;
                break;
            }
        }
        if all {
            return Some(true);
        }
    }
    Some(false)
}

fn is(word: &str, sizes: &Sizes<'_>, number: u64) -> Option<bool> {
    let written = |key: &str| sizes.value(key).unwrap_or(Value::Null);
    match word {
        "first" => Some(number == 0),
        "later" => Some(number > 0),
        // Qwen's mixtures of experts: every `decoder_sparse_step`-th layer that is not listed.
        "sparse" | "dense" => {
            let step = sizes.size("decoder_sparse_step").filter(|step| *step > 0)?;
            let listed = written("mlp_only_layers");
            let is_listed = listed.as_list().is_some_and(|layers| {
                layers.iter().any(|layer| layer.as_i64().and_then(|layer| u64::try_from(layer).ok()) == Some(number))
            });
            let is_sparse =
                !is_listed && sizes.size("num_experts").unwrap_or(0) > 0 && number.checked_add(1)? % step == 0;
            Some(is_sparse == (word == "sparse"))
        }
        // The embeddings are of another width than the layers.
        "projected" => {
            let key = if sizes.value("embedding_size").is_some() { "embedding_size" } else { "word_embed_proj_dim" };
            Some(sizes.size(key)? != sizes.size("hidden_size")?)
        }
        "gated" => Some(written("feed_forward_proj").as_str()?.starts_with("gated")),
        "c2p" | "p2c" => match written("pos_att_type") {
            Value::Null => Some(false),
            // An older spelling: `c2p|p2c`.
            Value::String(text) => Some(text.split('|').any(|part| part.trim().eq_ignore_ascii_case(word))),
            Value::List(parts) => Some(parts.iter().any(|part| part.as_str() == Some(word))),
            _ => None,
        },
        "two_norms" => match written("num_ln_in_parallel_attn") {
            Value::Null => Some(written("new_decoder_architecture") == Value::Bool(true)),
            number => Some(number.as_i64()? == 2),
        },
        "conv_kernel_size" | "type_vocab_size" => match written(word) {
            Value::Null => Some(false),
            number => Some(number.as_i64()? > 0),
        },
        key => match key.split_once(':') {
            Some((word, rest)) => is_in_layer(word, rest, sizes, number),
            None => match written(key) {
                Value::Bool(value) => Some(value),
                Value::Null => Some(false),
                value => Some(value.as_i64()? > 0),
            },
        },
    }
}

/// Words of two parts, most of which tell layers apart.
fn is_in_layer(word: &str, key: &str, sizes: &Sizes<'_>, number: u64) -> Option<bool> {
    let written = |key: &str| sizes.value(key).unwrap_or(Value::Null);
    match word {
        "below" => Some(number < sizes.size(key)?),
        // One below zero is the last layer.
        "upto" => match written(key).as_i64()? {
            -1 => Some(true),
            last => Some(number <= u64::try_from(last).ok()?),
        },
        "last" => Some(number.checked_add(1)? == sizes.size(key)?),
        "every" => Some(number.checked_add(1)?.checked_rem(sizes.size(key)?)? == 0),
        // Every second layer where the step is two; all where it is one.
        "second" => {
            let step = sizes.size(key)?;
            Some(step == 1 || number.checked_rem(step)? == 1)
        }
        "each" => Some(number.checked_rem(sizes.size(key)?)? == 0),
        "period" => {
            let (period, offset) = key.split_once(':')?;
            Some(number.checked_rem(sizes.size(period)?)? == sizes.size(offset)?)
        }
        "differ" => {
            let (one, other) = key.split_once(':')?;
            Some(sizes.size(one)? != sizes.size(other)?)
        }
        // DeBERTa's norm of the relative positions: parts of a text, of which none is the default.
        "norm_rel_ebd" => match written(word) {
            Value::Null => Some(false),
            Value::String(text) => Some(text.split('|').any(|part| part.trim().eq_ignore_ascii_case(key))),
            _ => None,
        },
        // Llama 4's list of the layers with rotary embeddings; where it is empty, all but every fourth, or so many.
        "rope" => match written(key).as_list().filter(|layers| !layers.is_empty()) {
            Some(layers) => Some(is_true(layers.get(usize::try_from(number).ok()?)?)),
            None => {
                let interval = sizes.size(&format!("{}_interval", key.strip_suffix('s')?)).unwrap_or(4);
                Some(number.checked_add(1)?.checked_rem(interval)? != 0)
            }
        },
        "listed" => Some(written(key).as_list().is_some()),
        "in" => {
            let listed = written(key);
            let number = i64::try_from(number).ok()?;
            Some(listed.as_list()?.iter().any(|layer| layer.as_i64() == Some(number)))
        }
        "cycle" => {
            let (key, wanted) = key.split_once(':')?;
            let kinds = written(key);
            let kinds = kinds.as_list()?;
            let at = number.checked_rem(u64::try_from(kinds.len()).ok()?)?;
            Some(kinds.get(usize::try_from(at).ok()?)?.as_str()? == wanted)
        }
        // A text, or a list of what each layer is.
        _ => match written(word) {
            Value::String(text) => Some(text == key),
            Value::List(kinds) => Some(kinds.get(usize::try_from(number).ok()?)?.as_str()? == key),
            _ => None,
        },
    }
}
