//! Compositions of adapters, as `adapter_setup.json` writes them.

use super::keys::{self, Key};
use super::object::{Object, Others, object};
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::{Node, Span, pointer};
use crate::findings::words::described;
use crate::value::Value;

/// A type of composition block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum BlockType {
    Stack,
    Fuse,
    Split,
    BatchSplit,
    Parallel,
    Average,
    MultiTask,
}

impl BlockType {
    /// All of them.
    pub(in super::super) const ALL: [Self; 7] =
        [Self::Stack, Self::Fuse, Self::Split, Self::BatchSplit, Self::Parallel, Self::Average, Self::MultiTask];

    /// The name of the class.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Stack => "Stack",
            Self::Fuse => "Fuse",
            Self::Split => "Split",
            Self::BatchSplit => "BatchSplit",
            Self::Parallel => "Parallel",
            Self::Average => "Average",
            Self::MultiTask => "MultiTask",
        }
    }

    /// The blocks that may stand in it, beside adapters (`ALLOWED_NESTINGS`).
    pub(in super::super) fn may_hold(self) -> &'static [Self] {
        match self {
            Self::Stack => &[Self::Fuse, Self::Split, Self::Parallel, Self::BatchSplit, Self::Average, Self::MultiTask],
            Self::Fuse => &[Self::Stack],
            Self::Split => &[Self::Split, Self::Stack, Self::BatchSplit, Self::Average],
            Self::Parallel => &[Self::Stack, Self::BatchSplit, Self::Average],
            Self::MultiTask => &[Self::Stack, Self::Average, Self::Fuse],
            Self::BatchSplit => &[Self::Stack, Self::Split, Self::BatchSplit, Self::Average],
            Self::Average => &[Self::Stack, Self::Split, Self::BatchSplit],
        }
    }

    /// The argument that lists sizes.
    pub(in super::super) fn sizes_key(self) -> Option<&'static str> {
        match self {
            Self::Split => Some("splits"),
            Self::BatchSplit => Some("batch_sizes"),
            _ => None,
        }
    }

    fn arguments(self) -> &'static [Key] {
        match self {
            Self::Stack | Self::Parallel | Self::MultiTask => keys::NO_ARGUMENTS,
            Self::Fuse => keys::FUSE_ARGUMENTS,
            Self::Split => keys::SPLIT_ARGUMENTS,
            Self::BatchSplit => keys::BATCH_SPLIT_ARGUMENTS,
            Self::Average => keys::AVERAGE_ARGUMENTS,
        }
    }
}

/// A composition of the file.
#[derive(Debug)]
pub(in super::super) struct Setup<'a> {
    /// Whether it composes heads, not adapters.
    pub(in super::super) of_heads: bool,
    /// The outermost block.
    pub(in super::super) block: Block<'a>,
}

/// A composition block.
#[derive(Debug)]
pub(in super::super) struct Block<'a> {
    pub(in super::super) node: &'a Node,
    pub(in super::super) pointer: String,
    /// Its type, if the library has it.
    pub(in super::super) kind: Option<BlockType>,
    /// The type of the block that it stands in, if the library has it.
    pub(in super::super) parent: Option<BlockType>,
    /// How deep it stands; the outermost block is at 0.
    pub(in super::super) level: usize,
    pub(in super::super) children: Vec<Child<'a>>,
}

/// A child of a block.
#[derive(Debug)]
pub(in super::super) enum Child<'a> {
    /// An adapter (or head); `rest` is what the file writes beside its name.
    Name { rest: Option<(String, Span)> },
    /// A block.
    Block(Block<'a>),
    /// Neither. The message is empty where the structure says enough.
    Unusable { pointer: String, span: Span, message: String },
}

/// The compositions of a file: of adapters, and of heads where they are written as a block.
pub(in super::super) fn setups<'a>(subject: &Subject<'a>) -> Vec<Setup<'a>> {
    let keys: &[(&str, bool)] = match subject.kind {
        FileKind::AdapterSetup => &[("adapter_setup", false), ("head_setup", true)],
        _ => &[],
    };
    let found = keys.iter().filter_map(|(key, of_heads)| {
        let node = subject.root.get(key).filter(|node| node.is_map())?;
        Some(Setup { of_heads: *of_heads, block: Block::read(node, pointer::push("", key), (None, 0)) })
    });
    found.collect()
}

impl<'a> Block<'a> {
    /// The place that stands for the whole block: its type, else its beginning.
    pub(in super::super) fn heading(&self) -> Span {
        self.node.get("type").map_or_else(|| super::python::opening(self.node), |kind| kind.span)
    }

    fn read(node: &'a Node, pointer: String, (parent, level): (Option<BlockType>, usize)) -> Self {
        let written = node.get("type").and_then(Node::as_str);
        let kind = written.and_then(|name| BlockType::ALL.into_iter().find(|kind| kind.name() == name));
        let items = node.get("children").map_or(&[][..], Node::items);
        let at = |index: usize| format!("{pointer}/children/{index}");
        let children = items.iter().enumerate().map(|(i, item)| Child::read(item, at(i), (kind, level + 1))).collect();
        Self { node, pointer, kind, parent, level, children }
    }

    /// This block and all within it.
    pub(in super::super) fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for block in self.blocks() {
            all.extend(block.all());
        }
        all
    }

    /// The blocks among the children.
    pub(in super::super) fn blocks(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Block(block) => Some(block),
            _ => None,
        })
    }

    /// An argument, and its pointer.
    pub(in super::super) fn argument(&self, key: &str) -> Option<(&'a Node, String)> {
        let node = self.node.get("kwargs")?.get(key)?;
        Some((node, pointer::push(&format!("{}/kwargs", self.pointer), key)))
    }

    /// The sizes of a Split or BatchSplit, one for each child or as listed; none if they are no integers.
    pub(in super::super) fn sizes(&self) -> Option<Vec<i64>> {
        let (node, _) = self.argument(self.kind?.sizes_key()?)?;
        match node.to_value() {
            Value::List(items) => items.iter().map(super::python::index).collect(),
            one => Some(vec![super::python::index(&one)?; self.children.len()]),
        }
    }

    /// How many copies of the input run side by side.
    pub(in super::super) fn channels(&self) -> usize {
        match self.kind {
            Some(BlockType::Parallel) => self.children.len(),
            _ => self.blocks().map(Self::channels).max().unwrap_or(1),
        }
    }

    pub(super) fn objects(&self) -> Vec<Object<'a>> {
        let what = self.kind.map_or("the block".to_owned(), |kind| format!("`{}`", kind.name()));
        let mut all = Vec::new();
        // A list of names is an old way to write a Stack.
        if self.node.is_list() {
            return all;
        }
        if self.node.get("type").and_then(Node::as_str).is_some_and(|name| name == "single") {
            all.push(object(what, self.node, self.pointer.clone(), keys::SINGLE, Others::Ignored));
            return all;
        }
        all.push(object(&what, self.node, self.pointer.clone(), keys::BLOCK, Others::Ignored));
        if let Some(kind) = self.kind {
            let chosen_by = self.node.get("type").map(|node| node.span);
            let (node, pointer, is_absent) = match self.node.get("kwargs") {
                Some(node) => (node, format!("{}/kwargs", self.pointer), false),
                None => (self.node, self.pointer.clone(), true),
            };
            // Arguments of another type are already a flaw of the block.
            if node.is_map() {
                let arguments = object(&what, node, pointer, kind.arguments(), Others::Refused);
                all.push(Object { is_absent, chosen_by, ..arguments });
            }
        }
        for block in self.blocks() {
            all.extend(block.objects());
        }
        all
    }
}

impl<'a> Child<'a> {
    fn read(node: &'a Node, pointer: String, (parent, level): (Option<BlockType>, usize)) -> Self {
        let unusable = |span: Span, message: String| Self::Unusable { pointer: pointer.clone(), span, message };
        if !node.is_map() {
            let found = described(&node.to_value());
            return unusable(node.span, format!("a child must be an object with `type` and `children`, not {found}"));
        }
        if node.get("type").and_then(Node::as_str) != Some("single") {
            return Self::Block(Block::read(node, pointer, (parent, level)));
        }
        let Some(names) = node.get("children") else {
            return unusable(super::python::opening(node), "the child lacks the key `children`".to_owned());
        };
        let at = pointer::push(&pointer, "children");
        match names.to_value() {
            Value::String(text) if !text.is_empty() => {
                let more = text.chars().count() > 1;
                Self::Name { rest: more.then_some((at, names.span)) }
            }
            Value::List(items) => match items.first() {
                Some(Value::String(name)) if !name.is_empty() => {
                    Self::Name { rest: names.items().get(1).map(|second| (format!("{at}/1"), second.span)) }
                }
                Some(Value::List(stacked)) if !stacked.is_empty() => {
                    let stack = &names.items()[0];
                    let names = stacked.iter().map(|_| Self::Name { rest: None }).collect();
                    let pointer = format!("{at}/0");
                    let kind = Some(BlockType::Stack);
                    Self::Block(Block { node: stack, pointer, kind, parent, level, children: names })
                }
                Some(other) => {
                    unusable(names.span, format!("the name of an adapter must be a string, not {}", described(other)))
                }
                None => unusable(names.span, "the child names no adapter".to_owned()),
            },
            other => unusable(names.span, format!("the child must list a single name, not {}", described(&other))),
        }
    }
}
