use std::collections::HashMap;

use gen_lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, DocumentChange, Edit, OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit, TextDocumentIdentifier, TextEdit, WorkspaceEdit,
};

use super::client::Client;
use super::file::File;
use super::settings::Settings;
use super::{diagnostics, fixes};
use crate::document::Span;
use crate::lint;

/// The kind of the action that applies every safe fix.
pub(super) const FIX_ALL: &str = "source.fixAll.adapter-lint";

/// The fixes of what was found at a place, and the action that applies all safe ones.
pub(super) fn at(params: &CodeActionParams, file: &mut File, client: &Client, settings: &Settings) -> Vec<CodeAction> {
    if !client.code_actions || !file.judged(settings).is_ours() {
        return Vec::new();
    }
    let wanted = file.span(params.range);
    let is_here = |span: Span| span.start <= wanted.end && wanted.start <= span.end;
    let findings = file.judged(settings).linted.findings.clone();
    let mut actions = Vec::new();
    if wants(params, "quickfix") {
        for finding in findings.iter().filter(|finding| is_here(finding.span)) {
            let Some(fix) = &finding.fix else { continue };
            actions.push(CodeAction {
                title: fix.title.clone(),
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: Some(vec![diagnostics::of_finding(finding, file, client, settings)]),
                is_preferred: fix.safe.then_some(true),
                edit: Some(workspace_edit(&fix.edits, file, client)),
                ..CodeAction::default()
            });
        }
    }
    if wants(params, FIX_ALL) && findings.iter().any(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe)) {
        actions.extend(file.fixed(settings).map(|fixed| CodeAction {
            title: "Fix all that is safe to fix (adapter-lint)".to_owned(),
            kind: Some(CodeActionKind::new(FIX_ALL)),
            edit: Some(workspace_edit(&[fixes::difference(&file.text, &fixed)], file, client)),
            ..CodeAction::default()
        }));
    }
    actions
}

/// Whether the client wants actions of a kind: it names the kind or one that holds it, or names none.
fn wants(params: &CodeActionParams, kind: &str) -> bool {
    let Some(only) = &params.context.only else { return true };
    only.iter().any(|wanted| {
        let wanted = String::from(wanted.clone());
        wanted.is_empty() || kind.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn workspace_edit(edits: &[lint::Edit], file: &File, client: &Client) -> WorkspaceEdit {
    let edits = edits.iter().map(|edit| TextEdit { range: file.range(edit.span), new_text: edit.text.clone() });
    let uri = gen_lsp_types::Uri::from(file.uri.as_str());
    if client.document_changes {
        let text_document = OptionalVersionedTextDocumentIdentifier {
            version: Some(file.version),
            text_document_identifier: TextDocumentIdentifier { uri },
        };
        let edit = TextDocumentEdit { text_document, edits: edits.map(Edit::TextEdit).collect() };
        let document_changes = Some(vec![DocumentChange::TextDocumentEdit(edit)]);
        return WorkspaceEdit { document_changes, ..WorkspaceEdit::default() };
    }
    WorkspaceEdit { changes: Some(HashMap::from([(uri, edits.collect())])), ..WorkspaceEdit::default() }
}
