//! Laws of the names of tensors: taken apart and put together they are what they were, in every layout, at every place of
//! every type of model, whatever the adapter is called.

use adapter_spec::dialects::adapterhub::names::{AdapterKind, Container, Layout, Name};
use adapter_spec::dialects::adapterhub::sites::Sites;
use adapter_spec::dialects::peft::names as peft;
use adapter_spec::models::ModelType;
use proptest::prelude::*;

/// What methods call their tensors.
const LEAVES: [&str; 8] = [
    "adapter_down.0.weight",
    "adapter_up.bias",
    "lora_A",
    "m.weight",
    "self_prefix.control_trans.0.weight",
    "units.0.projection.parametrizations.weight.0.base",
    "F.0.bias",
    "1.weight",
];

/// The modules of all types of models that have adapters, numbered as in a model, with and without the attribute of a
/// class with heads.
fn places() -> Vec<String> {
    let mut all = vec![String::new()];
    for sites in ModelType::all().iter().filter_map(|row| Sites::of(row.name)) {
        let mut own = Vec::new();
        for layer in sites.layers {
            let path = layer.path.replace("{L}", "11").replace("{G}", "0");
            let inside = layer.linears.iter().map(|linear| linear.path);
            let inside = inside.chain(layer.prefixes.iter().map(|prefix| prefix.path));
            let inside = inside.chain([layer.attention_adapters, layer.output_adapters]);
            let inside = inside.chain(layer.cross_adapters.map(|(path, _)| path));
            own.extend(inside.map(|module| format!("{path}.{module}")));
            own.push(path);
        }
        own.push(sites.invertible.trim_end_matches("invertible_adapters").trim_end_matches('.').to_owned());
        let wrapped: Vec<_> = own.iter().map(|place| format!("{}.{place}", sites.attribute)).collect();
        all.extend(own);
        all.extend(wrapped);
    }
    all.retain(|place| !place.starts_with('.') && !place.ends_with('.'));
    all.sort();
    all.dedup();
    all
}

/// Names that adapters can have: words of the names of tensors, what no ASCII has, and anything else.
fn adapters() -> impl Strategy<Value = String> {
    let words = Container::ALL.iter().flat_map(|container| container.path().split('.'));
    let mut odd: Vec<String> = words.map(str::to_owned).collect();
    odd.extend(LEAVES.iter().flat_map(|leaf| leaf.split('.')).map(str::to_owned));
    odd.extend(["a.b", "adapters.adapters", "größe", "日本語", "a/b", " ", "layer", "0", "bert"].map(str::to_owned));
    prop_oneof![3 => proptest::sample::select(odd), 1 => "[^.]{1,8}", 1 => "[a-z]{1,3}(\\.[a-z]{1,3})?"]
}

#[test]
fn there_are_places_of_many_models() {
    assert!(places().len() > 100, "{}", places().len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn names_are_what_they_were(
        place in proptest::sample::select(places()),
        container in proptest::sample::select(Container::ALL),
        adapter in adapters(),
        leaf in proptest::sample::select(&LEAVES[..]),
    ) {
        let name = Name { place: &place, container, adapter: &adapter, leaf };
        let spelled = name.to_string();
        prop_assert_eq!(Name::parse(&spelled, &adapter), Some((name, Layout::Plain)), "{}", spelled);
        for kind in [AdapterKind::Task, AdapterKind::Language] {
            let Some(spelled) = name.typed(kind) else { continue };
            let (again, _) = Name::parse(&spelled, &adapter).expect("it is a name");
            prop_assert_eq!(again, name, "{}", spelled);
            prop_assert_eq!(again.typed(kind), Some(spelled));
        }
    }

    #[test]
    fn no_two_names_are_spelled_alike(
        one in proptest::sample::select(places()), other in proptest::sample::select(places()),
        containers in proptest::collection::vec(proptest::sample::select(Container::ALL), 2),
        leaves in proptest::collection::vec(proptest::sample::select(&LEAVES[..]), 2),
        adapter in adapters(),
    ) {
        let one = Name { place: &one, container: containers[0], adapter: &adapter, leaf: leaves[0] };
        let other = Name { place: &other, container: containers[1], adapter: &adapter, leaf: leaves[1] };
        prop_assert_eq!(one == other, one.to_string() == other.to_string());
    }

    #[test]
    fn names_of_peft_are_what_they_were(
        module in proptest::sample::select(places()),
        part in proptest::sample::select(peft::Part::ALL),
    ) {
        prop_assume!(!module.is_empty());
        let name = peft::Name::of(&module, part);
        let spelled = name.to_string();
        prop_assert_eq!(peft::Name::parse(&spelled), name);
    }
}
