//! AdaMSS: the rows of a weight in clusters, each with two small matrices behind one projection (`adamss/layer.py`). How many
//! rows a cluster has depends on the numbers of the weight.

use super::case::{Case, need};
use super::{Rows, row};
use crate::models::tree::Module;

/// The tensors at one module.
pub(super) fn at(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, rows) = super::case::widths(module)?;
    // A bias is a column of the weight.
    let inner = inner + u64::from(module.has_bias());
    let (rank, most) = (case.size("subspace_rank")?, case.size("r")?.min(inner).min(rows));
    // No cluster is empty.
    let count = case.size("num_subspaces")?.min(rows);
    if !case.flag("use_dynamic_rank") {
        let least = rows.div_ceil(count).min(rank);
        need(least <= most, module, "subspace_rank", || {
            format!("a cluster of rows needs {least} directions of only {most}; `subspace_rank` must not exceed `r`")
        })?;
    }
    let directions = if rank == 1 { Some(1) } else { None };
    let of_cluster = if count == 1 { Some(rows) } else { None };
    let mut all = vec![row("adamss_newB", [most, inner])];
    for cluster in 0..count {
        all.push((format!("adamss_A.{cluster}"), vec![directions, Some(most)]));
        all.push((format!("adamss_B.{cluster}"), vec![of_cluster, directions]));
    }
    Ok(all)
}
