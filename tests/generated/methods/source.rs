//! What a source says: the docs of its public items. It reads Rust as rustfmt writes it, by lines and indents.

use super::SOURCES;
use crate::root;

/// The docs of a module.
pub(super) struct Source {
    /// The module; the page is called so too.
    pub(super) name: String,
    /// Its files, below the folder of all methods.
    pub(super) files: Vec<String>,
    /// What it says of itself.
    pub(super) doc: Vec<String>,
    pub(super) items: Vec<Item>,
    modules: Vec<Submodule>,
}

/// A module in a module.
#[derive(Debug)]
pub(super) struct Submodule {
    pub(super) name: String,
    pub(super) public: bool,
}

/// A public item, or one of its parts.
pub(super) struct Item {
    /// `Lora`, `Lora::forward`; of a part, its own name only.
    pub(super) path: String,
    pub(super) kind: Kind,
    /// As it is declared, without its body.
    pub(super) signature: String,
    pub(super) doc: Vec<String>,
    /// The public fields of a struct, the variants of an enum with their fields.
    pub(super) parts: Vec<Item>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Type,
    Function,
    Part,
}

impl Source {
    /// A module in a file, or in a folder of files.
    pub(super) fn of_module(name: &str) -> Self {
        let folder = root().join(SOURCES).join(name);
        if !folder.is_dir() {
            return Self::read(name, &[format!("{name}.rs")]);
        }
        let entries = std::fs::read_dir(folder).expect("the folder can be read");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
            .map(|file| format!("{name}/{file}"))
            .collect();
        // The module's own file first.
        files.sort_by_key(|file| (!file.ends_with("/mod.rs"), file.clone()));
        Self::read(name, &files)
    }

    /// A module in several files, of which the first says what it is.
    pub(super) fn read<S: AsRef<str>>(name: &str, files: &[S]) -> Self {
        let files: Vec<_> = files.iter().map(|file| file.as_ref().to_owned()).collect();
        let mut source =
            Self { name: name.to_owned(), files: Vec::new(), doc: Vec::new(), items: Vec::new(), modules: Vec::new() };
        for file in files {
            let path = root().join(SOURCES).join(&file);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let lines: Vec<&str> = text.lines().collect();
            if source.files.is_empty() {
                source.doc = lines.iter().filter_map(|line| after(line, "//!")).collect();
            }
            let before = source.items.len();
            for block in blocks(&lines) {
                source.take(&block);
            }
            if source.files.is_empty() || source.items.len() > before {
                source.files.push(file);
            }
        }
        source
    }

    pub(super) fn modules(self) -> Vec<Submodule> {
        self.modules
    }

    fn take(&mut self, block: &Block<'_>) {
        let head = block.head.as_str();
        let part = |kind, doc: &[String], path: String, parts| Item {
            path,
            kind,
            signature: signature(head),
            doc: doc.to_vec(),
            parts,
        };
        if let Some(rest) = head.strip_prefix("pub struct ") {
            self.items.push(part(Kind::Type, &block.doc, name(rest), block.parts(true)));
        } else if let Some(rest) = head.strip_prefix("pub enum ") {
            self.items.push(part(Kind::Type, &block.doc, name(rest), block.parts(false)));
        } else if let Some(rest) = head.strip_prefix("pub trait ") {
            self.items.push(part(Kind::Type, &block.doc, name(rest), Vec::new()));
            self.associated(&name(rest), block, "");
        } else if let Some(rest) = head.strip_prefix("pub type ") {
            self.items.push(part(Kind::Type, &block.doc, name(rest), Vec::new()));
        } else if let Some(rest) = callable(head, "pub ") {
            self.items.push(part(Kind::Function, &block.doc, name(rest), Vec::new()));
        } else if let Some(owner) = implemented(head) {
            self.associated(&owner, block, "pub ");
        } else if let Some((public, rest)) = module(head) {
            self.modules.push(Submodule { name: name(rest), public });
        } else {
            assert!(!head.starts_with("pub ") || head.starts_with("pub use "), "what is this: {head}");
        }
    }

    /// The functions and constants of a type.
    fn associated(&mut self, owner: &str, block: &Block<'_>, visibility: &str) {
        for inner in blocks(&block.body) {
            if let Some(rest) = callable(&inner.head, visibility) {
                let path = format!("{owner}::{}", name(rest));
                let signature = signature(&inner.head);
                self.items.push(Item { path, kind: Kind::Function, signature, doc: inner.doc, parts: Vec::new() });
            }
        }
    }
}

/// Something declared, with its docs and what stands between its braces.
struct Block<'a> {
    doc: Vec<String>,
    head: String,
    body: Vec<&'a str>,
}

impl Block<'_> {
    /// The fields of a struct that are `public`, or the variants of an enum and all their fields.
    fn parts(&self, public: bool) -> Vec<Item> {
        let visibility = if public { "pub " } else { "" };
        let inner = blocks(&self.body);
        let parts = inner.iter().filter_map(|block| Some((block, block.head.strip_prefix(visibility)?)));
        let item = |(block, head): (&Block<'_>, &str)| Item {
            path: name(head),
            kind: Kind::Part,
            signature: String::new(),
            doc: block.doc.clone(),
            parts: block.parts(false),
        };
        parts.map(item).collect()
    }
}

/// What is declared in some lines, at no indent.
fn blocks<'a>(lines: &[&'a str]) -> Vec<Block<'a>> {
    let (mut blocks, mut doc, mut lines) = (Vec::new(), Vec::new(), lines.iter().copied().peekable());
    while let Some(line) = lines.next() {
        if let Some(text) = after(line, "///") {
            doc.push(text);
        } else if line.starts_with("#[") {
            let mut last = line;
            while !last.ends_with(']') {
                last = lines.next().expect("an attribute ends");
            }
        } else if !line.is_empty() && !line.starts_with("//") {
            let mut head = line.to_owned();
            let mut last = line;
            while last.starts_with(' ') || !last.ends_with(['{', '}', ';', ',']) {
                last = lines.next().expect("a declaration ends");
                head = format!("{head}\n{last}");
            }
            let mut body = Vec::new();
            if last.ends_with('{') {
                while let Some(inner) = lines.next_if(|line| !line.starts_with('}')) {
                    body.push(inner.strip_prefix("    ").unwrap_or(inner));
                }
                lines.next();
            }
            blocks.push(Block { doc: std::mem::take(&mut doc), head, body });
        }
    }
    blocks
}

fn after(line: &str, mark: &str) -> Option<String> {
    line.strip_prefix(mark).map(|text| text.strip_prefix(' ').unwrap_or(text).to_owned())
}

/// What follows `fn` or `const`.
fn callable<'a>(head: &'a str, visibility: &str) -> Option<&'a str> {
    let rest = head.strip_prefix(visibility)?;
    rest.strip_prefix("fn ").or_else(|| rest.strip_prefix("const "))
}

/// The type that has functions of its own here.
fn implemented(head: &str) -> Option<String> {
    let rest = head.strip_prefix("impl")?;
    if rest.contains(" for ") {
        return None;
    }
    let rest = if rest.starts_with('<') { rest.split_once("> ")?.1 } else { rest.trim_start() };
    Some(name(rest))
}

fn module(head: &str) -> Option<(bool, &str)> {
    let public = head.strip_prefix("pub mod ").map(|rest| (true, rest));
    public.or_else(|| head.strip_prefix("mod ").map(|rest| (false, rest)))
}

fn name(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// A declaration without its body, and without a list of several lines that a constant is.
fn signature(head: &str) -> String {
    let list = head.contains(" = [\n").then(|| head.split_once(" = ")).flatten();
    list.map_or(head, |(declared, _)| declared).trim_end_matches(['{', ';', ' ', '\n']).to_owned()
}
