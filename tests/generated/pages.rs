//! Pages written by hand name files that are there.

use std::path::{Path, PathBuf};

use super::root;

/// The hand-written pages. Those that are generated are compared whole.
fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).expect("there is documentation");
    let mut pages: Vec<_> = docs.map(|entry| entry.expect("an entry").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.extend(["README.md", "fuzz/README.md"].map(|name| root().join(name)));
    pages.sort();
    pages
}

/// The targets of links to files, from the page's own folder.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.filter_map(|(target, _)| target.split('#').next()).filter(|path| !path.is_empty() && !path.contains("://"))
}

/// The paths from the root that stand in code spans. Those with a part to be filled in are left out.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.split('`').skip(1).step_by(2);
    let folders = ["src/", "tests/", "fixtures/", "docs/", "schemas/", "benches/", "examples/"];
    spans.filter(move |span| {
        folders.iter().any(|folder| span.starts_with(folder)) && !span.contains(['<', '*', '…', '{', ' ', '\n'])
    })
}

#[test]
fn what_pages_name_is_there() {
    let mut checked = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page is text");
        // Code blocks have commands and files of the reader's own.
        let prose: String = text.split("```").step_by(2).collect();
        let folder = page.parent().unwrap_or(Path::new(""));
        let named = links(&prose).map(|link| folder.join(link)).chain(paths(&prose).map(|path| root().join(path)));
        for path in named {
            assert!(path.exists(), "{} names {}, which is not there", page.display(), path.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}
