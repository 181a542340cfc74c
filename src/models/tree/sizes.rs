//! The sizes of a config, with what its class makes of those that are not there, and formulas of them.

use super::table::Section;
use crate::document::json;
use crate::value::{Map, Value};

/// No name of a key leads to more others than this.
const MAX_STEPS: usize = 4;

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
        let (_, text) = self.section.defaults.iter().find(|(known, _)| *known == key)?;
        json::parse(text).0.map(|node| node.to_value())
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
            None | Some(Value::Null) if steps > 0 => {
                let (before, last) = key.rsplit_once('.').map_or(("", key), |(before, last)| (before, last));
                let other = |name: &str| {
                    let key = if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") };
                    self.size_within(&key, steps - 1)
                };
                match last {
                    "num_key_value_heads" | "num_kv_heads" => other("num_attention_heads"),
                    "head_dim" => other("hidden_size")?.checked_div(other("num_attention_heads")?),
                    "n_inner" => other("n_embd")?.checked_mul(4),
                    "ffn_hidden_size" => other("hidden_size")?.checked_mul(4),
                    "intermediate_size" => other("hidden_size")?.checked_mul(4),
                    "num_decoder_layers" => other("num_layers"),
                    "word_embed_proj_dim" => other("hidden_size"),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The value of a formula: sums of products and quotients, from left to right.
    pub(super) fn formula(&self, text: &str) -> Option<u64> {
        text.split('+').try_fold(0u64, |sum, term| {
            let (term, less) = term.strip_suffix("-1").map_or((term, 0), |term| (term, 1));
            sum.checked_add(self.term(term)?.checked_sub(less)?)
        })
    }

    fn term(&self, text: &str) -> Option<u64> {
        let (mut value, mut rest) = (None, text);
        let mut operator = '*';
        loop {
            let end = rest.find(['*', '/']).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            let factor = word.parse().ok().or_else(|| self.size(word))?;
            value = match (value, operator) {
                (None, _) => Some(factor),
                (Some(value), '/') => Some(u64::checked_div(value, factor)?),
                (Some(value), _) => Some(u64::checked_mul(value, factor)?),
            };
            let Some(next) = tail.chars().next() else { return value };
            operator = next;
            rest = tail.get(1..)?;
        }
    }
}
