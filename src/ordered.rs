//! Maps in the order of their keys.

use std::collections::BTreeMap;

/// The map of some pairs; of equal keys the last counts. `collect` sorts the pairs first, and a sort of its own is compiled
/// for every place that collects: five kilobytes of the program each.
pub(crate) fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}
