//! Tables for people: rows of cells in columns, and modules of tensors, told once where they differ in nothing but their
//! layer.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use super::one_line;
use crate::findings::fold::{self, Folding, Paths};

/// Cells, and what is worth saying behind them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Row<const N: usize> {
    cells: [String; N],
    remarks: String,
}

impl<const N: usize> Row<N> {
    pub(super) fn new(cells: [String; N], remarks: impl Into<String>) -> Self {
        let one_line = |text: String| one_line(&text).into_owned();
        Self { cells: cells.map(one_line), remarks: one_line(remarks.into()) }
    }
}

/// Columns as wide as their widest cells.
pub(super) struct Columns<const N: usize> {
    widths: [usize; N],
    /// From this one on they hold numbers, which end below each other.
    numbers: usize,
}

impl<const N: usize> Columns<N> {
    pub(super) fn of<'r>(rows: impl IntoIterator<Item = &'r Row<N>>, numbers: usize) -> Self {
        let mut widths = [0; N];
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        Self { widths, numbers }
    }

    pub(super) fn write(&self, out: &mut impl Write, indent: &str, row: &Row<N>) -> io::Result<()> {
        let mut line = indent.to_owned();
        for (at, (cell, width)) in row.cells.iter().zip(self.widths).enumerate() {
            let _ = if at < self.numbers { write!(line, "{cell:width$}  ") } else { write!(line, "{cell:>width$}  ") };
        }
        line += &row.remarks;
        writeln!(out, "{}", line.trim_end())
    }
}

/// Sizes of a tensor, or their symbols.
pub(super) fn sizes(sizes: impl IntoIterator<Item = impl Display>) -> String {
    let sizes: Vec<_> = sizes.into_iter().map(|size| size.to_string()).collect();
    if sizes.is_empty() { "·".to_owned() } else { sizes.join("×") }
}

/// A module, or several that differ in nothing but their layer.
pub(super) struct Module<const N: usize> {
    /// What it is, if that is known.
    pub(super) heading: Option<String>,
    pub(super) layers: BTreeSet<u64>,
    /// Other paths of it. What has some is told apart.
    pub(super) aliases: Vec<String>,
    /// Its tensors.
    pub(super) rows: Vec<Row<N>>,
}

/// Modules in the order in which they came.
pub(super) struct Modules<const N: usize> {
    folding: Folding<(Option<String>, Vec<Row<N>>)>,
    told: Vec<Module<N>>,
}

impl<const N: usize> Modules<N> {
    pub(super) fn new() -> Self {
        Self { folding: Folding::new(), told: Vec::new() }
    }

    pub(super) fn add(&mut self, path: &str, module: Module<N>) {
        let kind = (module.heading.clone(), module.rows.clone());
        let is_alone = module.aliases.is_empty();
        let number = if is_alone { self.folding.add(kind, path) } else { self.folding.add_apart(kind, path) };
        match self.told.get_mut(number) {
            Some(told) => told.layers.extend(module.layers),
            None => self.told.push(module),
        }
    }

    /// Writes them one below the other. The last column holds numbers.
    pub(super) fn write(self, out: &mut impl Write) -> io::Result<()> {
        let columns = Columns::of(self.told.iter().flat_map(|module| &module.rows), N - 1);
        for (paths, module) in self.folding.finish().iter().zip(&self.told) {
            let indent = if module.heading.is_some() { "  " } else { "" };
            if let Some(heading) = &module.heading {
                let layers = fold::layers(&module.layers).map_or_else(String::new, |layers| format!("{layers}: "));
                writeln!(out, "{}", one_line(&format!("{layers}{heading}")))?;
            }
            let line = |paths: &Paths| one_line(&paths.to_string()).into_owned();
            writeln!(out, "{indent}{}", line(paths))?;
            for alias in &fold::paths(module.aliases.iter().map(String::as_str)) {
                writeln!(out, "{indent}also {}", line(alias))?;
            }
            let indent = format!("{indent}  ");
            module.rows.iter().try_for_each(|row| columns.write(out, &indent, row))?;
            writeln!(out)?;
        }
        Ok(())
    }
}
