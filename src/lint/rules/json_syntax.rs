use crate::document::{Document, Edit, Problem, ProblemKind, Span, pointer};
use crate::findings::{Report, rule};
use crate::tensors::LFS_POINTER;

rule! {
    /// Something is misplaced or missing in the file's syntax.
    ///
    /// ## Why is this bad
    /// No reader can load the file: Python's `json` raises a `JSONDecodeError`, a YAML reader a `ScannerError`, before
    /// it looks at anything else.
    ///
    /// ## Example
    /// ```json
    /// {"reduction_factor": 16 "mh_adapter": true}
    /// ```
    ///
    /// ## Fix safety
    /// A missing comma or colon is added, an extra comma in an object is removed, a character that JSON does not count
    /// as a space becomes one, and Python's `True`, `False` and `None` become `true`, `false` and `null`: these fixes
    /// are safe, since the intent is clear. An extra comma in a list may stand for a lost value, so removing it is only
    /// suggested. For anything else there is no fix. A text that is no JSON is changed only if it is JSON afterwards:
    /// where a quote is missing, everything behind it may have been misread.
    JsonSyntax, Error
}

impl JsonSyntax {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        match problem.kind {
            ProblemKind::Syntax => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                let json = match document.source.slice(problem.span) {
                    "True" => "true",
                    "False" => "false",
                    "None" => "null",
                    "," => {
                        finding.mend(
                            vec![Edit::new(problem.span, "")],
                            "Remove the comma",
                            is_in_object(document, problem),
                        );
                        return;
                    }
                    _ if problem.span.start == 0 && document.source.text().as_bytes().starts_with(LFS_POINTER) => {
                        finding.help("run `git lfs pull`");
                        return;
                    }
                    other => {
                        if let Some(blank) = as_blank(other) {
                            finding.replace(problem.span, blank, "Write an ordinary space");
                        }
                        return;
                    }
                };
                finding.help("this is Python's spelling; JSON writes `true`, `false` and `null`");
                finding.replace(problem.span, json, format!("Write `{json}`"));
            }
            ProblemKind::MissingComma => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                finding.replace(problem.span, ",", "Add the comma");
            }
            ProblemKind::MissingColon => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                let behind_the_key = document.source.slice(Span::new(0, problem.span.start)).trim_end().len();
                finding.replace(Span::new(behind_the_key, behind_the_key), ":", "Add the colon");
            }
            _ => {}
        }
    }
}

/// Whether the innermost value around a flaw is an object.
fn is_in_object(document: &Document, problem: &Problem) -> bool {
    let root = document.root.as_ref();
    let around = root.and_then(|root| pointer::find(root, &pointer::at(root, problem.span)));
    around.is_some_and(|(node, _)| node.is_map())
}

/// What JSON has in place of a character that looks like white space, or like nothing.
fn as_blank(text: &str) -> Option<&'static str> {
    let mut characters = text.chars();
    match (characters.next()?, characters.next()) {
        ('\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}', None) => Some(""),
        // JSON's own white space is at fault only in YAML, where it has a meaning.
        (' ' | '\t' | '\n' | '\r', _) => None,
        (character, None) if character.is_whitespace() => Some(" "),
        _ => None,
    }
}
