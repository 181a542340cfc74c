//! One file: read, judged and written, apart from all others.

use std::path::Path;

use adapter_spec::document::Document;
use adapter_spec::lint::{self, Options};
use adapter_spec::report::{FileReport, Format, Totals};

use super::walk::Input;
use crate::cli::{input, talk};

/// What stands for standard input where nobody named it.
const STDIN: &str = "<stdin>";

/// What files are judged with and written in.
pub(super) struct Judge<'a> {
    pub(super) options: &'a Options,
    pub(super) format: &'a dyn Format,
}

/// What became of a file.
pub(super) enum Outcome {
    /// It was judged, and all that is left of it is what is to be written.
    Judged(Piece),
    /// A card of the Hub, of which more shows when all cards are there.
    Card(FileReport, Named),
    /// It was only found in a folder, and is nobody's.
    Stranger,
    /// It could not be looked at.
    Failed(anyhow::Error),
}

/// Whether the user named a file, rather than a folder that it is in.
pub(super) type Named = bool;

/// What is left of a file that was judged.
pub(super) struct Piece {
    pub(super) path: String,
    /// Its part of the output.
    pub(super) text: Vec<u8>,
    pub(super) totals: Totals,
    /// What it is, in a line, if the user named it.
    pub(super) line: Option<String>,
}

impl Judge<'_> {
    /// Judges a file of a walk.
    pub(super) fn file(&self, input: anyhow::Result<Input>) -> Outcome {
        let judged = input.and_then(|input| Ok((self.report(&input)?, input.named)));
        match judged {
            Ok((Some(file), named)) => self.outcome(file, named),
            Ok((None, _)) => Outcome::Stranger,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Judges standard input, which may have a name.
    pub(super) fn stdin(&self, name: &str) -> Outcome {
        match input::read_stdin(name) {
            Ok(document) => {
                let path = if name.is_empty() { STDIN } else { name };
                let linted = lint::lint(&document, name, self.options);
                self.outcome(FileReport::new(path, document, linted), true)
            }
            Err(error) => Outcome::Failed(error),
        }
    }

    /// `None` if the file is nobody's.
    fn report(&self, input: &Input) -> anyhow::Result<Option<FileReport>> {
        if !self.options.all_numbers && input::is_weights(&input.path) {
            let size = std::fs::metadata(&input.path).map_or(0, |metadata| metadata.len());
            if size > lint::FEW_BYTES {
                talk(&format!("{}: only the headers are read; --stats looks at the numbers", input.path.display()));
            }
        }
        let path = input.path.display().to_string();
        if let Some(file) = self.weights(&input.path, &path)? {
            return Ok(Some(file));
        }
        let document = input::read(&input.path)?;
        let linted = lint::lint(&document, &path, self.options);
        let is_ours = input.named || linted.recognised.certain;
        Ok(is_ours.then(|| FileReport::new(path, document, linted)))
    }

    fn weights(&self, path: &Path, shown: &str) -> anyhow::Result<Option<FileReport>> {
        if !input::is_weights(path) {
            return Ok(None);
        }
        let linted = lint::lint_weights(path, self.options)?;
        Ok(linted.map(|linted| FileReport::new(shown, Document::without_text(), linted)))
    }

    fn outcome(&self, file: FileReport, named: Named) -> Outcome {
        if file.recognised.kind.is_hub_card() {
            return Outcome::Card(file, named);
        }
        match self.piece(&file, named) {
            Ok(piece) => Outcome::Judged(piece),
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Writes a file.
    pub(super) fn piece(&self, file: &FileReport, named: Named) -> anyhow::Result<Piece> {
        let mut text = Vec::new();
        self.format.file(file, &mut text)?;
        let totals = Totals::of(file);
        let line = named.then(|| format!("{}: {}, {}", file.path, file.description(), totals.summary.problems()));
        Ok(Piece { path: file.path.clone(), text, totals, line })
    }
}
