//! What PEFT takes for `target_modules` and `feedforward_modules` where a config has none, by the type of the model: the
//! `TRANSFORMERS_MODELS_TO_*_MAPPING` of its tuners, recorded by `fixtures/record/peft/expected.py`.

use super::targets::Written;

const TABLE: &str = include_str!("defaults.txt");

/// `target_modules` of a method (`peft_type`) on a model of this type. `None` if PEFT has none and refuses.
#[must_use]
pub fn target_modules(method: &str, model_type: &str) -> Option<Written> {
    find(method, model_type).map(|names| {
        // A text is a pattern; none of the names that the table lists needs a character of one.
        if names.contains(['*', '(', '\\']) {
            Written::Text(names.to_owned())
        } else {
            Written::List(names.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect())
        }
    })
}

/// `feedforward_modules` of (IA)³ on a model of this type.
#[must_use]
pub fn feedforward_modules(model_type: &str) -> Option<Written> {
    let names = find("feedforward", model_type)?;
    Some(Written::List(names.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
}

fn find(method: &str, model_type: &str) -> Option<&'static str> {
    TABLE.lines().find_map(|line| {
        let rest = line.strip_prefix(method)?.strip_prefix(' ')?.strip_prefix(model_type)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
    })
}
