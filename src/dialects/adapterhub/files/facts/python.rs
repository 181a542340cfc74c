//! Python's conversions, as far as the library relies on them.

use crate::dialects::adapterhub::config::Activation;

use crate::document::{Node, Span};
use crate::value::{Int, Value};

/// What `int(value)` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum ToInt {
    /// It gives the number that is written.
    Exact,
    /// It drops a fraction.
    Truncates,
    /// It raises.
    Fails,
}

/// What Python's `int()` makes of a value.
pub(in super::super) fn to_int(value: &Value) -> ToInt {
    match value {
        Value::Bool(_) | Value::Int(_) => ToInt::Exact,
        Value::Float(float) if !float.is_finite() => ToInt::Fails,
        Value::Float(float) if float.fract() == 0.0 => ToInt::Exact,
        Value::Float(_) => ToInt::Truncates,
        Value::String(text) if is_int_literal(text) => ToInt::Exact,
        _ => ToInt::Fails,
    }
}

/// The integer that Python's `int()` makes of a value; none where it raises.
pub(in super::super) fn int_of(value: &Value) -> Option<Int> {
    match value {
        Value::Bool(flag) => Some(Int::from(i64::from(*flag))),
        Value::Int(int) => Some(int.clone()),
        Value::Float(float) if float.is_finite() => Int::parse(&format!("{:.0}", float.trunc())),
        Value::String(text) if is_int_literal(text) => Int::parse(&text.trim().replace('_', "")),
        _ => None,
    }
}

/// Whether `int(text)` succeeds: decimal digits with an optional sign, white space around, single underscores within.
fn is_int_literal(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty()
        && digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Attributes of `torch.nn.ModuleDict`, sorted: a module cannot be stored under such a name.
const MODULE_ATTRIBUTES: &[&str] = &[
    "T_destination",
    "add_module",
    "apply",
    "bfloat16",
    "buffers",
    "call_super_init",
    "children",
    "clear",
    "compile",
    "cpu",
    "cuda",
    "double",
    "dump_patches",
    "eval",
    "extra_repr",
    "float",
    "forward",
    "get_buffer",
    "get_extra_state",
    "get_parameter",
    "get_submodule",
    "half",
    "ipu",
    "items",
    "keys",
    "load_state_dict",
    "modules",
    "mtia",
    "named_buffers",
    "named_children",
    "named_modules",
    "named_parameters",
    "parameters",
    "pop",
    "register_backward_hook",
    "register_buffer",
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook",
    "register_module",
    "register_parameter",
    "register_state_dict_post_hook",
    "register_state_dict_pre_hook",
    "requires_grad_",
    "set_extra_state",
    "set_submodule",
    "share_memory",
    "state_dict",
    "to",
    "to_empty",
    "train",
    "training",
    "type",
    "update",
    "values",
    "xpu",
    "zero_grad",
];

/// Why PyTorch cannot store a module under this name (`torch.nn.Module.add_module`).
pub(crate) fn module_name_flaw(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.contains('.') {
        Some("contains a dot")
    } else if MODULE_ATTRIBUTES.binary_search(&name).is_ok() {
        Some("is the name of an attribute of every module")
    } else {
        None
    }
}

/// Whether the library can build this activation; case does not matter to it.
pub(in super::super) fn is_activation(name: &str) -> bool {
    name.parse::<Activation>().is_ok()
}

/// The activation that was probably meant.
pub(in super::super) fn nearest_activation(name: &str) -> Option<&'static str> {
    crate::findings::nearest(name, Activation::names())
}

/// The integer that Python counts with: `True` is 1.
pub(in super::super) fn index(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        other => other.as_i64(),
    }
}

/// The number that Python calculates with: `True` is 1.
pub(in super::super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_f64(),
    }
}

/// The first byte of a value, to point at an object that lacks something.
pub(in super::super) fn opening(node: &Node) -> Span {
    Span::new(node.span.start, (node.span.start + 1).min(node.span.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_modules_are_sorted() {
        assert!(MODULE_ATTRIBUTES.is_sorted());
    }

    #[test]
    fn int_takes_what_python_takes() {
        for text in ["3", " 3 ", "+3", "-3", "1_000", "007"] {
            assert_eq!(to_int(&Value::String(text.to_owned())), ToInt::Exact, "{text}");
        }
        for text in ["", "x", "3.0", "_3", "3_", "1__0", "- 3"] {
            assert_eq!(to_int(&Value::String(text.to_owned())), ToInt::Fails, "{text}");
        }
        assert_eq!(to_int(&Value::Float(1.5)), ToInt::Truncates);
        assert_eq!(to_int(&Value::Float(f64::NAN)), ToInt::Fails);
        assert_eq!(to_int(&Value::Null), ToInt::Fails);
    }

    #[test]
    fn int_gives_the_whole_number() {
        let text = |text: &str| int_of(&Value::String(text.to_owned()));
        assert_eq!(text(" +1_000 "), Some(Int::from(1000)));
        assert_eq!(text("-007"), Some(Int::from(-7)));
        assert_eq!(text("3_"), None);
        assert_eq!(int_of(&Value::Bool(true)), Some(Int::from(1)));
        assert_eq!(int_of(&Value::Float(-0.9)), Some(Int::from(0)));
        assert_eq!(int_of(&Value::Float(2.9)), Some(Int::from(2)));
        assert_eq!(int_of(&Value::Float(1e300)).map(|int| int.as_str().len()), Some(301));
        assert_ne!(int_of(&Value::Float(1e300)), int_of(&Value::Float(2e300)));
        assert_eq!(int_of(&Value::Float(f64::NAN)), None);
        assert_eq!(int_of(&Value::Float(f64::INFINITY)), None);
    }
}
