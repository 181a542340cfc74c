use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use crate::dialects::adapterhub::checkpoint::names;
use crate::dialects::adapterhub::names::Container;
use crate::findings::fold::grouped;
use crate::inspect::{File, Inspection, Nature, Part, Stats, Tensor, ToldBy};
use crate::report::one_line;
use crate::report::rows::{Columns, Module, Modules, Row, sizes};

pub(super) fn write(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    for (index, part) in inspection.parts.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        heading(out, part)?;
        for file in &part.files {
            let has_stats = file.tensors.iter().any(|tensor| tensor.stats.is_some());
            about(out, file)?;
            if has_stats {
                statistics(out, file)?
            } else {
                modules(out, file)?
            }
            totals(out, file)?;
        }
    }
    Ok(())
}

/// What the part is, and what its config says.
fn heading(out: &mut impl Write, part: &Part) -> io::Result<()> {
    let name = part.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
    let role = part.role.as_deref().unwrap_or("weights");
    let library = part
        .dialect
        .as_deref()
        .map_or_else(|| "of no library that is known".to_owned(), |dialect| format!("of {dialect}"));
    writeln!(out, "{}", one_line(&format!("{role}{name} {library}")))?;
    let release = part.release.as_ref().map(|release| {
        let told = if release.told_by == ToldBy::Layout { ", told from its layout" } else { "" };
        format!("{} {}{told}", release.library, release.version)
    });
    let base = &part.base;
    let hidden = base.hidden_size.map(|size| format!("hidden size {size}"));
    let base: Vec<_> =
        [&base.model_type, &base.model_name, &base.model_class, &hidden].into_iter().flatten().cloned().collect();
    let config = part.config.as_ref().map(ToString::to_string);
    let rows = [
        ("folder", Some(part.folder.clone())),
        ("release", release),
        ("base model", Some(base.join(", "))),
        ("method", Some(part.methods.join(", "))),
        ("config", config),
    ];
    for (title, text) in rows {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            writeln!(out, "  {title:12}{}", one_line(&text))?;
        }
    }
    if let Some(error) = &part.config_error {
        writeln!(out, "  error: {}", one_line(error))?;
    }
    part.remarks.iter().try_for_each(|remark| writeln!(out, "  note: {}", one_line(remark)))
}

fn about(out: &mut impl Write, file: &File) -> io::Result<()> {
    let size = file.bytes.map(|bytes| format!(", {} bytes", grouped(bytes))).unwrap_or_default();
    let what = match (&file.format, &file.error) {
        (_, Some(error)) => error.clone(),
        (Some(format), None) => format!("{format}{size}"),
        (None, None) => return Ok(()),
    };
    writeln!(out, "\n{}\n", one_line(&format!("{}: {what}", file.name)))
}

fn totals(out: &mut impl Write, file: &File) -> io::Result<()> {
    if file.error.is_some() {
        return Ok(());
    }
    let counted = |number: u64, noun| format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" });
    let tensors = counted(file.tensors.len() as u64, "tensor");
    writeln!(out, "{} in {tensors}, {}", counted(file.parameters, "parameter"), counted(file.tensor_bytes, "byte"))
}

fn modules(out: &mut impl Write, file: &File) -> io::Result<()> {
    let mut modules: Vec<(&str, Vec<&Tensor>)> = Vec::new();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for tensor in &file.tensors {
        let (module, _) = split(tensor, &tensor.name);
        let number = *numbers.entry(module).or_insert_with(|| {
            modules.push((module, Vec::new()));
            modules.len() - 1
        });
        modules[number].1.push(tensor);
    }
    let has_places = file.tensors.iter().any(|tensor| tensor.slot.is_some());
    let mut told = Modules::new();
    for (path, tensors) in modules {
        let aliases: BTreeSet<&str> = tensors
            .iter()
            .flat_map(|tensor| tensor.aliases.iter().map(|alias| split(tensor, alias).0))
            .filter(|alias| *alias != path)
            .collect();
        let module = Module {
            heading: heading_of(&tensors).or_else(|| has_places.then(|| "place unknown".to_owned())),
            layers: tensors.iter().filter_map(|tensor| tensor.slot.as_ref()?.layer).collect(),
            aliases: aliases.into_iter().map(str::to_owned).collect(),
            rows: tensors.iter().map(|tensor| row(tensor, path)).collect(),
        };
        told.add(path, module);
    }
    told.write(out)
}

fn heading_of(tensors: &[&Tensor]) -> Option<String> {
    match tensors.first().and_then(|tensor| tensor.slot.as_ref()) {
        Some(slot) if slot.site == slot.method => Some(slot.site.clone()),
        Some(slot) => Some(format!("{}, {}", slot.site, slot.method)),
        None if tensors
            .iter()
            .all(|tensor| names::split(&tensor.name).is_some_and(|(name, _)| name.container == Container::Heads)) =>
        {
            Some("head".to_owned())
        }
        None => None,
    }
}

/// The path of a tensor's module, and the rest of its name.
fn split<'n>(tensor: &Tensor, name: &'n str) -> (&'n str, &'n str) {
    let mut end = match names::module(name) {
        Some((module, _)) => module.len(),
        None => {
            let end = name.rfind('.').unwrap_or(0);
            // PEFT's factors are modules of their own.
            let before = name[..end].rfind('.').unwrap_or(0);
            if name[before..end].starts_with(".lora_") { before } else { end }
        }
    };
    // The prefixes of each kind are a module.
    if tensor.slot.as_ref().is_some_and(|slot| slot.site == "prefixes" || slot.site == "prefix-gate") {
        end = name[end + 1..].find('.').map_or(end, |dot| end + 1 + dot);
    }
    (&name[..end], name[end..].trim_start_matches('.'))
}

/// The end of a tensor's name, its role, symbols, sizes, type and bytes.
fn row(tensor: &Tensor, path: &str) -> Row<6> {
    let (_, leaf) = split(tensor, &tensor.name);
    let slot = tensor.slot.as_ref();
    let mut remarks = Vec::new();
    match slot.map(|slot| slot.nature) {
        Some(Nature::Frozen) => remarks.push("frozen".to_owned()),
        Some(Nature::Buffer) => remarks.push("buffer".to_owned()),
        _ => {}
    }
    let own = tensor.aliases.iter().map(|alias| split(tensor, alias)).filter(|(module, _)| *module == path);
    remarks.extend(own.map(|(_, leaf)| format!("also {leaf}")));
    let cells = [
        leaf.to_owned(),
        slot.map_or_else(String::new, |slot| slot.role.clone()),
        slot.map_or_else(String::new, |slot| sizes(&slot.symbols)),
        sizes(&tensor.shape),
        tensor.dtype.clone(),
        grouped(tensor.bytes),
    ];
    Row::new(cells, remarks.join(", "))
}

/// One line a tensor, with what its numbers are like.
fn statistics(out: &mut impl Write, file: &File) -> io::Result<()> {
    let mut rows = vec![Row::new(["name", "sizes", "dtype", "min", "max", "mean", "norm"].map(str::to_owned), "")];
    for tensor in &file.tensors {
        let [min, max, mean, norm] =
            tensor.stats.map_or([None; 4], |stats| [stats.min, stats.max, stats.mean, stats.norm]).map(number);
        let cells = [tensor.name.clone(), sizes(&tensor.shape), tensor.dtype.clone(), min, max, mean, norm];
        rows.push(Row::new(cells, tensor.stats.map(remarks).unwrap_or_default()));
    }
    let columns = Columns::of(&rows, 3);
    rows.iter().try_for_each(|row| columns.write(out, "", row))?;
    writeln!(out)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(
        || "·".to_owned(),
        |value| if value.abs() == 0.0 { "0".to_owned() } else { format!("{value:.3e}") },
    )
}

fn remarks(stats: Stats) -> String {
    let mut remarks = Vec::new();
    if stats.nan > 0 {
        remarks.push(format!("{} NaN", grouped(stats.nan)));
    }
    if stats.infinite > 0 {
        remarks.push(format!("{} infinite", grouped(stats.infinite)));
    }
    let is_zero = stats.min == Some(0.0) && stats.max == Some(0.0) && remarks.is_empty();
    if is_zero {
        remarks.push("all zero".to_owned());
    }
    remarks.join(", ")
}
