//! The table of modules, read a model type at a time.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use crate::packed::packed;

/// What is recorded: `trees.txt`.
static TABLE: LazyLock<String> =
    LazyLock::new(|| String::from_utf8(packed!("trees.txt")).expect("the table is a text"));

/// The lines of each model type, which are read once, if at all.
static SECTIONS: LazyLock<HashMap<&'static str, Lines>> = LazyLock::new(|| {
    let sections = TABLE.split("\ntype ").skip(1).filter_map(|section| section.split_once('\n'));
    sections.map(|(model_type, text)| (model_type, Lines { text, section: OnceLock::new() })).collect()
});

struct Lines {
    text: &'static str,
    section: OnceLock<Option<Section>>,
}

/// What the table has of one model type.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// `model_type`.
    pub model_type: &'static str,
    /// Keys, each with the JSON text of what the config class takes for it.
    pub defaults: Vec<(&'static str, &'static str)>,
    /// What the config class of a part takes for a key that a written part lacks, where this is not the default above: the
    /// part's `model_type` (`_` where it can be one only), the key, its value.
    pub within: Vec<(&'static str, &'static str, &'static str)>,
    /// Other names of keys.
    pub aliases: Vec<(&'static str, &'static str)>,
    /// Keys, each with the values that the table is of.
    pub only: Vec<(&'static str, &'static str)>,
    /// Lists, each with the number of items that the table is of.
    pub lengths: Vec<(&'static str, &'static str)>,
    /// Parts whose keys are among the others where a file has no such part.
    pub flat: Vec<&'static str>,
    /// Ends of names of modules, each with an attribute that the model takes from it.
    pub reads: Vec<(&'static str, &'static str)>,
    /// The classes.
    pub classes: Vec<Class>,
}

/// One class.
#[derive(Debug, Clone)]
pub(super) struct Class {
    /// Its name.
    pub name: &'static str,
    /// The tasks that it is built for.
    pub tasks: Vec<&'static str>,
    /// The input embeddings.
    pub input: Option<&'static str>,
    /// The output layer.
    pub output: Option<&'static str>,
    /// The modules whose weights are others' where the config ties them.
    pub tied: Vec<&'static str>,
    /// Its modules.
    pub rows: Vec<Row>,
}

/// One module, or one in every layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Its name; `{size}` for the numbers below a size.
    pub name: &'static str,
    /// Its kind; behind an `@` another class of the type, whose modules it has.
    pub kind: &'static str,
    /// `name=dimension,dimension`, separated by spaces; the `groups` of a convolution among them.
    pub parameters: &'static str,
    /// When it is there.
    pub condition: Option<&'static str>,
}

impl Section {
    fn read(model_type: &'static str, lines: &'static str) -> Option<Self> {
        let mut section = Self {
            model_type,
            defaults: Vec::new(),
            within: Vec::new(),
            aliases: Vec::new(),
            only: Vec::new(),
            lengths: Vec::new(),
            flat: Vec::new(),
            reads: Vec::new(),
            classes: Vec::new(),
        };
        for line in lines.lines() {
            let (word, rest) = line.split_once(' ')?;
            match (word, section.classes.last_mut()) {
                ("default", _) => section.defaults.push(rest.split_once(' ')?),
                ("within", _) => {
                    let (kind, rest) = rest.split_once(' ')?;
                    let (key, value) = rest.split_once(' ')?;
                    section.within.push((kind, key, value));
                }
                ("alias", _) => section.aliases.push(rest.split_once(' ')?),
                ("only", _) => section.only.push(rest.split_once(' ')?),
                ("length", _) => section.lengths.push(rest.split_once(' ')?),
                ("flat", _) => section.flat.push(rest),
                ("reads", _) => section.reads.push(rest.split_once(' ')?),
                ("class", _) => {
                    let (name, tasks) = rest.split_once(" / ")?;
                    let tasks = tasks.split(' ').collect();
                    section.classes.push(Class {
                        name,
                        tasks,
                        input: None,
                        output: None,
                        tied: Vec::new(),
                        rows: Vec::new(),
                    });
                }
                ("input", Some(class)) => class.input = Some(rest),
                ("output", Some(class)) => class.output = Some(rest),
                ("tied", Some(class)) => class.tied = rest.split(' ').collect(),
                ("", Some(class)) => class.rows.push(Row::read(rest)?),
                _ => return None,
            }
        }
        Some(section)
    }

    /// The class for a task of PEFT.
    pub(super) fn class_for(&self, task: &str) -> Option<&Class> {
        let task = if task == "FEATURE_EXTRACTION" { "BASE" } else { task };
        self.classes.iter().find(|class| class.tasks.contains(&task))
    }

    /// Whether the config class has a key, as far as modules follow from it.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.defaults.iter().any(|(known, _)| *known == key)
    }

    /// The key that another name of it means.
    pub(super) fn meant<'k>(&self, key: &'k str) -> &'k str {
        self.aliases.iter().find(|(alias, _)| *alias == key).map_or(key, |(_, meant)| meant)
    }

    /// The class of this name.
    pub(super) fn class_named(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }
}

/// Every model type.
pub(super) fn model_types() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter_map(|line| line.strip_prefix("type "))
}

/// What the table has of a model type.
pub(super) fn section(model_type: &str) -> Option<&'static Section> {
    let (model_type, lines) = SECTIONS.get_key_value(model_type)?;
    lines.section.get_or_init(|| Section::read(model_type, lines.text)).as_ref()
}

impl Row {
    fn read(line: &'static str) -> Option<Self> {
        let (line, condition) =
            line.split_once(" ? ").map_or((line, None), |(line, condition)| (line, Some(condition)));
        let (name, rest) = line.split_once(' ')?;
        let (kind, parameters) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Self { name, kind, parameters, condition })
    }
}
