use std::path::PathBuf;

use serde_json::Value;

use super::text::Encoding;
use super::uri;

/// What the client can, from what it says when it starts. What it does not say it cannot.
#[derive(Debug)]
pub(super) struct Client {
    /// How it counts characters.
    pub(super) encoding: Encoding,
    /// Whether it takes snippets, with places to go through.
    pub(super) snippets: bool,
    /// Whether it shows documentation of completions as Markdown.
    pub(super) markdown_documentation: bool,
    /// Whether it shows hovers as Markdown.
    pub(super) markdown_hover: bool,
    /// Whether it shows other places that belong to a diagnostic.
    pub(super) related_information: bool,
    /// Whether it links the code of a diagnostic to a page.
    pub(super) code_descriptions: bool,
    /// Whether it shows what is unnecessary or deprecated as such.
    pub(super) tags: bool,
    /// Whether it wants to know of which version of a text a diagnostic is.
    pub(super) diagnostics_version: bool,
    /// Whether it takes actions that are edits.
    pub(super) code_actions: bool,
    /// Whether it checks that edits are of the version of the text that it has.
    pub(super) document_changes: bool,
    /// The folder that it is open on.
    pub(super) root: Option<PathBuf>,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub(super) fn new(params: &Value) -> Self {
        let at = |pointer: &str| params.pointer(&format!("/capabilities/{pointer}"));
        let can = |pointer: &str| at(pointer).and_then(Value::as_bool).unwrap_or_default();
        let lists = |pointer: &str, word: &str| {
            at(pointer).and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == word))
        };
        let encodes = |name: &str| lists("general/positionEncodings", name);
        let encoding = if encodes("utf-8") {
            Encoding::Utf8
        } else if encodes("utf-32") && !encodes("utf-16") {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        };
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str);
        let root = text("/workspaceFolders/0/uri").or_else(|| text("/rootUri"));
        Self {
            encoding,
            snippets: can("textDocument/completion/completionItem/snippetSupport"),
            markdown_documentation: lists("textDocument/completion/completionItem/documentationFormat", "markdown"),
            markdown_hover: lists("textDocument/hover/contentFormat", "markdown"),
            related_information: can("textDocument/publishDiagnostics/relatedInformation"),
            code_descriptions: can("textDocument/publishDiagnostics/codeDescriptionSupport"),
            tags: at("textDocument/publishDiagnostics/tagSupport").is_some_and(|tags| !tags.is_null()),
            diagnostics_version: can("textDocument/publishDiagnostics/versionSupport"),
            code_actions: at("textDocument/codeAction/codeActionLiteralSupport").is_some_and(|can| !can.is_null()),
            document_changes: can("workspace/workspaceEdit/documentChanges"),
            root: root.and_then(uri::path).or_else(|| text("/rootPath").map(str::to_owned)).map(PathBuf::from),
        }
    }
}
