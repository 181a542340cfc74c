use std::collections::BTreeSet;

use super::OnModel;
use crate::dialects::peft::PeftType::{
    self, Adalora, Adamss, Boft, Deft, Delora, Frod, Glora, Gralora, Hira, Lily, LnTuning, Lora, Miss, Oft, Osf,
    Peanut, Poly, Psoft, Pvera, Randlora, Tinylora, Unilora, Vblora, Vera,
};
use crate::dialects::peft::expected::{Adapted, BASE};
use crate::document::{Member, Node, Span, pointer};
use crate::findings::{Report, rule};
use crate::models::Tree;
use crate::models::tree::Kind;

rule! {
    /// An entry of `modules_to_save` that matches a module which cannot be saved in full.
    ///
    /// ## Why is this bad
    /// PEFT wraps every module whose name ends with an entry, even in the middle of a word; if the value is a string,
    /// each of its letters is an entry. A list of layers cannot be wrapped, nor can an adapted module, nor one that
    /// holds the adapter's own weights: PEFT or the forward pass raises a `TypeError` or a `ValueError`. If a wrapped
    /// module contains an adapted one, or has a wrapped one as its direct child, the file is saved with names that PEFT
    /// does not find again: it raises a `KeyError` when the adapter is loaded.
    ///
    /// ## Example
    /// On a LLaMA, where the `l` of the string also matches `model`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "modules_to_save": "lm_head"}
    /// ```
    ///
    /// ## Fix safety
    /// A string becomes a list with this one name: nothing else can be meant.
    ModuleToSaveUnusable, Error
}

/// An entry: what it is, and where it or what brings it stands.
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) place: String,
    pub(super) span: Span,
    /// Whether PEFT adds it for the task.
    is_head: bool,
}

impl ModuleToSaveUnusable {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let member = subject.subject.written("modules_to_save");
        let mut entries = member.map(written).unwrap_or_default();
        entries.extend(heads(subject));
        // A model that the config does not adapt at all is told elsewhere.
        let found: Vec<_> = subject
            .adapted()
            .map(|(tree, adapted)| flaw(&entries, subject.subject.peft_type(), tree, adapted))
            .collect();
        let Some(Some((entry, message))) = found.first() else { return };
        if found.iter().any(Option::is_none) {
            return;
        }
        let finding = report.add(Self::INFO, &entry.place, entry.span, message);
        if entry.is_head {
            if let Some(task) = subject.subject.root.member("task_type") {
                finding.also(task.node.span, format!("for this task PEFT adds `{}` to `modules_to_save`", entry.text));
            }
        } else if let Some((member, text)) = member.and_then(|member| Some((member, member.node.as_str()?))) {
            finding.help(format!("PEFT takes each letter of the string for an entry; write `[\"{text}\"]`"));
            mend(finding, member.node.span, text);
        }
    }
}

/// What is written.
pub(super) fn written(member: &Member) -> Vec<Entry> {
    let place = pointer::push("", "modules_to_save");
    if let Some(text) = member.node.as_str() {
        let letters: BTreeSet<_> = text.chars().collect();
        let entry = |letter: char| Entry {
            text: letter.to_string(),
            place: place.clone(),
            span: member.node.span,
            is_head: false,
        };
        return letters.into_iter().map(entry).collect();
    }
    // An object gives its keys.
    let keys = member.node.members().iter().map(|own| Entry {
        text: own.key.clone(),
        place: pointer::push(&place, &own.key),
        span: own.key_span,
        is_head: false,
    });
    if member.node.is_map() {
        return keys.collect();
    }
    let entry = |(at, node): (usize, &Node)| {
        let place = pointer::push(&place, at.to_string());
        Some(Entry { text: node.as_str()?.to_owned(), place, span: node.span, is_head: false })
    };
    member.node.items().iter().enumerate().filter_map(entry).collect()
}

/// The heads that PEFT adds for the task: at fault is what matches them, too.
fn heads(subject: &OnModel<'_>) -> Vec<Entry> {
    let task = subject.subject.root.get("task_type").and_then(Node::as_str);
    let (place, span) = subject.place("target_modules");
    let entry = |name: &&str| Entry { text: (*name).to_owned(), place: place.clone(), span, is_head: true };
    let method = subject.subject.peft_type();
    method.map_or(&[][..], |method| crate::dialects::peft::expected::heads(task, method)).iter().map(entry).collect()
}

fn mend(finding: &mut crate::findings::Finding, span: Span, text: &str) {
    let written = serde_json::json!([text]).to_string();
    finding.mend(vec![crate::document::Edit::new(span, &*written)], format!("Write `{written}`"), true);
}

/// The first entry that PEFT fails at, and why.
pub(super) fn flaw<'e>(
    entries: &'e [Entry],
    method: Option<PeftType>,
    tree: &Tree,
    found: &Adapted,
) -> Option<(&'e Entry, String)> {
    let adapted: BTreeSet<_> = found.wrapped().collect();
    let entry_of = |name: &str| entries.iter().find(|entry| name.ends_with(&entry.text));
    let wrapped: BTreeSet<_> = tree.names().filter(|name| entry_of(name).is_some()).collect();
    for module in &tree.modules {
        let name = module.name.as_str();
        let Some(entry) = entry_of(name) else { continue };
        let what = format!("`{}` matches `{name}`", entry.text);
        if matches!(module.kind, Kind::ModuleList | Kind::ModuleDict) {
            return Some((entry, format!("{what}, which is a list of modules; PEFT raises a `TypeError`")));
        }
        if adapted.contains(name) {
            let what = if entry.is_head {
                format!("`{name}`, which PEFT saves in full for this task, is adapted")
            } else {
                format!("{what}, which is adapted")
            };
            return Some((entry, format!("{what}; PEFT raises a `TypeError`")));
        }
    }
    for own in holders(found) {
        if let Some(entry) = entry_of(own) {
            let message = format!(
                "`{}` matches `{own}`, which holds weights of the adapter; PEFT or the forward pass raises a `TypeError`",
                entry.text
            );
            return Some((entry, message));
        }
    }
    if let Some(own) = own_module(entries, method, found) {
        return Some(own);
    }
    for (name, is_adapted) in adapted.iter().map(|name| (name, true)).chain(wrapped.iter().map(|name| (name, false))) {
        let mut outer = name.match_indices('.').map(|(at, _)| &name[..at]);
        // What is wrapped deeper inside is found again.
        if let Some(outer) = outer.find(|outer| wrapped.contains(outer) && (is_adapted || is_child(name, outer))) {
            let is = if is_adapted { "adapted" } else { "also saved in full" };
            // The head is not written; what meets it is.
            let entry = match entry_of(outer)? {
                head if head.is_head => entry_of(name).unwrap_or(head),
                entry => entry,
            };
            let place = match outer.ends_with(&entry.text) {
                true => format!("`{outer}`, in which `{name}` is {is}"),
                false => format!("`{name}`, which is in `{outer}`, and both are saved in full"),
            };
            let message = format!(
                "`{}` matches {place}; PEFT saves names that it does not find again, and raises a `KeyError` on loading",
                entry.text
            );
            return Some((entry, message));
        }
    }
    None
}

/// Whether a module stands right in another.
fn is_child(name: &str, outer: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(parent, _)| parent == outer)
}

/// Methods whose layers keep modules by the adapter's name, each with the name of such a collection.
#[rustfmt::skip]
const COLLECTIONS: [(PeftType, &str); 24] = [
    (Adalora, "lora_dropout"), (Adamss, "adamss_A"), (Boft, "boft_dropout"), (Deft, "deft_dropout"), (Delora, "delora_dropout"),
    (Frod, "frod_dropout"), (Glora, "glora_A"), (Gralora, "gralora_dropout"), (Hira, "hira_dropout"), (Lily, "lily_A"),
    (LnTuning, "ln_tuning_layers"), (Lora, "lora_dropout"), (Miss, "miss_dropout"), (Oft, "oft_dropout"), (Osf, "osf_svd_params"),
    (Peanut, "peanut_A"), (Poly, "poly_router"), (Psoft, "psoft_dropout"), (Pvera, "pvera_dropout"),
    (Randlora, "randlora_dropout"), (Tinylora, "tinylora_dropout"), (Unilora, "unilora_dropout"),
    (Vblora, "vblora_dropout"), (Vera, "vera_dropout"),
];

/// The name that ends the names of modules in the adapter itself.
const OWN: &str = "default";

/// An entry that matches the adapter's own modules in the first layer that is adapted.
fn own_module<'e>(entries: &'e [Entry], method: Option<PeftType>, found: &Adapted) -> Option<(&'e Entry, String)> {
    let (_, collection) = COLLECTIONS.iter().find(|(known, _)| Some(*known) == method)?;
    let collection = format!("{}.{collection}", found.modules.first()?);
    let names = [format!("{collection}.{OWN}"), collection];
    let meeting = |name: String| Some((entries.iter().find(|entry| name.ends_with(&entry.text))?, name));
    let (entry, name) = names.into_iter().find_map(meeting)?;
    let what = format!("`{}` matches `{name}`, which belongs to the adapter itself", entry.text);
    Some((entry, format!("{what}; PEFT raises a `ValueError` or a `TypeError`")))
}

/// The modules that PEFT puts the adapter's weights into, one for each name of a parameter.
fn holders(found: &Adapted) -> BTreeSet<&str> {
    let modules: BTreeSet<_> = found.wrapped().collect();
    let tensors = found.tensors.iter().flatten().filter_map(|tensor| tensor.name.strip_prefix(BASE));
    let holder = |name: &'_ str| {
        let (module, _) = name.match_indices('.').find(|(at, _)| modules.contains(&name[..*at]))?;
        let end = module + 1;
        Some(name[end..].find('.').map_or(name.len(), |at| end + at))
    };
    tensors.filter_map(|name| Some(&name[..holder(name)?])).collect()
}
