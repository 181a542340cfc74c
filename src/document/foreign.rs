//! What is found where JSON should be.

use super::Span;
use crate::tensors::LFS_POINTER;

/// What a text is in place of JSON, and where it shows.
pub(super) fn instead_of_json(text: &str) -> Option<(Span, &'static str)> {
    if let Some(at) = conflict(text) {
        return Some((
            Span::new(at, at + MARKER.len()),
            "the markers of a merge conflict, which somebody has to resolve",
        ));
    }
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let at = text.len() - start.len();
    let what = match start {
        _ if start.as_bytes().starts_with(LFS_POINTER) => "a Git LFS pointer in place of the file",
        _ if start.starts_with('<') => "a web page or XML in place of JSON",
        _ if start.starts_with("```") => "the fences of Markdown, which are no part of a config",
        _ => return None,
    };
    Some((Span::new(at, at + start.find('\n').unwrap_or(start.len())), what))
}

/// What Git writes before its own side of a conflict.
const MARKER: &str = "<<<<<<< ";

/// Where the first line of a conflict begins.
fn conflict(text: &str) -> Option<usize> {
    if text.starts_with(MARKER) {
        return Some(0);
    }
    // Few texts have that many of them, so that this takes no time.
    let mut from = 0;
    while let Some(found) = text[from..].find(MARKER) {
        let at = from + found;
        if text[..at].ends_with('\n') {
            return Some(at);
        }
        from = at + MARKER.len();
    }
    None
}

/// What is wrong with a quotation mark that is not JSON's; `None` for anything else.
pub(super) fn quotation_mark(raw: &str) -> Option<String> {
    let mark = raw.chars().next().filter(|mark| matches!(mark, '\u{2018}'..='\u{201f}' | '«' | '»' | '`'))?;
    Some(format!("`{mark}` is not the quotation mark that JSON has, which is `\"`"))
}
