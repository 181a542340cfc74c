//! From the table and a config to every module, one a layer, in the order of `named_modules`.

use super::condition::holds;
use super::sizes::Sizes;
use super::table::{Class, Row, Section};
use super::{Kind, Module, Tree};
use crate::document::json;
use crate::value::{Map, Value};

/// No model has more modules than this: a config that says so is not believed.
const MAX_MODULES: usize = 300_000;

/// A row whose name is partly decided.
#[derive(Clone)]
struct Open {
    name: String,
    row: Row,
    /// The first number in its name, once it is decided.
    number: Option<u64>,
}

/// The modules of a class.
pub(super) fn tree(section: &Section, class: &Class, config: &Map) -> Option<Tree> {
    let mut rows = Vec::new();
    collect(section, class, "", &mut rows)?;
    let sizes = Sizes::new(section, config);
    if !is_recorded(section, &sizes) {
        return None;
    }
    let mut modules = Vec::new();
    expand(rows, &sizes, &mut modules)?;
    // Every config class of the library ties them unless it says otherwise. Of a model with a text model in it that one's config
    // decides; PEFT looks at the whole one's, too.
    let says = |key: &str| sizes.value(key).map(|value| value != Value::Bool(false));
    let by_whole = says("tie_word_embeddings").unwrap_or(true);
    let are_tied = says("text_config.tie_word_embeddings").unwrap_or(by_whole);
    let is_tied = class.output.is_some() && are_tied;
    let tied = if are_tied && by_whole { class.tied.clone() } else { Vec::new() };
    let (model_type, class) = (section.model_type, class);
    Some(Tree {
        model_type,
        class: class.name,
        input: class.input,
        output: class.output,
        is_tied,
        tied,
        reads: section.reads.clone(),
        config: config.clone(),
        modules,
    })
}

/// Whether the table is of models like this one.
fn is_recorded(section: &Section, sizes: &Sizes<'_>) -> bool {
    let is_one_of = |(key, known): &(&str, &str)| {
        known.split(' ').any(|known| match sizes.value(key) {
            Some(Value::String(text)) => text == known,
            Some(Value::Bool(flag)) => known == if flag { "true" } else { "false" },
            Some(value) => json::parse(known).0.is_some_and(|node| node.to_value() == value),
            None => true,
        })
    };
    let is_as_long = |(key, length): &(&str, &str)| match sizes.value(key) {
        Some(Value::List(items)) => length.parse() == Ok(items.len()),
        Some(_) => false,
        None => true,
    };
    section.only.iter().all(is_one_of) && section.lengths.iter().all(is_as_long)
}

/// The rows of a class, those of the classes in it included.
fn collect(section: &Section, class: &Class, prefix: &str, rows: &mut Vec<Open>) -> Option<()> {
    for row in &class.rows {
        let name = format!("{prefix}{}", row.name);
        match row.kind.strip_prefix('@') {
            None => rows.push(Open { name, row: *row, number: None }),
            Some(inner) => {
                let row = Row { kind: inner, ..*row };
                let inner = section.class_named(inner).filter(|inner| inner.name != class.name)?;
                let prefix = format!("{name}.");
                rows.push(Open { name, row, number: None });
                collect(section, inner, &prefix, rows)?;
            }
        }
    }
    Some(())
}

/// Writes rows out; those that begin with the same list are written for each of its numbers in turn.
fn expand(rows: Vec<Open>, sizes: &Sizes<'_>, modules: &mut Vec<Module>) -> Option<()> {
    let mut rows = rows.into_iter().peekable();
    while let Some(open) = rows.next() {
        let Some(list) = list_of(&open.name).map(str::to_owned) else {
            write(&open, sizes, modules)?;
            continue;
        };
        let mut group = vec![open];
        while let Some(next) = rows.next_if(|next| list_of(&next.name) == Some(&list)) {
            group.push(next);
        }
        let (before, size) = list.split_once('{')?;
        for (index, item) in (0..).zip(items_of(size.strip_suffix('}')?, sizes)?) {
            let prefix = format!("{before}{item}");
            let inner = group.iter().map(|open| Open {
                name: format!("{prefix}{}", open.name.strip_prefix(&list).unwrap_or_default()),
                row: open.row,
                number: open.number.or(Some(index)),
            });
            expand(inner.collect(), sizes, modules)?;
        }
    }
    Some(())
}

/// What the modules of a list are called: numbers, or the names under a key.
fn items_of(size: &str, sizes: &Sizes<'_>) -> Option<Vec<String>> {
    let Some(key) = size.strip_prefix("each:") else {
        let count = sizes.formula(size).filter(|count| *count <= super::super::MAX_LAYERS)?;
        return Some((0..count).map(|number| number.to_string()).collect());
    };
    let names = sizes.value(key)?;
    let names = names.as_list().filter(|names| names.len() as u64 <= super::super::MAX_LAYERS)?;
    // torch takes no dots in these; what looks like a list is none.
    let is_name = |name: &&str| !name.is_empty() && !name.contains(['.', '{', '}']);
    names.iter().map(|name| name.as_str().filter(is_name).map(str::to_owned)).collect()
}

/// The beginning of a name up to its first list.
fn list_of(name: &str) -> Option<&str> {
    name.find('}').and_then(|end| name.get(..=end))
}

fn write(open: &Open, sizes: &Sizes<'_>, modules: &mut Vec<Module>) -> Option<()> {
    let number = open.number.or_else(|| open.name.split('.').find_map(|part| part.parse().ok())).unwrap_or(0);
    if open.row.condition.is_some_and(|condition| holds(condition, sizes, number) != Some(true)) {
        // What cannot be decided makes the whole tree unknown.
        return open.row.condition.and_then(|condition| holds(condition, sizes, number)).map(|_| ());
    }
    if modules.len() >= MAX_MODULES {
        return None;
    }
    let (mut parameters, mut groups) = (Vec::new(), Some(1));
    for parameter in open.row.parameters.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (name, dimensions) = parameter.split_once('=')?;
        if name == "groups" {
            groups = sizes.formula(dimensions);
            continue;
        }
        let shape = dimensions.split(',').filter(|dimension| !dimension.is_empty());
        parameters.push((name, shape.map(|dimension| sizes.formula(dimension)).collect()));
    }
    modules.push(Module { name: open.name.clone(), kind: Kind::of(open.row.kind), parameters, groups });
    Some(())
}
