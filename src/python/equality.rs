//! Equality in the form of text, so that many objects can be compared at once.

use std::collections::HashMap;

use super::Object;

/// A text that two objects share exactly if they are equal in Python; `None` for an object that equals nothing, not
/// even itself: NaN, and what holds it.
pub(crate) fn equality_key(object: &Object) -> Option<String> {
    let mut key = String::new();
    write(object, &mut key)?;
    Some(key)
}

/// Whether two dicts, without repeated keys, are equal.
pub(super) fn equal_dicts(a: &[(Object, Object)], b: &[(Object, Object)]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let known: HashMap<_, _> = b.iter().filter_map(|(key, value)| Some((equality_key(key)?, value))).collect();
    let is_in_b = |(key, value): &(Object, Object)| {
        equality_key(key).and_then(|key| known.get(&key)).is_some_and(|other| value.equals(other))
    };
    a.iter().all(is_in_b)
}

/// Writes the key of an object. Every part tells its own length or end, so that no two objects run together.
fn write(object: &Object, key: &mut String) -> Option<()> {
    match object {
        Object::None => key.push('N'),
        Object::Ellipsis => key.push('E'),
        Object::Str(text) => {
            key.push_str(&format!("s{}:", text.len()));
            key.push_str(text);
        }
        Object::Bytes(bytes) => key.push_str(&format!("b{bytes:?}")),
        Object::List(items) => {
            key.push('[');
            items.iter().try_for_each(|item| write(item, key))?;
            key.push(']');
        }
        Object::Tuple(items) => {
            key.push('(');
            items.iter().try_for_each(|item| write(item, key))?;
            key.push(')');
        }
        Object::Set(items) => {
            let items = items.iter().map(equality_key).collect::<Option<Vec<_>>>()?;
            write_sorted(items, key);
        }
        Object::Dict(entries) => {
            let entry =
                |(name, value): &(Object, Object)| Some(format!("{}:{}", equality_key(name)?, equality_key(value)?));
            let entries = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
            key.push('D');
            write_sorted(entries, key);
        }
        Object::Bool(_) | Object::Int(_) | Object::Float(_) | Object::Complex(..) => {
            let (real, imaginary) = object.complex()?;
            if real.is_nan() || imaginary.is_nan() {
                return None;
            }
            let digits = object.digits().unwrap_or_else(|| format!("{real:?}"));
            key.push_str(&format!("n{digits};"));
            if imaginary != 0.0 {
                key.push_str(&format!("j{imaginary:?};"));
            }
        }
    }
    Some(())
}

fn write_sorted(mut parts: Vec<String>, key: &mut String) {
    parts.sort_unstable();
    key.push('{');
    key.extend(parts);
    key.push('}');
}
