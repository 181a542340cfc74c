//! Files judged for one release of PEFT (`--for peft@0.11.1`), and not for the newest.
//!
//! The keys that a release has are in [`releases`]; what it does with others is recorded by running it
//! (`fixtures/releases/peft_keys.json`).

pub(crate) mod rules;

use std::collections::BTreeMap;

use std::collections::HashSet;

use super::config::PeftMethod;
use super::model_rules::TargetsUnknownForModel;
use super::releases::{self, Lifetime, Release, Unknown};
use super::rules::{KeyUnknownToPeft, UnknownPeftType};
use crate::dialects::File;
use crate::dialects::peft::PeftType::{self, Lora, Oft};
use crate::document::{Document, Kind, Member, Node, Span, edit, pointer};
use crate::findings::{Finding, Report, RuleInfo, Severity};
use crate::models::Model;
use crate::value::Value;

/// Keys none of whose values does what releases without the key do: OFT before 0.16.0 keeps other tensors.
const NEVER_IDLE: [(PeftType, &str); 1] = [(Oft, "use_cayley_neumann")];

/// A config to be judged for a release.
pub(crate) struct Subject<'a> {
    pub(crate) document: &'a Document,
    pub(crate) root: &'a Node,
    pub(crate) release: Release,
    /// The base model, if the caller named one.
    pub(crate) model: Option<&'a Model>,
    /// The value of `peft_type`.
    pub(crate) peft_type: &'a str,
    /// What the newest release's rule says of keys that no method has.
    unknown: &'a BTreeMap<Span, Finding>,
    /// From when to when there is this method, if there ever was.
    pub(crate) lifetime: Option<Lifetime>,
}

/// A config as a release reads it: without the keys that it does not have, and with its own defaults where they are
/// others than those of the newest. Of a method that it does not have it has no keys; there it is left as it is.
pub(super) fn as_read(root: &Node, release: Release) -> Node {
    let mut read = root.clone();
    let Some(peft_type) = root.get("peft_type").and_then(Node::as_str) else { return read };
    let has_method = releases::method(peft_type).is_some_and(|lifetime| lifetime.has(release));
    let Kind::Map(members) = &mut read.kind else { return read };
    if !has_method {
        return read;
    }
    // Of what went before, which the newest does not have either, its own rules tell.
    members.retain(|member| {
        releases::key(peft_type, &member.key).is_none_or(|lifetime| lifetime.has(release) || lifetime.until.is_some())
    });
    let method = PeftMethod::named(peft_type);
    for key in method.iter().flat_map(|method| method.keys()).filter(|key| root.member(key.name).is_none()) {
        let then = releases::changed_default(release, peft_type, key.name).filter(|then| *then != key.default);
        if let Some(then) = then.and_then(|then| serde_json::from_str::<serde_json::Value>(then).ok()) {
            let span = Span { end: root.span.start, ..root.span };
            let node = Node { span, kind: Kind::Leaf(Value::from(&then)) };
            members.push(Member { key: key.name.to_owned(), key_span: span, node });
        }
    }
    read
}

/// Leaves out of what the rules of the newest release find what does not hold for an older one.
pub(super) fn keep_what_holds(root: &Node, release: Release, found: &mut Report) {
    let Some(peft_type) = root.get("peft_type").and_then(Node::as_str) else { return };
    let written: HashSet<&str> = root.members().iter().map(|member| member.key.as_str()).collect();
    found.retain(|finding| {
        let key = finding.pointer.split('/').nth(1).unwrap_or_default();
        let has_key = || releases::key(peft_type, key).is_some_and(|lifetime| lifetime.has(release));
        // What a release has and the newest has not is unknown to the newest only.
        let is_known = finding.rule.code == KeyUnknownToPeft::INFO.code && has_key();
        // The newest has no defaults of a method that it does not have.
        let is_gone = finding.rule.code == TargetsUnknownForModel::INFO.code
            && releases::method(peft_type).is_some_and(|lifetime| lifetime.until.is_some() && lifetime.has(release));
        // Of a default that nobody wrote only errors matter.
        let is_written = key.is_empty() || finding.severity == Severity::Error || written.contains(key);
        !is_known && !is_gone && is_written && !releases::checks::is_newer(release, root, finding.rule, key)
    });
}

/// Judges a config for a release.
pub(super) fn check(file: File<'_>, report: &mut Report) {
    let File { document, root, model, targets, .. } = file;
    let release = targets.peft_or_newest();
    let Some(peft_type) = root.get("peft_type").and_then(Node::as_str) else { return };
    if releases::unknown_key(release) == Unknown::Ignored {
        of_silent_release(peft_type, root, release, report);
    }
    let of_unknown = report.findings().iter().filter(|finding| finding.rule.code == KeyUnknownToPeft::INFO.code);
    let unknown: BTreeMap<_, _> = of_unknown.map(|finding| (finding.span, finding.clone())).collect();
    let lifetime = releases::method(peft_type);
    let subject = Subject { document, root, release, model, peft_type, unknown: &unknown, lifetime };
    if subject.has_method() {
        // The rules are of the newest release, which may not have the method any more.
        report.retain(|finding| finding.rule.code != UnknownPeftType::INFO.code);
    }
    let before = report.findings().len();
    rules::check_all(&subject, report);
    // A key is told of once, by what the release does with it.
    let told: HashSet<_> = report.findings()[before..].iter().map(|finding| finding.pointer.clone()).collect();
    report.retain(|finding| finding.rule.code != KeyUnknownToPeft::INFO.code || !told.contains(&finding.pointer));
}

/// What the newest release's rule says of a key that no method has, as it is in a release that says nothing of it.
fn of_silent_release(peft_type: &str, root: &Node, release: Release, report: &mut Report) {
    let keys: BTreeMap<_, _> = root.members().iter().map(|member| (member.key_span, member.key.as_str())).collect();
    for finding in report.after(0).iter_mut().filter(|finding| finding.rule.code == KeyUnknownToPeft::INFO.code) {
        if let Some(key) = keys.get(&finding.span) {
            finding.severity = KeyUnknownToPeft::INFO.severity;
            finding.message = KeyUnknownToPeft::message(peft_type, key, &format!("{release} ignores it silently"));
        }
    }
}

impl<'a> Subject<'a> {
    /// Whether the release has the method.
    fn has_method(&self) -> bool {
        self.lifetime.is_some_and(|lifetime| lifetime.has(self.release))
    }

    /// The method, if its config is known.
    fn method(&self) -> Option<PeftType> {
        PeftType::named(self.peft_type)
    }

    /// Whether it is this method.
    fn is(&self, method: PeftType) -> bool {
        self.peft_type == method.name()
    }

    /// The keys that the release does not have, if it has the method and reads files.
    fn foreign_keys(&self) -> impl Iterator<Item = &'a Member> + use<'a> {
        let (release, peft_type, has_method) = (self.release, self.peft_type, self.has_method());
        let is_foreign = move |key: &str| {
            releases::key(peft_type, key).is_none_or(|lifetime| !lifetime.has(release))
                // Dropped before the keys are looked at, from the release on that knows it.
                && !(key == "runtime_config" && releases::key(Lora.name(), key).is_some_and(|lifetime| lifetime.has(release)))
        };
        let members = self.root.members().iter();
        // Of keys that the newest does not have, its own rules tell.
        members.filter(move |member| has_method && release != Release::NEWEST && is_foreign(&member.key))
    }

    /// Since when there is a key, or until when there was, in words.
    fn history(&self, key: &str) -> String {
        match releases::key(self.peft_type, key) {
            None => "no release has it".to_owned(),
            Some(lifetime) if lifetime.since > self.release => format!("it came with {}", lifetime.since),
            Some(lifetime) => {
                lifetime.until.map_or(String::new(), |until| format!("{until} was the last release with it"))
            }
        }
    }

    /// Whether a release without the key computes the same: the value is the default of the newest release, or nothing.
    fn is_idle(&self, member: &Member) -> bool {
        // The release that wrote the file, which no computation asks for.
        if member.key == "peft_version" {
            return true;
        }
        // Whoever gave a value to a key that no release has meant something by it, perhaps another key.
        if releases::key(self.peft_type, &member.key).is_none() {
            return member.node.is_nothing();
        }
        if NEVER_IDLE.iter().any(|(method, key)| self.is(*method) && *key == member.key) {
            return false;
        }
        let key = PeftMethod::named(self.peft_type).and_then(|method| method.key(&member.key));
        let value = member.node.to_value();
        let empty = member.node.is_nothing();
        key.is_some_and(|key| {
            let default = Value::from(&key.default_value());
            equal(&value, &default) || empty && is_empty(&default)
        })
    }

    /// What is to be done about a key that no release has, as the newest release's rule says it.
    fn advise(&self, member: &Member, finding: &mut Finding) {
        if let Some(told) = self.unknown.get(&member.key_span) {
            finding.help.clone_from(&told.help);
            finding.fix.clone_from(&told.fix);
        }
    }

    /// Tells of all such keys at once, and offers to remove them. What the release does is said between its name and
    /// theirs, and behind them.
    fn tell_idle(&self, rule: &'static RuleInfo, keys: &[&Member], (does, how): (&str, &str), report: &mut Report) {
        let [first, others @ ..] = keys else { return };
        let release = self.release;
        let message = match others {
            [] => format!("{release} {does} the key `{}`{how}: {}", first.key, self.history(&first.key)),
            _ => {
                let names: Vec<_> = keys.iter().map(|member| format!("`{}`", member.key)).collect();
                format!("{release} {does} {} keys{how}: {}", keys.len(), names.join(", "))
            }
        };
        let finding = report.add(rule, pointer::push("", &first.key), first.key_span, message);
        if others.is_empty() {
            finding.help("remove it: with this value it changes nothing");
            finding.remove_key(self.document, true);
            return;
        }
        finding.help("remove them: with these values they change nothing");
        for member in keys {
            finding.also(member.key_span, self.history(&member.key));
        }
        // They stand in the order of the text. A hostile one has many.
        let is_idle = |member: &Member| keys.binary_search_by_key(&member.key_span, |key| key.key_span).is_ok();
        let doomed: Vec<_> =
            (0..).zip(self.root.members()).filter(|(_, member)| is_idle(member)).map(|(at, _)| at).collect();
        let edits = edit::remove_members(self.document.source.text(), self.root, &doomed);
        if !edits.is_empty() {
            finding.mend(edits, "Remove the keys", true);
        }
    }

    /// What the release does with keys that it does not have.
    fn unknown_key(&self) -> Unknown {
        releases::unknown_key(self.release)
    }
}

/// Equality as Python has it for the defaults of keys, where a number may be written either way.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Bool(_), _) | (_, Value::Bool(_)) => a == b,
        _ => a == b || a.as_f64().is_some_and(|a| b.as_f64().is_some_and(|b| a.total_cmp(&b).is_eq())),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(keys) => keys.is_empty(),
        _ => false,
    }
}
