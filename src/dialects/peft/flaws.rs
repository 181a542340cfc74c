//! What is wrong with the values of single keys: what PEFT does with each says whether it can use the value.

use super::Pattern;
use super::uses::{Flaw, Judgement, Use};
use super::view::{KeyFlaw, Subject};
use crate::document::spelling::is_json_number;
use crate::document::{Document, Node, pointer};
use crate::findings::words::said;
use crate::findings::{nearest, same_letters};
use crate::models::Model;
use crate::value::Value;

/// A config with all flaws of its values.
pub(super) fn judged<'a>(document: &'a Document, root: &'a Node, model: Option<&'a Model>) -> Subject<'a> {
    let mut subject = Subject::new(document, root, model);
    subject.flaws = find(&subject);
    subject
}

/// Every flaw of the values in a config.
fn find(subject: &Subject<'_>) -> Vec<KeyFlaw> {
    let Some(method) = subject.method else { return Vec::new() };
    let mut flaws = Vec::new();
    for (key, used) in method.all_keys() {
        let Some(member) = subject.written(key) else { continue };
        let place = Subject::pointer_of(key);
        if let Use::Patterns(of) = used {
            entries(subject, key, *of, &member.node, &mut flaws);
        }
        let judged = super::read::judge(subject, key, used, &member.node.to_value());
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
        meant: flaw.filter(|_| is_alone).and_then(|flaw| meant(used, flaw, &node.to_value())),
    })
}

/// What was meant by a value that PEFT refuses.
fn meant(used: Use, flaw: Flaw, value: &Value) -> Option<(String, bool)> {
    let fits = |text: &str, value: Value| (used.judge(&value) == Judgement::Fine).then(|| text.to_owned());
    match (value, flaw) {
        (Value::String(text), Flaw::Type) => {
            let text = text.trim();
            let number = is_json_number(text).then(|| number(text)).flatten()?;
            fits(text, number).map(|text| (text, true))
        }
        (Value::Float(float), Flaw::Type) if float.fract() == 0.0 && float.abs() < 1e9 => {
            let text = format!("{float:.0}");
            fits(&text, number(&text)?).map(|text| (text, true))
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

fn number(text: &str) -> Option<Value> {
    match crate::value::Int::parse(text) {
        Some(int) => Some(Value::Int(int)),
        None => text.parse().ok().map(Value::Float),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
