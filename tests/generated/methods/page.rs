//! A page in Markdown.

use super::SOURCES;
use super::cases::Cases;
use super::links::Links;
use super::parameters;
use super::peft_cases::PeftCases;
use super::source::{Item, Kind, Source};

/// The page of a module: what it is and its equations, its parameters, then all else.
pub(super) fn page(source: &Source, links: &Links, cases: &Cases, peft: &PeftCases) -> String {
    let mut page = Page { text: String::new(), source, links };
    let doc = links.turn(&source.name, "", &source.doc);
    let title = title(&doc);
    page.block(&[format!("# {title}")]);
    page.facts(cases, peft);
    // What the title says already is not said again.
    let paragraph = doc.iter().position(String::is_empty).unwrap_or(doc.len());
    let is_said = doc[..paragraph].join(" ") == format!("{title}.");
    page.block(&doc[if is_said { (paragraph + 1).min(doc.len()) } else { 0 }..]);
    let (first, second): (Vec<_>, Vec<_>) = source.items.iter().partition(|item| {
        let is_equation = |line: &String| line == "```text";
        let in_part = item.parts.iter().any(|part| part.doc.iter().any(is_equation));
        item.doc.iter().any(is_equation) || in_part
    });
    let mut inner = Vec::new();
    for item in first {
        if item.path.contains("::") { inner.push(item) } else { page.item(item, "##") }
    }
    page.block(&parameters::table(&source.name));
    let (types, functions): (Vec<_>, Vec<_>) = second.into_iter().partition(|item| item.kind == Kind::Type);
    for item in types {
        page.item(item, "##");
    }
    inner.extend(functions);
    if !inner.is_empty() {
        page.block(&["## Functions".to_owned()]);
    }
    for item in inner {
        page.item(item, "###");
    }
    page.text
}

/// What a page is called: the first words of its docs.
fn title(doc: &[String]) -> String {
    let text = doc.join(" ");
    let title = text[..text.find([':', '.', '(']).unwrap_or(text.len())].trim();
    assert!(!title.is_empty(), "docs begin with a title: {text}");
    title.to_owned()
}

struct Page<'a> {
    text: String,
    source: &'a Source,
    links: &'a Links,
}

impl Page<'_> {
    /// Some lines, and an empty one between them and the next.
    fn block(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        for line in lines {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn facts(&mut self, cases: &Cases, peft: &PeftCases) {
        let files = self.source.files.iter().map(|file| format!("[`{SOURCES}/{file}`](../../{SOURCES}/{file})"));
        let mut facts = vec![format!("- Source: {}", files.collect::<Vec<_>>().join(", "))];
        let library = library(self.source);
        if !library.is_empty() {
            facts.push(format!("- Follows: {}", library.join("; ")));
        }
        if let Some(cases) = cases.of(&self.source.name) {
            facts.push(format!("- [Golden cases](../../fixtures/oracle/README.md#kinds): {cases}"));
        }
        if let Some(cases) = peft.of(&self.source.name) {
            facts.push(format!("- [Golden cases](../../fixtures/oracle_peft/README.md): {cases}"));
        }
        self.block(&facts);
        let how = "This page is generated from the source; `BLESS=1 cargo test --test generated` writes it anew.";
        self.block(&[how.to_owned()]);
    }

    fn item(&mut self, item: &Item, heading: &str) {
        self.block(&[format!("{heading} `{}`", item.path)]);
        if item.kind == Kind::Function {
            self.block(&["```rust".to_owned(), item.signature.clone(), "```".to_owned()]);
        }
        let owner = item.path.split("::").next().unwrap_or_default();
        let doc = self.links.turn(&self.source.name, owner, &item.doc);
        self.block(&without_headings(&doc));
        let mut parts = Vec::new();
        for part in &item.parts {
            self.part(part, owner, "", &mut parts);
        }
        self.block(&parts);
    }

    /// A field or variant as an entry of a list.
    fn part(&self, part: &Item, owner: &str, indent: &str, lines: &mut Vec<String>) {
        let doc = self.links.turn(&self.source.name, owner, &part.doc);
        for (index, line) in doc.iter().enumerate() {
            lines.push(match (index, line.is_empty()) {
                (0, _) => format!("{indent}- `{}`: {line}", part.path),
                (_, true) => String::new(),
                (_, false) => format!("{indent}  {line}"),
            });
        }
        for inner in &part.parts {
            self.part(inner, owner, &format!("{indent}  "), lines);
        }
    }
}

/// Docs in which `# Errors` is no heading.
fn without_headings(doc: &[String]) -> Vec<String> {
    let (mut lines, mut heading) = (Vec::new(), None);
    for line in doc {
        match line.strip_prefix("# ") {
            Some(text) => heading = Some(text),
            None => lines.push(match heading.take() {
                Some(heading) => format!("*{heading}:* {line}"),
                None => line.clone(),
            }),
        }
    }
    lines
}

/// The files of the library, with the names in them, that the docs point to.
fn library(source: &Source) -> Vec<String> {
    let mut docs = vec![source.doc.join(" ")];
    docs.extend(source.items.iter().map(|item| item.doc.join(" ")));
    let mut files: Vec<(String, Vec<String>)> = Vec::new();
    for doc in docs {
        // Every second piece is code; between a file and a name in it stands a comma.
        let pieces: Vec<_> = doc.split('`').collect();
        for (index, file) in pieces.iter().enumerate().filter(|(index, piece)| index % 2 == 1 && piece.ends_with(".py"))
        {
            let at = files.iter().position(|(known, _)| known == file).unwrap_or_else(|| {
                files.push(((*file).to_owned(), Vec::new()));
                files.len() - 1
            });
            let mut between: &[&str] = &[", ", ", classes "];
            for pair in pieces[index + 1..].chunks_exact(2) {
                if !between.contains(&pair[0]) || pair[1].ends_with(".py") {
                    break;
                }
                if !files[at].1.iter().any(|known| known == pair[1]) {
                    files[at].1.push(pair[1].to_owned());
                }
                between = if pair[0] == ", classes " { &[" and "] } else { &[] };
            }
        }
    }
    let words = |(file, names): &(String, Vec<String>)| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let package = match file.split('/').next() {
            Some("torch" | "transformers") => "",
            Some("tuners" | "peft_model.py") => "peft/",
            _ => "adapters/",
        };
        let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        format!("`{package}{file}`{names}")
    };
    files.iter().map(words).collect()
}
