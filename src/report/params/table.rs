use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::dialects::adapterhub::slots::{Placed, Site};
use crate::findings::fold::{self, grouped, share};
use crate::params::{LayerCount, Nature, Params, Tensor, modules};
use crate::report::one_line;
use crate::report::rows::{Module, Modules, Row, sizes};

pub(super) fn write(out: &mut impl Write, params: &Params, placed: &[Placed], attribute: &str) -> io::Result<()> {
    let mut told = Modules::new();
    for module in modules(placed, attribute) {
        let method = module.tensors.first().map_or("", |tensor| tensor.method.as_str());
        let rows = Module {
            heading: Some(heading(&module.placed.site, method)),
            layers: module.placed.layer.into_iter().collect(),
            rows: module.tensors.iter().map(|tensor| row(tensor, &module.path)).collect(),
            aliases: module.aliases,
        };
        told.add(&module.path, rows);
    }
    told.write(out)?;
    totals(out, params)
}

fn heading(site: &Site, method: &str) -> String {
    match site {
        Site::Prefixes { location, layers } => {
            let layers = layers.iter().copied().collect();
            format!("{location} of {}, {method}", fold::layers(&layers).unwrap_or_default())
        }
        Site::PrefixGate { location, .. } => format!("gate of {location}, {method}"),
        site if site.name() == method => method.to_owned(),
        site => format!("{}, {method}", site.name()),
    }
}

/// The end of a tensor's name, its role, symbols, sizes and elements.
fn row(tensor: &Tensor, path: &str) -> Row<5> {
    // The same module is saved under one of its other paths where it is not saved under this one.
    let leaf = tensor.name.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'));
    let leaf = leaf.unwrap_or(&tensor.name).to_owned();
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
    let cells = [leaf, tensor.role.clone(), sizes(&tensor.symbols), sizes(&tensor.shape), grouped(tensor.elements)];
    Row::new(cells, remarks.join(", "))
}

fn totals(out: &mut impl Write, params: &Params) -> io::Result<()> {
    let mut line = format!("{} parameters", grouped(params.parameters));
    if params.trained != params.parameters {
        line += &format!(", {} of them trained", grouped(params.trained));
    }
    if let Some(base) = params.model.parameters.filter(|base| *base > 0) {
        let share = share(params.parameters, base);
        line += &format!(": {share} of the {} of {}", grouped(base), one_line(&params.model.name));
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
