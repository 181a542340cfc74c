use std::path::{Path, PathBuf};

use gen_lsp_types::{Range, TextDocumentContentChangeEvent, TextDocumentItem};

use super::settings::Settings;
use super::text::{Encoding, Lines};
use super::uri;
use crate::document::{Document, Format, MAX_BYTES, Span};
use crate::fix::{self, Safety};
use crate::lint::{Finding, Linted};
use crate::settings::Judging;

/// A text that is open in the editor.
#[derive(Debug)]
pub(super) struct File {
    /// Its URI, as the client writes it.
    pub(super) uri: String,
    /// What it is called to the linter.
    pub(super) name: String,
    /// Where it is, if it is on a disk.
    pub(super) path: Option<PathBuf>,
    /// The language.
    pub(super) format: Format,
    /// The number of the last edit.
    pub(super) version: i32,
    /// The text as it is now.
    pub(super) text: String,
    /// Whether the text's newest state is yet to be told to the client.
    pub(super) is_dirty: bool,
    lines: Lines,
    encoding: Encoding,
    judged: Option<Judged>,
}

/// What the linter says of a text.
#[derive(Debug)]
pub(super) struct Judged {
    /// The text's values.
    pub(super) document: Document,
    /// What the file is, and what was found in it.
    pub(super) linted: Linted,
    /// What it was judged with.
    pub(super) judging: Judging,
    /// Why the settings above the file could not be used.
    pub(super) failure: Option<String>,
}

impl Judged {
    /// Whether the file is surely one of those that the linter knows. Nothing is said of others.
    pub(super) fn is_ours(&self) -> bool {
        self.linted.recognised.certain
    }
}

impl File {
    /// A file that was just opened.
    pub(super) fn new(item: TextDocumentItem, encoding: Encoding) -> Self {
        let uri = item.uri.0;
        let mut name = uri::name(&uri);
        let named = Format::of_path(Path::new(&name));
        let says_yaml = String::from(item.language_id) == "yaml";
        let format = named.unwrap_or(if says_yaml { Format::Yaml } else { Format::Json });
        if format == Format::Yaml && named.is_none() {
            name.push_str(".yaml");
        }
        Self {
            path: uri::path(&uri).map(PathBuf::from),
            name,
            format,
            version: item.version,
            lines: Lines::new(&item.text, encoding),
            text: item.text,
            is_dirty: true,
            encoding,
            judged: None,
            uri,
        }
    }

    /// Takes edits, each of the text that the one before left.
    pub(super) fn edit(&mut self, changes: Vec<TextDocumentContentChangeEvent>, version: i32) {
        for change in changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change) => {
                    let span = self.lines.span(&self.text, change.range);
                    self.text.replace_range(span.start..span.end, &change.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change) => {
                    self.text = change.text;
                }
            }
            self.lines = Lines::new(&self.text, self.encoding);
        }
        self.version = version;
        self.forget();
    }

    /// Forgets what was judged.
    pub(super) fn forget(&mut self) {
        self.judged = None;
        self.is_dirty = true;
    }

    /// What the linter says of the text as it is now.
    pub(super) fn judged(&mut self, settings: &Settings) -> &Judged {
        let Self { judged, text, format, name, path, .. } = self;
        judged.get_or_insert_with(|| {
            let (judging, failure) = match settings.of(path.as_deref()) {
                Ok(judging) => (judging, None),
                Err(error) => (Judging::default(), Some(error.to_string())),
            };
            let document = read(text, *format);
            let (judging, _) = judging.of_config(document.root.as_ref());
            let linted = judging.lint(&document, name);
            Judged { document, linted, judging, failure }
        })
    }

    /// The text with all safe fixes applied; `None` if there are none.
    pub(super) fn fixed(&mut self, settings: &Settings) -> Option<String> {
        self.judged(settings);
        let Judged { document, judging, .. } = self.judged.as_ref()?;
        let wants = |finding: &Finding| Safety::Safe.takes(finding) && judging.wants(finding);
        let mended = fix::mend_wanted(document, &self.name, self.format, &judging.options, &wants);
        let text = mended.document.source.text();
        (text != self.text).then(|| text.to_owned())
    }

    /// The place of some bytes.
    pub(super) fn range(&self, span: Span) -> Range {
        self.lines.range(&self.text, span)
    }

    /// The bytes at a place.
    pub(super) fn span(&self, range: Range) -> Span {
        self.lines.span(&self.text, range)
    }

    /// The byte at a place.
    pub(super) fn offset(&self, position: gen_lsp_types::Position) -> usize {
        self.lines.offset(&self.text, position)
    }
}

fn read(text: &str, format: Format) -> Document {
    let bytes = text.len() as u64;
    if bytes > MAX_BYTES { Document::too_large(bytes) } else { Document::read(text.as_bytes().to_vec(), format) }
}
