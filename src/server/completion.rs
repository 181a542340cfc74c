use gen_lsp_types::{
    CompletionItem, CompletionItemKind, Documentation, InsertTextFormat, MarkupContent, MarkupKind, Position, TextEdit,
};
use serde_json::Value;

use super::client::Client;
use super::cursor::{self, Cursor, What};
use super::expect::{self, Expected, Property};
use super::file::File;
use super::settings::Settings;
use super::words;
use crate::dialects::{self, FileKind};
use crate::document::{Format, MAX_BYTES, Span};
use crate::manual;
use crate::models::Model;
use crate::schema;

/// What may be written at a place: keys that are not there yet, or values.
pub(super) fn at(position: Position, file: &mut File, client: &Client, settings: &Settings) -> Vec<CompletionItem> {
    if file.text.len() as u64 > MAX_BYTES {
        return Vec::new();
    }
    let model = file.judged(settings).judging.options.model.clone();
    let file = &*file;
    let cursors = cursor::at(&file.text, file.format, file.offset(position));
    let all = cursors.into_iter().map(|cursor| Offer { cursor, file, client, model: model.as_ref() }.items());
    all.into_iter().find(|items| !items.is_empty()).unwrap_or_default()
}

/// Something to be typed at a place.
struct Offer<'a> {
    cursor: Cursor,
    file: &'a File,
    client: &'a Client,
    /// The base model, if the settings name one.
    model: Option<&'a Model>,
}

impl Offer<'_> {
    fn items(&self) -> Vec<CompletionItem> {
        let mut recognised = dialects::recognise(&self.cursor.document, &self.file.name);
        if recognised.dialect.is_none() {
            // What is being typed may not have the keys yet that tell whose it is.
            recognised = dialects::adapterhub::recognise_by_name(&self.file.name);
        }
        // A card with one key so far may still be another project's; to offer keys harms nobody.
        let is_ours = recognised.certain || recognised.kind.is_hub_card();
        let Some(root) = self.cursor.document.root.as_ref().filter(|_| is_ours) else { return Vec::new() };
        let Some(mut expected) = expect::at(recognised.kind, root, &self.cursor.path) else { return Vec::new() };
        // PEFT calls its configs the same, and the key that is being typed may be the one that tells.
        if recognised.kind == FileKind::AdapterConfig && root.members().len() <= 1 {
            expected.or(expect::at(FileKind::PeftConfig, root, &self.cursor.path));
        }
        match self.cursor.what {
            What::Key { has_value } => self.keys(&expected, has_value),
            What::Value => self.values(&expected),
        }
    }

    fn keys(&self, expected: &Expected, has_value: bool) -> Vec<CompletionItem> {
        let is_gone = |property: &Property| {
            let has = |keyword: &str| property.schema.get(keyword).is_some();
            has("deprecated") || has("x-until")
        };
        let is_new = |property: &Property| !self.cursor.siblings().any(|key| key == property.key);
        let mut properties = expected.properties();
        properties.retain(|property| !is_gone(property) && is_new(property));
        properties.sort_by_key(|property| !property.required);
        properties.iter().enumerate().map(|(at, property)| self.key(at, property, has_value)).collect()
    }

    fn key(&self, at: usize, property: &Property, has_value: bool) -> CompletionItem {
        let about =
            manual::of_property(property.owner, property.variant, property.key, &property.schema, property.required);
        let written = match self.file.format {
            Format::Json => Value::from(property.key).to_string(),
            Format::Yaml => property.key.to_owned(),
        };
        let new_text = if has_value {
            written.clone()
        } else {
            let value = words::start(&property.schema, self.file.format, self.client.snippets);
            let key = if self.client.snippets { words::escaped(&written) } else { written.clone() };
            if value.is_empty() { format!("{key}:") } else { format!("{key}: {value}") }
        };
        CompletionItem {
            kind: Some(CompletionItemKind::Property),
            detail: Some(schema::describe(&property.schema)),
            documentation: Some(self.markup(about.to_markdown(), about.to_text())),
            insert_text_format: (self.client.snippets && !has_value).then_some(InsertTextFormat::Snippet),
            ..self.item(at, property.key.to_owned(), &written, new_text)
        }
    }

    fn values(&self, expected: &Expected) -> Vec<CompletionItem> {
        let root = self.cursor.document.root.as_ref();
        let mut candidates = words::candidates(expected, &self.cursor.path, root, self.model);
        let others: Vec<&str> = self.cursor.other_items().collect();
        candidates.retain(|candidate| match &candidate.value {
            Value::String(text) => !others.contains(&text.as_str()),
            _ => !self.cursor.is_quoted,
        });
        candidates.iter().enumerate().map(|(at, candidate)| self.value(at, candidate)).collect()
    }

    fn value(&self, at: usize, candidate: &words::Candidate) -> CompletionItem {
        let written = words::written(&candidate.value, self.file.format);
        let is_whole = matches!(self.cursor.path[..], []);
        let (label, new_text) = match &candidate.value {
            Value::Object(_) if is_whole => ("{…}".to_owned(), format!("{:#}", candidate.value)),
            _ => (written.clone(), written.clone()),
        };
        let kind = match &candidate.value {
            Value::String(_) => CompletionItemKind::EnumMember,
            Value::Array(_) | Value::Object(_) => CompletionItemKind::Struct,
            _ => CompletionItemKind::Value,
        };
        CompletionItem {
            kind: Some(kind),
            detail: candidate.is_default.then(|| "default".to_owned()),
            preselect: candidate.is_default.then_some(true),
            documentation: (!candidate.about.is_empty())
                .then(|| self.markup(candidate.about.clone(), candidate.about.clone())),
            ..self.item(at, label, &written, new_text)
        }
    }

    /// What keys and values have in common. `written` is how it stands in the text.
    fn item(&self, at: usize, label: String, written: &str, mut new_text: String) -> CompletionItem {
        let Cursor { replaced, is_quoted, blank_before, comma_before, comma_behind, .. } = &self.cursor;
        if *comma_behind {
            new_text.push(',');
        }
        if *blank_before {
            new_text.insert(0, ' ');
        }
        let mut additional_text_edits = None;
        match comma_before {
            Some(comma) if *comma == replaced.start => new_text.insert_str(0, ", "),
            Some(comma) => {
                let range = self.file.range(Span::new(*comma, *comma));
                additional_text_edits = Some(vec![TextEdit { range, new_text: ",".to_owned() }]);
            }
            None => {}
        }
        let filter = match (is_quoted, self.file.format) {
            (true, Format::Yaml) => {
                let quote = self.file.text[replaced.start..].chars().next().unwrap_or('"');
                format!("{quote}{label}{quote}")
            }
            (true, Format::Json) => written.to_owned(),
            (false, _) => written.trim_matches('"').to_owned(),
        };
        let filter = if *blank_before { format!(" {filter}") } else { filter };
        CompletionItem {
            label,
            sort_text: Some(format!("{at:03}")),
            filter_text: Some(filter),
            text_edit: Some(TextEdit { range: self.file.range(*replaced), new_text }.into()),
            additional_text_edits,
            ..CompletionItem::default()
        }
    }

    fn markup(&self, markdown: String, text: String) -> Documentation {
        if self.client.markdown_documentation {
            Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: markdown })
        } else {
            Documentation::String(text)
        }
    }
}
