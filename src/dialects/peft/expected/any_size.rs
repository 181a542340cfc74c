//! What a config alone says of the tensors at a layer, whatever its sizes are.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::{Row, Stop, of_sizes, same};
use crate::dialects::peft::PeftType::Oft;
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

/// The name of OFT's rotations at a layer.
pub(crate) const ROTATIONS: &str = "oft_R.weight";

/// Kernels of convolutions.
const KERNELS: [u64; 2] = [1, 3];

/// No more names are held against keys of patterns than make so many pairs: each pair is looked at for all sizes.
const MOST_PAIRS: usize = 1 << 16;

/// The ends of names and the shapes of the tensors at linear layers of these names, as far as they are the same for layers of
/// all sizes for which PEFT does not refuse the config, and for convolutions whose tensors have the same names and as many
/// dimensions. Nothing where that is nothing.
pub(crate) fn of_any_size<'n>(config: &Map, names: &[&'n str]) -> BTreeMap<&'n str, Vec<Row>> {
    let tree = Tree::of_modules(Vec::new());
    let entries: usize = config.iter().filter_map(|(_, value)| value.as_map()).map(Map::len).sum();
    let is_small = names.len().checked_mul(entries).is_some_and(|pairs| pairs <= MOST_PAIRS);
    let case = Case::new(config, &tree).filter(|_| is_small);
    let rows = |name: &&'n str| Some((*name, at_any_size(case.as_ref()?, name)?));
    crate::ordered::map(names.iter().filter_map(rows))
}

fn at_any_size(case: &Case<'_>, name: &str) -> Option<Vec<Row>> {
    let mut common: Option<Vec<Row>> = None;
    let (mut inner, mut outer) = (BTreeSet::new(), BTreeSet::new());
    for sizes in SIZES {
        for has_bias in [false, true] {
            let (layer, other) = (linear(name, sizes, has_bias), linear("other", OTHER, has_bias));
            let rows = match of_sizes(case, &layer, &[&layer, &other]) {
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
            let rows = of_sizes(case, &layer, &[&layer]).ok();
            common = rows.and_then(|rows| same(common.clone(), rows)).unwrap_or(common);
        }
    }
    Some(common)
}

/// The shape of OFT's rotations at a layer where those of this shape were found: how many blocks there are and how large they
/// are says how wide the layer is. `None` where that cannot be known, as with one block that all share.
pub(crate) fn of_rotations(config: &Map, name: &str, (blocks, half): (u64, u64)) -> Option<Vec<Option<u64>>> {
    const WIDEST: u64 = 1 << 16;
    let tree = Tree::of_modules(Vec::new());
    let case = Case::new(config, &tree).filter(Case::is_small)?;
    if case.method != Oft || case.flag("block_share") && blocks == 1 {
        return None;
    }
    let size = half.checked_mul(8)?.checked_add(1)?.isqrt().div_ceil(2);
    if size > WIDEST || size * (size - 1) / 2 != half {
        return None;
    }
    let width = blocks.checked_mul(size).filter(|width| (1..=WIDEST).contains(width))?;
    let layer = linear(name, (width, OTHER.0), false);
    let rows = of_sizes(&case, &layer, &[&layer]).ok()?;
    rows.into_iter().find(|(end, _)| end == ROTATIONS).map(|(_, shape)| shape)
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
        of_any_size(Value::from(&config).as_map()?, &["layers.0.q_proj"]).remove("layers.0.q_proj")
    }

    #[test]
    fn what_depends_on_a_size_is_open() {
        let hra = shapes(serde_json::json!({"peft_type": "HRA", "r": 6}));
        assert_eq!(hra, Some(vec![("hra_u".to_owned(), vec![None, Some(6)])]));
        let boft = shapes(serde_json::json!({"peft_type": "BOFT", "boft_block_size": 4}));
        let blocks = ("boft_R".to_owned(), vec![Some(1), None, Some(4), Some(4)]);
        // At a convolution it lies on its side.
        assert_eq!(boft, Some(vec![blocks, ("boft_s".to_owned(), vec![None, None])]));
        let rates = serde_json::json!({"peft_type": "WAVEFT", "n_frequency": 30, "proportional_parameters": true});
        assert_eq!(shapes(rates), Some(vec![("waveft_spectrum".to_owned(), vec![None])]));
    }

    #[test]
    fn rotations_say_how_wide_their_layer_is() {
        let shape = |config: serde_json::Value, found| {
            super::of_rotations(Value::from(&config).as_map()?, "layers.0.q_proj", found)
        };
        let of_blocks = |size: u64| serde_json::json!({"peft_type": "OFT", "oft_block_size": size});
        // 4 blocks of 4.
        assert_eq!(shape(of_blocks(4), (4, 6)), Some(vec![Some(4), Some(6)]));
        assert_eq!(shape(of_blocks(8), (4, 6)), Some(vec![Some(2), Some(28)]));
        // 5 is no half of a matrix.
        assert_eq!(shape(of_blocks(4), (4, 5)), None);
    }

    #[test]
    fn a_pattern_counts_for_the_modules_that_it_matches() {
        let config = serde_json::json!({"peft_type": "LOHA", "r": 4, "rank_pattern": {"q_proj": 2}});
        let first = shapes(config).map(|rows| rows[0].clone());
        assert_eq!(first, Some(("hada_w1_a".to_owned(), vec![None, Some(2)])));
    }
}
