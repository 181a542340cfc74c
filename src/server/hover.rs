use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind, Position};

use super::client::Client;
use super::expect::{self, Step};
use super::file::File;
use super::settings::Settings;
use crate::document::Span;
use crate::lint::Finding;
use crate::manual;

/// At most so many rules are explained at one place.
const MOST_RULES: usize = 3;

/// The manual of the key at a place, and of the rules that found something there.
pub(super) fn at(position: Position, file: &mut File, client: &Client, settings: &Settings) -> Option<Hover> {
    let offset = file.offset(position);
    let judged = file.judged(settings);
    if !judged.is_ours() {
        return None;
    }
    let whole = judged.document.root.as_ref().map(|root| root.span);
    // What is said of the file as a whole is not said of each of its keys.
    let is_here = |span: Span| span.start <= offset && offset <= span.end && Some(span) != whole;
    let findings = || judged.linted.findings.iter().filter(|finding| is_here(finding.span));
    let mut parts: Vec<String> = Vec::new();
    let mut span = findings().map(|finding: &Finding| finding.span).min_by_key(|span| span.end - span.start);
    let spot = judged.document.root.as_ref().map(|root| (root, expect::spot(root, offset)));
    if let Some((root, spot)) = &spot
        && let Some((Step::Key(key), above)) = spot.path.split_last()
        && let Some(member) = spot.member
        && (spot.on_key || !(spot.node.is_map() || spot.node.is_list()))
        && let Some(expected) = expect::at(judged.linted.recognised.kind, root, above)
        && let Some(property) = expected.properties().into_iter().find(|property| property.key == key)
    {
        let about =
            manual::of_property(property.owner, property.variant, property.key, &property.schema, property.required);
        let value = spot.node.to_json();
        let meaning = about.values.iter().find(|(known, meaning)| *known == value && !meaning.is_empty());
        if let Some((value, meaning)) = meaning.filter(|_| !spot.on_key) {
            parts.push(format!("`{value}`: {meaning}\n"));
        }
        parts.push(if client.markdown_hover { about.to_markdown() } else { about.to_text() });
        span = Some(if spot.on_key { member.key_span } else { spot.node.span });
    }
    let mut told = Vec::new();
    for rule in findings().map(|finding| finding.rule) {
        if !told.contains(&rule.code) && told.len() < MOST_RULES {
            told.push(rule.code);
            parts.push(rule.explanation());
        }
    }
    if parts.is_empty() {
        return None;
    }
    let separator = if client.markdown_hover { "\n---\n\n" } else { "\n\n" };
    let kind = if client.markdown_hover { MarkupKind::Markdown } else { MarkupKind::PlainText };
    let contents = Contents::MarkupContent(MarkupContent { kind, value: parts.join(separator) });
    Some(Hover { contents, range: span.map(|span| file.range(span)) })
}
