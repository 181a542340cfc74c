use std::collections::BTreeSet;
use std::io::{self, Write};

use super::{LayerCount, Nature, Params, Tensor};
use crate::dialects::adapterhub::slots::{Placed, Site, slots};
use crate::findings::fold::{self, Folding, Paths, grouped};
use crate::report::one_line;

/// Modules that differ in nothing but their layer.
struct Entry {
    heading: String,
    layers: BTreeSet<u64>,
    /// Other paths of the modules, folded.
    aliases: Vec<Paths>,
    rows: Vec<Row>,
}

/// A tensor of a module: the end of its name, its role, symbols and sizes, elements, and what is worth saying.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Row([String; 5], String);

pub(super) fn write(out: &mut impl Write, params: &Params, placed: &[Placed], attribute: &str) -> io::Result<()> {
    let entries = entries(placed, attribute);
    let mut widths = [0; 5];
    for Row(cells, _) in entries.iter().flat_map(|(_, entry)| &entry.rows) {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for (paths, entry) in &entries {
        let layers = fold::layers(&entry.layers).map_or_else(String::new, |layers| format!("{layers}: "));
        writeln!(out, "{layers}{}", entry.heading)?;
        writeln!(out, "  {}", one_line(&paths.to_string()))?;
        for alias in &entry.aliases {
            writeln!(out, "  also {}", one_line(&alias.to_string()))?;
        }
        for Row([leaf, role, symbols, sizes, elements], remarks) in &entry.rows {
            let [a, b, c, d, e] = widths;
            let line = format!("    {leaf:a$}  {role:b$}  {symbols:c$}  {sizes:d$}  {elements:>e$}  {remarks}");
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    totals(out, params)
}

fn entries(placed: &[Placed], attribute: &str) -> Vec<(Paths, Entry)> {
    let mut folding = Folding::new();
    let mut entries: Vec<Entry> = Vec::new();
    for module in placed {
        let tensors: Vec<Tensor> =
            slots(std::slice::from_ref(module), attribute).into_iter().map(Tensor::from).collect();
        let prefix = if attribute.is_empty() { String::new() } else { format!("{attribute}.") };
        let path = format!("{prefix}{}", module.path);
        let method = tensors.first().map_or("", |tensor| tensor.method.as_str());
        let heading = match &module.site {
            Site::Prefixes { location, layers } => {
                let layers = layers.iter().copied().collect();
                format!("{location} of {}, {method}", fold::layers(&layers).unwrap_or_default())
            }
            Site::PrefixGate { location, .. } => format!("gate of {location}, {method}"),
            site if site.name() == method => method.to_owned(),
            site => format!("{}, {method}", site.name()),
        };
        let rows: Vec<_> = tensors.iter().map(|tensor| row(tensor, &path)).collect();
        let kind = (heading.clone(), rows.clone());
        let is_alone = module.aliases.is_empty();
        let number = if is_alone { folding.add(kind, &path) } else { folding.add_apart(kind, &path) };
        match entries.get_mut(number) {
            Some(entry) => entry.layers.extend(module.layer),
            None => entries.push(Entry {
                heading,
                layers: module.layer.into_iter().collect(),
                aliases: fold::paths(
                    &module.aliases.iter().map(|alias| format!("{prefix}{alias}")).collect::<Vec<_>>(),
                ),
                rows,
            }),
        }
    }
    folding.finish().into_iter().zip(entries).collect()
}

fn row(tensor: &Tensor, path: &str) -> Row {
    // The same module is saved under one of its other paths where it is not saved under this one.
    let leaf = tensor.name.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'));
    let leaf = leaf.unwrap_or(&tensor.name).to_owned();
    let joined = |parts: Vec<String>| if parts.is_empty() { "·".to_owned() } else { parts.join("×") };
    let sizes = joined(tensor.shape.iter().map(u64::to_string).collect());
    let mut remarks = Vec::new();
    match tensor.nature {
        Nature::Trained => {}
        Nature::Frozen => remarks.push("frozen".to_owned()),
        Nature::Buffer => remarks.push("buffer".to_owned()),
    }
    if tensor.dtype != "float32" {
        remarks.push(tensor.dtype.clone());
    }
    if !tensor.saved {
        remarks.push("not saved".to_owned());
    }
    let own = tensor.aliases.iter().filter_map(|alias| alias.strip_prefix(path)?.strip_prefix('.'));
    remarks.extend(own.map(|alias| format!("also {alias}")));
    let cells = [leaf, tensor.role.clone(), joined(tensor.symbols.clone()), sizes, grouped(tensor.elements)];
    Row(cells.map(|cell| one_line(&cell).into_owned()), remarks.join(", "))
}

fn totals(out: &mut impl Write, params: &Params) -> io::Result<()> {
    let mut line = format!("{} parameters", grouped(params.parameters));
    if params.trained != params.parameters {
        line += &format!(", {} of them trained", grouped(params.trained));
    }
    if let Some(base) = params.model.parameters.filter(|base| *base > 0) {
        let percent = params.parameters as f64 / base as f64 * 100.0;
        line += &format!(": {percent:.3} % of the {} of {}", grouped(base), one_line(&params.model.name));
    }
    writeln!(out, "{line}")?;
    let mut counts: Vec<(u64, BTreeSet<u64>)> = Vec::new();
    for LayerCount { layer, parameters } in &params.per_layer {
        let Some(layer) = layer else {
            writeln!(out, "  {} in no layer", grouped(*parameters))?;
            continue;
        };
        match counts.iter_mut().find(|(count, _)| count == parameters) {
            Some((_, layers)) => _ = layers.insert(*layer),
            None => counts.push((*parameters, [*layer].into())),
        }
    }
    for (count, layers) in counts {
        let each = if layers.len() > 1 { "in each of" } else { "in" };
        writeln!(out, "  {} {each} {}", grouped(count), fold::layers(&layers).unwrap_or_default())?;
    }
    Ok(())
}
