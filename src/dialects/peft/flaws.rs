//! What is wrong with the values of single keys: what PEFT does with each says whether it can use the value.

use super::Pattern;
use super::uses::{Flaw, Judgement, Use};
use super::view::{KeyFlaw, Subject};
use crate::document::spelling::is_json_number;
use crate::document::{Document, Node, pointer};
use crate::findings::words::said;
use crate::findings::{Edit, Report, RuleInfo, nearest, same_letters};
use crate::models::Model;
use crate::python::is_true;
use crate::value::{Map, Value};

/// A config with all flaws of its values.
pub(super) fn judged<'a>(document: &'a Document, root: &'a Node, model: Option<&'a Model>) -> Subject<'a> {
    let mut subject = Subject::new(document, root, model);
    subject.flaws = find(&subject);
    subject
}

/// Tells of all flaws of one kind, or with none of what PEFT takes all the same.
pub(super) fn tell(rule: &'static RuleInfo, kind: Option<Flaw>, subject: &Subject<'_>, report: &mut Report) {
    for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == kind) {
        let finding = report.add(rule, &flaw.pointer, flaw.span, &flaw.message);
        if !flaw.expected.is_empty() {
            finding.help(format!("it must be {}", flaw.expected));
        }
        if let Some((text, is_safe)) = &flaw.meant {
            finding.mend(vec![Edit::new(flaw.span, &**text)], format!("Write `{text}`"), *is_safe);
        }
    }
}

/// Every flaw of the values in a config.
fn find(subject: &Subject<'_>) -> Vec<KeyFlaw> {
    let Some(method) = subject.method else { return Vec::new() };
    let mut flaws = Vec::new();
    for (key, used) in method.all_keys() {
        let Some(member) = subject.written(key) else { continue };
        let place = Subject::pointer_of(key);
        let told = flaws.len();
        if let Use::Patterns(of) = used {
            entries(subject, key, *of, &member.node, &mut flaws);
        }
        let judged = super::read::judge(subject, key, used, &member.node.to_value());
        // The object as such is only called odd because of an entry, which is told.
        if flaws.len() > told && matches!(judged, Judgement::Loose(_)) {
            continue;
        }
        flaws.extend(flaw_of(key, used, &place, &member.node, judged));
    }
    flaws
}

/// The entries of an object of patterns. One counts where it matches a module; the names in `target_modules` are the
/// ends of names of modules.
fn entries(subject: &Subject<'_>, key: &str, of: Use, node: &Node, flaws: &mut Vec<KeyFlaw>) {
    let Some(Value::List(targets)) = subject.value("target_modules") else { return };
    let targets: Vec<_> = targets.iter().filter_map(Value::as_str).collect();
    for member in node.members() {
        let judged = of.judge(&member.node.to_value());
        if !matches!(judged, Judgement::Refused(..)) {
            continue;
        }
        let matches = Pattern::start(&member.key, &format!("(.*\\.)?({})$", member.key));
        let is_match = |name: &str| matches.as_ref().is_ok_and(|pattern| pattern.matches(name).unwrap_or(false));
        // A key such as `^q` matches the end alone, and no name that ends so.
        let is_met = |target: &&str| is_match(target) && is_match(&format!("layers.0.{target}"));
        if targets.iter().any(is_met) {
            let place = pointer::push(&Subject::pointer_of(key), &member.key);
            flaws.extend(flaw_of(&member.key, of, &place, &member.node, judged));
        }
    }
}

fn flaw_of(key: &str, used: Use, place: &str, node: &Node, judged: Judgement) -> Option<KeyFlaw> {
    let (flaw, why) = match judged {
        Judgement::Fine => return None,
        Judgement::Loose(why) => (None, why),
        Judgement::Refused(flaw, why) => (Some(flaw), why),
    };
    let is_alone = used.judge(&node.to_value()) != Judgement::Fine;
    Some(KeyFlaw {
        flaw,
        pointer: place.to_owned(),
        span: node.span,
        message: format!("`{key}` is {}; {why}", said(node)),
        // What is wrong only beside the other keys would do without them.
        expected: if is_alone { used.expected() } else { String::new() },
        meant: match flaw {
            Some(flaw) if is_alone => meant(used, flaw, &node.to_value()),
            Some(_) => None,
            None => flag(used, &node.to_value()),
        },
    })
}

/// What was meant by a value that PEFT refuses.
fn meant(used: Use, flaw: Flaw, value: &Value) -> Option<(String, bool)> {
    let fits = |text: &str, value: Value| (used.judge(&value) == Judgement::Fine).then(|| text.to_owned());
    match (value, flaw) {
        (Value::String(text), Flaw::Type) => {
            let text = text.trim();
            if is_json_number(text) {
                return fits(text, number(text)?).map(|text| (text, true));
            }
            let (text, value) = unquoted(text)?;
            fits(&text, value).map(|text| (text, true))
        }
        // Where a mapping has to be, nothing in it.
        (empty, Flaw::Type) if *empty == Value::Null || *empty == Value::List(Vec::new()) => {
            fits("{}", Value::Map(Map::new())).map(|text| (text, true))
        }
        (Value::List(items), Flaw::Type) => {
            let texts = items.iter().map(whole).collect::<Option<Vec<_>>>()?;
            let numbers = texts.iter().map(|text| number(text)).collect::<Option<Vec<_>>>()?;
            fits(&format!("[{}]", texts.join(", ")), Value::List(numbers)).map(|text| (text, true))
        }
        (Value::Float(float), Flaw::Type) if float.fract() == 0.0 && float.abs() < 1e9 => {
            let text = format!("{float:.0}");
            fits(&text, number(&text)?).map(|text| (text, true))
        }
        (Value::String(text), Flaw::Choice) if matches!(used, Use::StrictFlag) => {
            let (text, value) = unquoted(text.trim())?;
            fits(&text, value).map(|text| (text, true))
        }
        (Value::String(text), Flaw::Choice) => {
            let texts = used.texts();
            if let Some(same) = same_letters(text, texts.iter().copied()) {
                return Some((quoted(same), true));
            }
            nearest(text, texts.iter().copied()).map(|near| (quoted(near), false))
        }
        _ => None,
    }
}

/// A list, a mapping, a flag or nothing in quotes, spelt as JSON or as Python spells it; as JSON, and what it is.
fn unquoted(text: &str) -> Option<(String, Value)> {
    let text = match text {
        "None" => "null".to_owned(),
        "True" | "False" => text.to_ascii_lowercase(),
        // What Python prints, if nothing in it has to be escaped.
        _ if text.contains('\'') && !text.contains(['"', '\\']) => text.replace('\'', "\""),
        _ => text.to_owned(),
    };
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    (!json.is_string()).then(|| (text, Value::from(&json)))
}

/// An integer as an integer; in quotes or with a decimal point it is one, too.
fn whole(item: &Value) -> Option<String> {
    match item {
        Value::Int(int) => Some(int.to_string()),
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 1e9 => Some(format!("{float:.0}")),
        Value::String(text) => Some(text.trim()).filter(|text| is_json_number(text)).map(str::to_owned),
        _ => None,
    }
}

/// The flag that a value stands for in a key that PEFT only tests; safe if the test has the same outcome.
fn flag(used: Use, value: &Value) -> Option<(String, bool)> {
    let meant = match value {
        Value::String(text) if text.eq_ignore_ascii_case("true") => true,
        Value::String(text) if text.eq_ignore_ascii_case("false") => false,
        Value::Int(int) => int.as_i64().filter(|int| [0, 1].contains(int))? == 1,
        _ => return None,
    };
    matches!(used, Use::Flag).then(|| (meant.to_string(), meant == is_true(value)))
}

fn number(text: &str) -> Option<Value> {
    match crate::value::Int::parse(text) {
        Some(int) => Some(Value::Int(int)),
        None => text.parse().ok().map(Value::Float),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::judged;
    use crate::document::{Document, Format};

    #[test]
    fn an_entry_of_a_pattern_is_told_once() {
        let places = |pattern: &str| {
            let text = format!(r#"{{"peft_type": "LORA", "target_modules": ["q_proj"], "rank_pattern": {pattern}}}"#);
            let document = Document::read(text.into_bytes(), Format::Json);
            let root = document.root.as_ref().expect("it is an object");
            judged(&document, root, None).flaws.into_iter().map(|flaw| flaw.pointer).collect::<Vec<_>>()
        };
        assert_eq!(places(r#"{"q_proj": 0}"#), ["/rank_pattern/q_proj"]);
        // Of one that matches no target, the object alone.
        assert_eq!(places(r#"{"k_proj": 0}"#), ["/rank_pattern"]);
    }
}
