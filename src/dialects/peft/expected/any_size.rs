//! What a config alone says of the tensors at a layer, whatever its sizes are.

use std::collections::BTreeSet;

use super::case::Case;
use super::{Row, Stop, of_sizes, same};
use crate::models::Tree;
use crate::models::tree::{Kind, Module};
use crate::value::Map;

/// Sizes of layers, `(in, out)`: some that many numbers divide, and some that none does; narrow ones and wide ones.
const SIZES: [(u64, u64); 10] = [
    (4096, 8192),
    (8192, 12288),
    (12288, 4096),
    (5040, 10080),
    (10080, 5040),
    (97, 840),
    (840, 101),
    (2, 4096),
    (4096, 3),
    (1, 1),
];

/// Another layer: what depends on all of them is not said of one.
const OTHER: (u64, u64) = (56, 72);

/// Kernels of convolutions.
const KERNELS: [u64; 2] = [1, 3];

/// The ends of names and the shapes of the tensors at a linear layer of this name, as far as they are the same for layers of
/// all sizes for which PEFT does not refuse the config, and for convolutions whose tensors have the same names and as many
/// dimensions. `None` where nothing is.
pub(crate) fn of_any_size(config: &Map, name: &str) -> Option<Vec<(String, Vec<Option<u64>>)>> {
    let tree = Tree::of_modules(Vec::new());
    let case = Case::new(config, &tree).filter(Case::is_small)?;
    let mut common: Option<Vec<Row>> = None;
    let (mut inner, mut outer) = (BTreeSet::new(), BTreeSet::new());
    for sizes in SIZES {
        for has_bias in [false, true] {
            let (layer, other) = (linear(name, sizes, has_bias), linear("other", OTHER, has_bias));
            let rows = match of_sizes(&case, &layer, &[&layer, &other]) {
                Ok(rows) => rows,
                Err(Stop::Refused(_)) => continue,
                Err(Stop::Unknown) => return None,
            };
            inner.insert(sizes.0);
            outer.insert(sizes.1);
            common = Some(match common {
                None => rows,
                Some(known) => same(known, rows)?,
            });
        }
    }
    // Of a single size nothing shows what depends on it.
    let mut common = common.filter(|_| inner.len() > 1 && outer.len() > 1)?;
    for sizes in SIZES {
        for kernel in KERNELS {
            let layer = convolution(name, sizes, kernel);
            let rows = of_sizes(&case, &layer, &[&layer]).ok();
            common = rows.and_then(|rows| same(common.clone(), rows)).unwrap_or(common);
        }
    }
    Some(common)
}

fn convolution(name: &str, (inner, out): (u64, u64), kernel: u64) -> Module {
    let shape = [out, inner, kernel, kernel].into_iter().map(Some).collect();
    Module { name: name.to_owned(), kind: Kind::Conv2d, parameters: vec![("weight", shape)], groups: Some(1) }
}

fn linear(name: &str, (inner, out): (u64, u64), has_bias: bool) -> Module {
    let mut parameters = vec![("weight", vec![Some(out), Some(inner)])];
    if has_bias {
        parameters.push(("bias", vec![Some(out)]));
    }
    Module { name: name.to_owned(), kind: Kind::Linear, parameters, groups: None }
}

#[cfg(test)]
mod tests {
    use super::of_any_size;
    use crate::value::Value;

    fn shapes(config: serde_json::Value) -> Option<Vec<(String, Vec<Option<u64>>)>> {
        of_any_size(Value::from(&config).as_map()?, "layers.0.q_proj")
    }

    #[test]
    fn what_depends_on_a_size_is_open() {
        let hra = shapes(serde_json::json!({"peft_type": "HRA", "r": 6}));
        assert_eq!(hra, Some(vec![("hra_u".to_owned(), vec![None, Some(6)])]));
        let boft = shapes(serde_json::json!({"peft_type": "BOFT", "boft_block_size": 4}));
        let blocks = ("boft_R".to_owned(), vec![Some(1), None, Some(4), Some(4)]);
        assert_eq!(boft, Some(vec![blocks, ("boft_s".to_owned(), vec![None, Some(1)])]));
        let rates = serde_json::json!({"peft_type": "WAVEFT", "n_frequency": 30, "proportional_parameters": true});
        assert_eq!(shapes(rates), Some(vec![("waveft_spectrum".to_owned(), vec![None])]));
    }

    #[test]
    fn a_pattern_counts_for_the_modules_that_it_matches() {
        let config = serde_json::json!({"peft_type": "LOHA", "r": 4, "rank_pattern": {"q_proj": 2}});
        let first = shapes(config).map(|rows| rows[0].clone());
        assert_eq!(first, Some(("hada_w1_a".to_owned(), vec![None, Some(2)])));
    }
}
