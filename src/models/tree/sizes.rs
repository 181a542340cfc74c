//! The sizes of a config, with what its class makes of those that are not there, and formulas of them.

use super::table::Section;
use crate::document::json;
use crate::value::{Map, Value};

/// No name of a key leads to more others than this.
const MAX_STEPS: usize = 4;

/// Lists of which the length is a size.
const COUNTED: [&str; 3] = ["deepstack_visual_indexes", "supported_aspect_ratios", "intermediate_layers_indices"];

/// The sizes of one config.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes<'c> {
    config: &'c Map,
    section: &'c Section,
}

impl<'c> Sizes<'c> {
    pub(super) fn new(section: &'c Section, config: &'c Map) -> Self {
        Self { config, section }
    }

    /// What the model takes for a key: what the config says under this or another name, else the default.
    pub(super) fn value(&self, key: &str) -> Option<Value> {
        if let Some(value) = self.written(key) {
            return Some(value.clone());
        }
        let default = || self.section.defaults.iter().find(|(known, _)| *known == key).map(|(_, text)| *text);
        json::parse(self.within(key).or_else(default)?).0.map(|node| node.to_value())
    }

    /// What the class of a written part takes for a key that is not in it.
    fn within(&self, key: &str) -> Option<&'static str> {
        let (part, _) = key.split_once('.')?;
        let mut of_key = self.section.within.iter().filter(|(_, known, _)| *known == key).peekable();
        of_key.peek()?;
        let written = self.config.get(part).and_then(Value::as_map);
        if written.is_none() && !self.section.flat.contains(&part) {
            return None;
        }
        let kind = self.value(&format!("{part}.model_type"));
        let kind = kind.as_ref().and_then(Value::as_str);
        of_key.find(|(of, ..)| *of == "_" || kind == Some(of)).map(|(_, _, text)| *text)
    }

    fn written(&self, key: &str) -> Option<&Value> {
        let at = |path: &str| {
            let mut parts = path.split('.');
            let first = self.config.get(parts.next()?)?;
            parts.try_fold(first, |value, part| match value {
                Value::List(items) => items.get(part.parse::<usize>().ok()?),
                value => value.as_map()?.get(part),
            })
        };
        let is_flat = |part: &str| self.config.get(part).is_none_or(|value| *value == Value::Null);
        let in_part = |part: &&str| key.strip_prefix(*part)?.strip_prefix('.').filter(|_| is_flat(part));
        if let Some(value) = self.section.flat.iter().find_map(in_part).and_then(at) {
            return Some(value);
        }
        let others = self.section.aliases.iter().filter(|(_, meant)| *meant == key);
        at(key).or_else(|| others.filter_map(|(alias, _)| at(alias)).next())
    }

    /// The number under a key, or what the class computes where there is none.
    pub(super) fn size(&self, key: &str) -> Option<u64> {
        self.size_within(key, MAX_STEPS)
    }

    fn size_within(&self, key: &str, steps: usize) -> Option<u64> {
        match self.value(key) {
            Some(Value::Int(int)) => u64::try_from(int.as_i64()?).ok(),
            // A ratio such as `4.0`.
            Some(Value::Float(ratio)) => {
                format!("{ratio:.0}").parse().ok().filter(|whole: &u32| f64::from(*whole) == ratio).map(u64::from)
            }
            Some(Value::List(items)) if COUNTED.contains(&key.rsplit('.').next()?) => u64::try_from(items.len()).ok(),
            Some(Value::String(text)) if text == "auto" && steps > 0 => {
                let before = key.rsplit_once('.').map_or("", |(before, _)| before);
                // The rank of Mamba's steps in time.
                Some(self.beside(before, "hidden_size", steps - 1)?.div_ceil(16))
            }
            None | Some(Value::Null) if steps > 0 => {
                let (before, last) = key.rsplit_once('.').map_or(("", key), |(before, last)| (before, last));
                let other = |name: &str| self.beside(before, name, steps - 1);
                match last {
                    "adjusted_ff_dim" => self.adjusted_width(before),
                    "num_key_value_heads" | "num_kv_heads" => other("num_attention_heads"),
                    "encoder_num_key_value_heads" => other("encoder_num_attention_heads"),
                    "decoder_num_key_value_heads" => other("decoder_num_attention_heads"),
                    "head_dim" => other("hidden_size")?.checked_div(other("num_attention_heads")?),
                    "n_inner" => other("n_embd")?.checked_mul(4),
                    "ffn_hidden_size" => other("hidden_size")?.checked_mul(4),
                    "intermediate_size" => other("hidden_size")?.checked_mul(4),
                    "num_decoder_layers" => other("num_layers"),
                    "word_embed_proj_dim" | "attention_hidden_size" | "projection_size" => other("hidden_size"),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn beside(&self, before: &str, name: &str, steps: usize) -> Option<u64> {
        self.size_within(&beside(before, name), steps)
    }

    /// The width that LFM2 makes of `intermediate_size`: two thirds of it, up to a multiple.
    fn adjusted_width(&self, before: &str) -> Option<u64> {
        let width = self.size(&beside(before, "intermediate_size"))?.checked_mul(2)? / 3;
        match self.value(&beside(before, "block_ffn_dim_multiplier"))? {
            Value::Null => Some(width),
            multiplier if multiplier == Value::Float(1.0) || multiplier.as_i64() == Some(1) => {
                width.checked_next_multiple_of(self.size(&beside(before, "block_multiple_of"))?)
            }
            _ => None,
        }
    }

    /// The value of a formula: sums of products of quotients.
    pub(super) fn formula(&self, text: &str) -> Option<u64> {
        text.split('+').try_fold(0u64, |sum, term| {
            let (term, less) = term.strip_suffix("-1").map_or((term, 0), |term| (term, 1));
            sum.checked_add(self.term(term)?.checked_sub(less)?)
        })
    }

    fn term(&self, text: &str) -> Option<u64> {
        text.split('*').try_fold(1u64, |product, factor| {
            let mut words = factor.split('/').map(|word| word.parse().ok().or_else(|| self.size(word)));
            let first = words.next()??;
            product.checked_mul(words.try_fold(first, |value, by| value.checked_div(by?))?)
        })
    }
}

/// The key of this name in the same part of the config.
fn beside(before: &str, name: &str) -> String {
    if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") }
}
