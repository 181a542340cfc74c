//! How two saved adapters compare, as text and as JSON. The types of [`diff`](crate::diff) are the format of the JSON, and
//! `schemas/diff.json` is generated from them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::one_line;
use crate::diff::{Compared, Comparison, Numbers, Part, Run, State, Tensor, Which};
use crate::findings::fold;
use crate::findings::words::counted;
use crate::report::rows::{Columns, Row, sizes};

/// Writes for people: what is the same is told once, what differs in a table.
///
/// # Errors
/// If it cannot be written.
pub fn write_text(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    for (which, subject) in [("A", &comparison.a), ("B", &comparison.b)] {
        writeln!(out, "{}", one_line(&format!("{which}  {}, saved by {}", subject.path, subject.release)))?;
    }
    for obstacle in &comparison.obstacles {
        let of = match obstacle.of {
            Some(Which::A) => "A: ",
            Some(Which::B) => "B: ",
            None => "note, of both: ",
        };
        writeln!(out, "{}", one_line(&format!("{of}{}", obstacle.what)))?;
    }
    for note in &comparison.notes {
        let of = match note.of {
            Which::A => "A",
            Which::B => "B",
        };
        writeln!(out, "{}", one_line(&format!("note, of {of}: {}", note.what)))?;
    }
    for part in &comparison.parts {
        writeln!(out)?;
        write_part(out, part)?;
    }
    if let Some(run) = &comparison.run {
        writeln!(out, "\n{}", one_line(&told(run)))?;
    }
    writeln!(out, "\n{}", if comparison.same { "the same function" } else { "not the same function" })
}

/// Writes one JSON text.
///
/// # Errors
/// If it cannot be written.
pub fn write_json(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, comparison)?;
    writeln!(out)
}

fn write_part(out: &mut impl Write, part: &Part) -> io::Result<()> {
    let name = |name: &str| if name.is_empty() { String::new() } else { format!(" `{name}`") };
    let heading = match (&part.a, &part.b) {
        (Some(a), Some(b)) if a == b => format!("{}{}", part.role, name(a)),
        (Some(a), Some(b)) => format!("{}{}, in B{}", part.role, name(a), name(b)),
        (Some(a), None) => format!("{}{}: only A has it", part.role, name(a)),
        (None, b) => format!("{}{}: only B has it", part.role, name(b.as_deref().unwrap_or_default())),
    };
    writeln!(out, "{}", one_line(&heading))?;
    for key in &part.config {
        let why = key.harmless.as_ref().map_or_else(String::new, |why| format!(": harmless, {why}"));
        writeln!(out, "  {}", one_line(&format!("{}  {} -> {}{why}", key.key, key.a, key.b)))?;
    }
    let mut alike: BTreeMap<(State, Compared), (usize, f64)> = BTreeMap::new();
    for tensor in part.tensors.iter().filter(|tensor| tensor.state.is_same()) {
        let (count, largest) = alike.entry((tensor.state, tensor.compared)).or_default();
        *count += 1;
        *largest = largest.max(tensor.relative.unwrap_or_default());
    }
    for ((state, compared), (count, largest)) in alike {
        let what = match (state, compared) {
            (State::Identical, _) => "with the same bytes",
            (State::Equal, _) => "with the same numbers",
            (State::Unused, _) => "that the method does not use",
            (_, Compared::Update) => "with other numbers that make the same updates",
            (_, Compared::Prefix) => "with other numbers that give the same prefixes",
            (_, Compared::Projection) => "with other numbers that give the same projections",
            (_, Compared::Intervention) => "with other numbers that make the same interventions",
            (_, Compared::Products) => "with other factors of the same Kronecker products",
            (_, Compared::Units) => "with the units of their bottlenecks in another order",
            (_, Compared::Tensor) => "with numbers that do the same",
        };
        let within = if largest > 0.0 { format!(", within {largest:.1e} of the largest") } else { String::new() };
        writeln!(out, "  {} {what}{within}", counted(count, "tensor"))?;
    }
    renamed(out, part)?;
    table(out, part)
}

/// An example of the names of both where they are not the same.
fn renamed(out: &mut impl Write, part: &Part) -> io::Result<()> {
    let differs = |tensor: &&Tensor| match (&tensor.a, &tensor.b) {
        (Some(a), Some(b)) => tensor.state.is_same() && a.names != b.names,
        _ => false,
    };
    let mut others = part.tensors.iter().filter(differs);
    let Some(Tensor { a: Some(a), b: Some(b), .. }) = others.next() else { return Ok(()) };
    let more = others.count();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let line = format!("under other names: {} -> {}{more}", a.names.join(" + "), b.names.join(" + "));
    writeln!(out, "  {}", one_line(&line))
}

/// What is not the same, like rows of many layers told once with the largest difference.
fn table(out: &mut impl Write, part: &Part) -> io::Result<()> {
    // What is alike in a row: the end of the name, both tensors, and how they compare; then what is not.
    type Alike = (String, String, String, State, Compared);
    type Different<'a> = (Vec<&'a String>, Option<f64>, Option<f64>);
    let mut rows: IndexMap<Alike, Different<'_>> = IndexMap::new();
    for tensor in part.tensors.iter().filter(|tensor| !tensor.state.is_same()) {
        let leaf = tensor.slot.rsplit_once('*').map_or("", |(_, leaf)| leaf).to_owned();
        let row = (leaf, shown(tensor.a.as_ref()), shown(tensor.b.as_ref()), tensor.state, tensor.compared);
        let larger = |one: Option<f64>, other: Option<f64>| Some(one?.max(other?));
        match rows.entry(row) {
            Entry::Occupied(mut same) => {
                let (slots, absolute, relative) = same.get_mut();
                slots.push(&tensor.slot);
                *absolute = larger(*absolute, tensor.absolute);
                *relative = larger(*relative, tensor.relative);
            }
            Entry::Vacant(new) => _ = new.insert((vec![&tensor.slot], tensor.absolute, tensor.relative)),
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut told = vec![Row::new(["A", "B", "absolute", "relative"].map(str::to_owned), "not the same")];
    for ((_, a, b, state, compared), (slots, absolute, relative)) in rows {
        let number = |number: Option<f64>| match number {
            Some(number) => format!("{number:.1e}"),
            None if state == State::Differs => "-".to_owned(),
            None => String::new(),
        };
        let by = match compared {
            Compared::Update => ", by its update",
            Compared::Prefix => ", by its prefix",
            Compared::Projection => ", by its projection",
            Compared::Intervention => ", by its intervention",
            Compared::Products => ", by the sum of its Kronecker products",
            Compared::Tensor | Compared::Units => "",
        };
        for paths in fold::paths(slots.into_iter().map(String::as_str)) {
            let cells = [a.clone(), b.clone(), number(absolute), number(relative)];
            told.push(Row::new(cells, format!("{paths}{by}")));
        }
    }
    let columns = Columns::of(&told, 2);
    writeln!(out)?;
    told.iter().try_for_each(|row| columns.write(out, "  ", row))
}

fn shown(numbers: Option<&Numbers>) -> String {
    numbers.map_or_else(|| "none".to_owned(), |Numbers { dtype, shape, .. }| format!("{dtype} {}", sizes(shape)))
}

fn told(run: &Run) -> String {
    match (&run.failed, run.absolute, run.relative) {
        (Some(why), ..) => format!("the model was not run: {why}"),
        (None, Some(absolute), Some(relative)) => {
            let outcome = if run.same { "the same" } else { "not the same" };
            format!(
                "the model computes {outcome}: the last states differ by {absolute:.1e}, {relative:.1e} of the largest"
            )
        }
        (None, ..) => "the model does not compute the same: states are not finite".to_owned(),
    }
}
