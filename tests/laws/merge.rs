//! The laws of `merge`, on generated layers.

use std::collections::BTreeSet;

use adapter_spec::merge::{Layer, Layered, Origin, SetPath};
use adapter_spec::value::{Int, Value};
use proptest::prelude::*;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..4).prop_map(|int| Value::Int(Int::from(int))),
        (-3_i32..4).prop_map(|half| Value::Float(f64::from(half) / 2.0)),
        "[a-c/~.]{0,2}".prop_map(Value::String),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::vec(("[a-c/~]{1,2}", inner), 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        Just(Origin::Override),
        "[a-c]".prop_map(|of| Origin::Default { of }),
        (1_usize..5).prop_map(|line| Origin::File { path: "a.json".to_owned(), line }),
    ]
}

fn layer() -> impl Strategy<Value = Layer> {
    prop::collection::vec(("[a-d/]", value(), origin()), 0..5).prop_map(|entries| {
        entries.into_iter().map(|(key, value, origin)| (key, Layered::new(value, &origin))).collect()
    })
}

/// The pointers of all leaves, found apart from the code under test.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    let holds_mapping = |items: &[Value]| items.iter().any(has_filled_mapping);
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                leaves(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::List(items) if holds_mapping(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

fn has_filled_mapping(value: &Value) -> bool {
    match value {
        Value::Map(map) => !map.is_empty(),
        Value::List(items) => items.iter().any(has_filled_mapping),
        _ => false,
    }
}

proptest! {
    #[test]
    fn the_empty_layer_changes_nothing(a in layer()) {
        prop_assert_eq!(Layer::default().over(a.clone()), a.clone());
        prop_assert_eq!(a.clone().over(Layer::default()), a);
    }

    #[test]
    fn order_of_merging_is_free(a in layer(), b in layer(), c in layer()) {
        prop_assert_eq!(c.clone().over(b.clone().over(a.clone())), c.over(b).over(a));
    }

    #[test]
    fn the_upper_layer_wins(a in layer(), b in layer()) {
        let merged = b.clone().over(a.clone());
        for (key, value) in b.iter() {
            prop_assert_eq!(merged.get(key), Some(value));
        }
        for (key, value) in a.iter().filter(|(key, _)| b.get(key).is_none()) {
            prop_assert_eq!(merged.get(key), Some(value));
        }
        prop_assert!(merged.len() <= a.len() + b.len());
    }

    #[test]
    fn a_layer_over_itself_is_itself(a in layer()) {
        prop_assert_eq!(a.clone().over(a.clone()), a);
    }

    #[test]
    fn origins_cover_exactly_the_leaves(a in layer(), b in layer()) {
        for layer in [a.clone(), b.over(a)] {
            let mut expected = Vec::new();
            for (key, value) in layer.value().iter() {
                leaves(value, &format!("/{}", key.replace('~', "~0").replace('/', "~1")), &mut expected);
            }
            let found: Vec<_> = layer.origins().into_iter().map(|(at, _)| at).collect();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
        }
    }

    #[test]
    fn sparse_over_the_defaults_is_the_full_layer(defaults in layer(), more in layer()) {
        let full = more.over(defaults.clone());
        let sparse = full.sparse(&defaults.value());
        prop_assert!(sparse.len() <= full.len());
        prop_assert_eq!(sparse.over(defaults).value(), full.value());
    }

    #[test]
    fn what_is_set_is_found(a in layer(), path in prop::collection::vec("[a-d]", 1..4), value in value()) {
        let mut set = a.clone();
        let keys: Vec<String> = path.iter().map(|key| format!("x{key}")).collect();
        set.set(&keys, Layered::new(value.clone(), &Origin::Override)).expect("no list is on the way");
        let mut found = Value::Map(set.value());
        for key in &keys {
            found = found.as_map().and_then(|map| map.get(key)).cloned().expect("the path was made");
        }
        prop_assert_eq!(found, value);
        for (key, kept) in a.iter() {
            prop_assert_eq!(set.get(key), Some(kept));
        }
    }

    #[test]
    fn any_text_is_an_assignment_or_an_error(text in ".*") {
        let _ = text.parse::<SetPath>();
    }
}
