//! A saved adapter whose config is a text, such as `"lora[r=8]"`: what the library makes of it is judged like a config that
//! is written out, and told at the text.

use super::load::{LoadError, Loader, Names};
use super::{Subject, rules};
use crate::dialects::{File, FileKind};
use crate::document::{Document, Format, Node, write};
use crate::findings::Report;
use crate::findings::words::quoted;
use crate::value::Value;

/// The rule about keys that change nothing.
const WITHOUT_EFFECT: &str = rules::KeyWithoutEffect::INFO.code;

/// The rule about keys that a config lacks: a text stands for all that its release needs, also for keys that newer ones fill.
const LACKS_KEYS: &str = rules::MissingKey::INFO.code;

/// The text of a config, and what the library makes of it or why it makes nothing; `None` if the config is no text.
pub(super) fn read<'a>(subject: &Subject<'a>) -> Option<(&'a Node, Result<Value, LoadError>)> {
    let node = &subject.saved_member("config")?.node;
    let text = node.as_str().filter(|text| !text.is_empty())?;
    let loaded = Loader { names: Names::Library, ..Loader::default() }.load_text(text, &[]).transpose()?;
    Some((node, loaded.map(|resolved| Value::Map(resolved.sparse().value()))))
}

/// Judges what the text stands for.
pub(super) fn check(subject: &Subject<'_>, file: File<'_>, report: &mut Report) {
    let Some((node, Ok(value))) = read(subject) else { return };
    let document = Document::read(write::to_json(&value).into_bytes(), Format::Json);
    let Some(root) = &document.root else { return };
    let inner = File { document: &document, root, name: "", model: subject.model.as_ref(), ..file };
    let mut found = Report::default();
    rules::check_all(&Subject::new(FileKind::Config, inner), &mut found);
    let text = quoted(&node.to_value());
    let is_written = |key: &str| node.as_str().is_some_and(|text| text.contains(key));
    for finding in found.into_findings() {
        // What has no effect in an architecture that is only named is not for its user to mend.
        let key = finding.pointer.rsplit('/').next().unwrap_or_default();
        if finding.rule.code == LACKS_KEYS || finding.rule.code == WITHOUT_EFFECT && !is_written(key) {
            continue;
        }
        let place = match finding.pointer.trim_start_matches('/') {
            "" => String::new(),
            key => format!("`{}` in ", key.replace('/', ".")),
        };
        let message = format!("{place}{text}: {}", finding.message);
        let told = report.add(finding.rule, "/config", node.span, message);
        (told.severity, told.help) = (finding.severity, finding.help);
    }
}
