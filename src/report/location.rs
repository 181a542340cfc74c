//! What formats for other programs have in common: paths as these expect them, and names for findings that last.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sha1::{Digest as _, Sha1};

use super::FileReport;
use crate::lint::Finding;

/// No more of the guilty text goes into a finding's name: it may be as long as the file.
const MOST_TEXT: usize = 200;

/// A path with slashes, and without the `./` that a walk of the working folder begins with.
pub(super) fn slashed(path: &str) -> Cow<'_, str> {
    let path = if cfg!(windows) { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) };
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(without_dots(path)),
        Cow::Owned(path) => Cow::Owned(without_dots(&path).to_owned()),
    }
}

fn without_dots(path: &str) -> &str {
    let mut rest = path;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    if rest.is_empty() { path } else { rest }
}

/// The findings of a file, each with a name that stays when lines are added above it: made of the rule, the file, the
/// pointer and the guilty text, and a number for those that are equal in all of these.
pub(super) fn named(file: &FileReport) -> impl Iterator<Item = (&Finding, String)> {
    let path = slashed(&file.path);
    let mut seen = BTreeMap::<[u8; 20], usize>::new();
    file.findings.iter().map(move |finding| {
        let text = file.document.source.slice(finding.span).as_bytes();
        let text = &text[..text.len().min(MOST_TEXT)];
        let mut hash = Sha1::new();
        for part in [finding.rule.code.as_bytes(), path.as_bytes(), finding.pointer.as_bytes(), text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let equal = seen.entry(hash.clone().finalize().into()).or_default();
        if *equal > 0 {
            hash.update((*equal as u64).to_le_bytes());
        }
        *equal += 1;
        (finding, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    })
}

/// A finding's message, and how to mend it.
pub(super) fn told(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Format};
    use crate::lint::{Options, lint};

    #[test]
    fn paths_lose_their_dots() {
        let cases = [("./a/b", "a/b"), ("././/a", "a"), ("../a", "../a"), ("/a", "/a"), ("./", "./"), (".x", ".x")];
        for (path, expected) in cases {
            assert_eq!(slashed(path), expected);
        }
    }

    #[test]
    fn names_are_one_each_and_outlive_an_edit() {
        let names = |text: &str| {
            let document = Document::read(text.as_bytes().to_vec(), Format::Json);
            let linted = lint(&document, "a.json", &Options::default());
            let file = FileReport::new("./a.json", document, linted);
            named(&file).map(|(finding, name)| (finding.rule.code, name)).collect::<Vec<_>>()
        };
        let before = names(r#"{"r": 8, "alpha": [1,,,], "x": 1,}"#);
        let after = names("{\n  \"r\": 16,\n  \"alpha\": [1,,,],\n  \"x\": 1,}");
        assert_eq!(before, after);
        let mut unique: Vec<_> = before.iter().map(|(_, name)| name).collect();
        unique.sort_unstable();
        unique.dedup();
        assert!(before.len() > 3 && unique.len() == before.len(), "{before:?}");
    }
}
