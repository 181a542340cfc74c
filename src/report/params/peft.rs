//! The tensors of a PEFT adapter, as a table.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::dialects::peft::expected::BASE;
use crate::findings::fold::{grouped, share};
use crate::params::{PeftNature, PeftParams};
use crate::report::one_line;
use crate::report::rows::{Module, Modules, Row, sizes};

pub(super) fn write(out: &mut impl Write, params: &PeftParams) -> io::Result<()> {
    let mut told = Modules::new();
    for (path, rows) in by_module(params) {
        told.add(path, Module { heading: None, layers: BTreeSet::new(), aliases: Vec::new(), rows });
    }
    told.write(out)?;
    totals(out, params)
}

/// The tensors by the module that they are at: of each the end of its name, sizes and elements.
fn by_module(params: &PeftParams) -> Vec<(&str, Vec<Row<3>>)> {
    let modules: BTreeSet<&str> = params.modules.iter().map(String::as_str).collect();
    let mut found: Vec<(&str, Vec<Row<3>>)> = Vec::new();
    for tensor in &params.tensors {
        let (path, leaf) = parted(&tensor.name, &modules);
        let size = |size: &Option<u64>| size.map_or("?".to_owned(), |size| size.to_string());
        let remark = match (tensor.nature, tensor.saved) {
            (PeftNature::Trained, true) => "",
            (PeftNature::Trained, false) => "not saved",
            (PeftNature::Frozen, _) => "frozen",
            (PeftNature::Repeated, _) => "repeated",
            (PeftNature::Made, _) => "made of what is not saved",
        };
        let elements = tensor.elements.map_or("?".to_owned(), grouped);
        let row = Row::new([leaf.to_owned(), sizes(tensor.shape.iter().map(size)), elements], remark);
        match found.last_mut().filter(|(last, _)| *last == path) {
            Some((_, rows)) => rows.push(row),
            None => found.push((path, vec![row])),
        }
    }
    found
}

/// The path of the adapted module in a name, and what is behind it. A name at no module is parted before its last word.
fn parted<'n>(name: &'n str, modules: &BTreeSet<&str>) -> (&'n str, &'n str) {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    let is_module = |at: &usize| name[..*at].strip_prefix(BASE).is_some_and(|module| modules.contains(module));
    match dots.clone().find(is_module).or_else(|| dots.next()) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => ("at no module", name),
    }
}

fn totals(out: &mut impl Write, params: &PeftParams) -> io::Result<()> {
    let PeftParams { trained, saved, modules, class, model, .. } = params;
    let places = match modules.len() {
        0 => String::new(),
        1 => format!(" at one module of {class}"),
        count => format!(" at {} modules of {class}", grouped(count as u64)),
    };
    let Some(trained) = trained else {
        let trained = params.tensors.iter().filter(|tensor| tensor.nature == PeftNature::Trained);
        let known: u64 = trained.clone().filter_map(|tensor| tensor.elements).fold(0, u64::saturating_add);
        let open = trained.filter(|tensor| tensor.elements.is_none()).count();
        let tensors = if open == 1 { "a tensor".to_owned() } else { format!("{open} tensors") };
        return writeln!(
            out,
            "{} parameters are trained{places}, and {tensors} whose size depends on more than config and model",
            grouped(known)
        );
    };
    let mut line = format!("{} parameters are trained{places}", grouped(*trained));
    if let Some(base) = model.parameters.filter(|base| *base > 0) {
        line += &format!(": {} of the {} of {}", share(*trained, base), grouped(base), one_line(&model.name));
    }
    writeln!(out, "{line}")?;
    match saved {
        Some(saved) if saved != trained => writeln!(out, "{} numbers are saved", grouped(*saved)),
        _ => Ok(()),
    }
}
