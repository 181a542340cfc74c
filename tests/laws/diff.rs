//! Laws of `diff`, over every recorded checkpoint and over made ones: an adapter is the same as itself and as what it is
//! converted to; what is the same does not depend on the order; other factors of the same update are the same; a changed
//! number is found at its place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::convert::{self, Plan, Reft, Source, Target};
use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::diff::{Compared, Comparison, Options, State, compare};
use adapter_spec::tensors::{Dtype, Existing, Outgoing, TensorFile, write_safetensors};
use proptest::prelude::*;

const GOLDEN: &str = "fixtures/checkpoints";
const NEW: &str = "fixtures/checkpoints/adapters-1.3.0/bert";

/// Every recorded adapter: a folder with a config.
fn recorded() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(GOLDEN)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        if ["adapter_config.json", "adapter_fusion_config.json"].iter().any(|name| folder.join(name).is_file()) {
            found.push(folder);
            continue;
        }
        let entries = fs::read_dir(&folder).expect("the folder can be read").flatten();
        folders.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    found.sort();
    assert!(found.len() > 150, "{}", found.len());
    found
}

fn diff(a: &Path, b: &Path) -> Comparison {
    let options = Options { reft: Some(Reft::NoReft), ..Options::default() };
    compare(a, b, &options, &|_, _| ()).unwrap_or_else(|error| panic!("{} and {}: {error}", a.display(), b.display()))
}

#[test]
fn an_adapter_is_the_same_as_itself() {
    for folder in recorded() {
        let comparison = diff(&folder, &folder);
        assert!(comparison.same, "{}: {comparison:#?}", folder.display());
        let mut tensors = comparison.parts.iter().flat_map(|part| &part.tensors);
        // What is computed for the newest release has no bytes in the file.
        assert!(tensors.all(|tensor| matches!(tensor.state, State::Identical | State::Equal)), "{}", folder.display());
        assert!(comparison.parts.iter().all(|part| part.config.is_empty()), "{}", folder.display());
    }
}

#[test]
fn what_it_is_converted_to_is_the_same() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let old = |number| Release::named(&format!("adapter-transformers {number}")).expect("there is such a release");
    let targets = [
        Target::AdapterHub(Release::NEWEST),
        Target::AdapterHub(old("3.2.1")),
        Target::AdapterHub(old("1.1.1")),
        Target::AdapterHub(Release::named("adapters 1.0.1").expect("there is such a release")),
    ];
    let mut compared = 0;
    for (number, folder) in recorded().into_iter().enumerate() {
        let source = Source::open(&folder).expect("it can be opened");
        for (to, target) in targets.iter().enumerate() {
            let options = convert::Options { reft: Some(Reft::NoReft), ..convert::Options::to(target.clone()) };
            let Ok(plan) = Plan::new(&source, &options) else { continue };
            let Ok(container) = plan.container(None) else { continue };
            if plan.loses() || plan.outputs.is_empty() {
                continue;
            }
            let written = scratch.path().join(format!("{number}-{to}"));
            plan.write(&source, &written, container, Existing::Refuse, &|_| ()).expect("it can be written");
            let comparison = diff(&folder, &written);
            assert!(comparison.same, "{} to {target}: {comparison:#?}", folder.display());
            assert!(diff(&written, &folder).same, "{} to {target}, the other way", folder.display());
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn other_adapters_are_not_the_same() {
    let others = [
        ("seq_bn", "double_seq_bn"),
        ("seq_bn", "scaled_par_bn"),
        ("lora_qv", "lora_qkv_io"),
        ("lora_qv", "dora"),
        ("lora_qv", "ia3"),
        ("prefix_tuning", "prefix_tuning_gating"),
        ("loreft", "noreft"),
        ("seq_bn", "seq_bn_gelu"),
        ("ia3", "ia3_alpha"),
        ("fusion_static/fusion", "fusion_dynamic/fusion"),
        ("mam", "unipelt"),
        ("seq_bn", "seq_bn_ln_after"),
    ];
    for (a, b) in others {
        let (a, b) = (Path::new(NEW).join(a), Path::new(NEW).join(b));
        let (there, back) = (diff(&a, &b), diff(&b, &a));
        assert!(!there.same && !back.same, "{} and {}", a.display(), b.display());
        assert_eq!(there.parts.len(), back.parts.len());
        for (there, back) in there.parts.iter().zip(&back.parts) {
            let errors = |part: &adapter_spec::diff::Part| {
                part.tensors
                    .iter()
                    .map(|tensor| (tensor.slot.clone(), tensor.absolute, tensor.relative))
                    .collect::<Vec<_>>()
            };
            assert_eq!(errors(there), errors(back), "{} and {}", a.display(), b.display());
        }
    }
}

/// A tensor in memory.
type Held = (Vec<usize>, Vec<f64>);

/// The numbers of a recorded adapter.
fn numbers(folder: &str) -> BTreeMap<String, Held> {
    let file = TensorFile::open(Path::new(NEW).join(folder).join("pytorch_adapter.bin")).expect("it can be read");
    let held = file.iter().map(|tensor| {
        let numbers = tensor.to_f64_vec().expect("they are numbers");
        (tensor.name().to_owned(), (tensor.shape().to_vec(), numbers))
    });
    held.collect()
}

/// The recorded adapter with other numbers, in double precision, and another config if there is one.
fn written(folder: &str, numbers: &BTreeMap<String, Held>, config: Option<(&str, &str)>) -> tempfile::TempDir {
    written_as(Dtype::F64, folder, numbers, config)
}

/// [`written`], in double precision or rounded to a half.
fn written_as(
    dtype: Dtype,
    folder: &str,
    numbers: &BTreeMap<String, Held>,
    config: Option<(&str, &str)>,
) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let mut text = fs::read_to_string(Path::new(NEW).join(folder).join("adapter_config.json")).expect("the config");
    if let Some((from, to)) = config {
        assert!(text.contains(from), "{text}");
        text = text.replace(from, to);
    }
    fs::write(scratch.path().join("adapter_config.json"), text).expect("it can be written");
    let bytes = |number: f64| match dtype {
        Dtype::Bf16 => half::bf16::from_f64(number).to_le_bytes().to_vec(),
        Dtype::F16 => half::f16::from_f64(number).to_le_bytes().to_vec(),
        _ => number.to_le_bytes().to_vec(),
    };
    let bytes: Vec<Vec<u8>> =
        numbers.values().map(|(_, numbers)| numbers.iter().flat_map(|number| bytes(*number)).collect()).collect();
    let outgoing = numbers.iter().zip(&bytes).map(|((name, (shape, _)), bytes)| {
        Outgoing::new(name.as_str(), dtype, shape.as_slice(), || Ok(Cow::Borrowed(bytes.as_slice())))
    });
    let path = scratch.path().join("adapter.safetensors");
    write_safetensors(&path, outgoing, &BTreeMap::new(), Existing::Refuse).expect("it can be written");
    scratch
}

fn multiply(a: &Held, b: &Held) -> Held {
    let (rows, inner, columns) = (a.0[0], a.0[1], b.0[1]);
    let at = |row: usize, column: usize| (0..inner).map(|k| a.1[row * inner + k] * b.1[k * columns + column]).sum();
    let all = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    (vec![rows, columns], all.map(|(row, column)| at(row, column)).collect())
}

/// A number of half precision that is off is not hidden by larger ones beside it, nor by those that it is summed with.
#[test]
fn numbers_of_half_precision_are_held_each_to_its_like() {
    let before = numbers("lora_qv");
    let factor = |end: &str| if end == "lora_A" { 1.3 } else { 1.0 / 1.3 };
    let mut after = before.clone();
    for (name, (_, numbers)) in &mut after {
        let end = name.rsplit('.').next().expect("a name");
        numbers.iter_mut().for_each(|number| *number *= factor(end));
    }
    let name = before.keys().find(|name| name.ends_with("lora_A")).expect("there is one");
    for dtype in [Dtype::Bf16, Dtype::F16] {
        let one = written_as(dtype, "lora_qv", &before, None);
        let same = diff(one.path(), written_as(dtype, "lora_qv", &after, None).path());
        assert!(same.same, "{same:#?}");
        assert!(same.obstacles.len() == 1 && same.obstacles[0].what.contains("half precision"), "{:?}", same.obstacles);
        // The smallest of the larger ones, in the tensor as it is and among other factors.
        let off = |numbers: &BTreeMap<String, Held>| {
            let mut off = numbers.clone();
            let all = &mut off.get_mut(name).expect("it is there").1;
            let largest = all.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
            let place =
                all.iter().position(|number| (0.1..0.3).contains(&(number.abs() / largest))).expect("one is small");
            all[place] *= 1.1;
            written_as(dtype, "lora_qv", &off, None)
        };
        for other in [off(&before), off(&after)] {
            let comparison = diff(one.path(), other.path());
            assert!(!comparison.same, "{comparison:#?}");
        }
    }
}

/// A product of a unit lower and a unit upper triangle, and its inverse.
fn invertible(size: usize, entries: &[f64]) -> (Held, Held) {
    let unit = |sign: f64, lower: bool| {
        let mut all = Vec::new();
        for row in 0..size {
            for column in 0..size {
                let beside = if lower { row == column + 1 } else { column == row + 1 };
                let entry = sign * entries[if lower { column } else { size + row }];
                all.push(if row == column {
                    1.0
                } else if beside {
                    entry
                } else {
                    0.0
                });
            }
        }
        (vec![size, size], all)
    };
    let inverse = |lower: bool| {
        // (1 + N)⁻¹ = 1 - N + N² - … of a nilpotent N.
        let minus = unit(-1.0, lower);
        let nilpotent: Held = (
            minus.0.clone(),
            minus.1.iter().enumerate().map(|(at, x)| if at / size == at % size { 0.0 } else { *x }).collect(),
        );
        let identity: Held =
            (minus.0.clone(), (0..size * size).map(|at| if at / size == at % size { 1.0 } else { 0.0 }).collect());
        let mut sum = identity.clone();
        let mut power = identity;
        for _ in 1..size {
            power = multiply(&power, &nilpotent);
            sum.1.iter_mut().zip(&power.1).for_each(|(sum, x)| *sum += x);
        }
        sum
    };
    (multiply(&unit(1.0, true), &unit(1.0, false)), multiply(&inverse(false), &inverse(true)))
}

/// Interventions whose orthogonal projections are the first columns of their bases: a reflection turns the sign of one
/// direction, and the -1 on the diagonal of the original turns it back.
fn simple_projections(mut all: BTreeMap<String, Held>) -> BTreeMap<String, Held> {
    for (name, (shape, original)) in &mut all {
        if name.ends_with("parametrizations.weight.original") {
            let columns = shape[1];
            let one = |at: usize| if at / columns == at % columns { -1.0 } else { 0.0 };
            *original = (0..original.len()).map(one).collect();
        }
    }
    all
}

/// Interventions with the first two directions of learned source and projection multiplied by a matrix, `R := Q R`.
fn with_directions(before: &BTreeMap<String, Held>, q: &[[f64; 2]; 2]) -> BTreeMap<String, Held> {
    let mut after = before.clone();
    let mut turned = 0;
    for (name, (shape, numbers)) in &mut after {
        // The directions are rows, but columns of a base.
        let (step, stride, length) = match name {
            name if name.ends_with("0.base") => (1, shape[1], shape[0]),
            name if name.ends_with("learned_source.bias") => (1, 1, 1),
            name if name.ends_with("learned_source.weight") || name.ends_with("projection.weight") => {
                (shape[1], 1, shape[1])
            }
            _ => continue,
        };
        for at in (0..length).map(|at| at * stride) {
            let [x, y] = [numbers[at], numbers[at + step]];
            numbers[at] = q[0][0] * x + q[0][1] * y;
            numbers[at + step] = q[1][0] * x + q[1][1] * y;
        }
        turned += 1;
    }
    assert!(turned > 0, "there are interventions");
    after
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn other_factors_of_the_same_update_are_the_same(
        entries in proptest::collection::vec(-1.0..1.0_f64, 8), factor in prop_oneof![Just(1.0), Just(2.0), Just(0.25)],
    ) {
        let before = numbers("lora_qv");
        let mut after = before.clone();
        for (name, a) in &before {
            let Some(stem) = name.strip_suffix("lora_A") else { continue };
            let b = &before[&format!("{stem}lora_B")];
            let (g, inverse) = invertible(a.0[0], &entries);
            let mut b = multiply(b, &g);
            b.1.iter_mut().for_each(|number| *number /= factor);
            after.insert(name.clone(), multiply(&inverse, a));
            after.insert(format!("{stem}lora_B"), b);
        }
        // The factor goes into alpha, which is 10.
        let alpha = format!("\"alpha\": {}", 10.0 * factor);
        let (one, other) = (written("lora_qv", &before, None), written("lora_qv", &after, Some(("\"alpha\": 10", &alpha))));
        let comparison = diff(one.path(), other.path());
        prop_assert!(comparison.same, "{comparison:#?}");
        let updates = comparison.parts[0].tensors.iter().filter(|tensor| tensor.compared == Compared::Update);
        prop_assert_eq!(updates.count() > 0, entries.iter().any(|entry| *entry != 0.0));
        // Without the factor in alpha it is another update.
        if factor != 1.0 {
            let other = written("lora_qv", &after, None);
            prop_assert!(!diff(one.path(), other.path()).same);
        }
    }

    #[test]
    fn a_changed_number_is_found_at_its_place(
        (folder, leaf) in prop_oneof![
            Just(("seq_bn", "adapter_up.bias")), Just(("seq_bn", "adapter_down.0.weight")), Just(("lora_qv", "lora_B")),
            Just(("ia3", "lora_B")), Just(("prompt_tuning", "prompt_embedding.weight")), Just(("compacterpp", "phm_rule")),
            Just(("prefix_tuning_flat", "control_trans")),
        ],
        at in any::<prop::sample::Index>(), by in prop_oneof![Just(1e-3), Just(0.5), Just(-2.0)],
    ) {
        let before = numbers(folder);
        let mut after = before.clone();
        let names: Vec<_> = before.keys().filter(|name| name.ends_with(leaf)).cloned().collect();
        // Names of one memory are changed together.
        let name = at.get(&names).clone();
        let tied = names.iter().filter(|other| **other == name || leaf == "control_trans");
        let place = at.index(before[&name].1.len());
        for name in tied {
            after.get_mut(name).expect("it is there").1[place] += by;
        }
        let (one, other) = (written(folder, &before, None), written(folder, &after, None));
        let comparison = diff(one.path(), other.path());
        prop_assert!(!comparison.same);
        let differing: Vec<_> =
            comparison.parts[0].tensors.iter().filter(|tensor| !tensor.state.is_same()).collect();
        let is_it = |tensor: &&adapter_spec::diff::Tensor| {
            tensor.a.as_ref().is_some_and(|own| names.contains(&own.names[0]) && (leaf == "control_trans" || own.names[0] == name))
        };
        prop_assert!(differing.iter().any(is_it), "{differing:#?}");
        // The other factor of an update differs with it, nothing else.
        prop_assert!(differing.len() <= if leaf == "lora_B" && folder == "lora_qv" { 2 } else { 1 }, "{differing:#?}");
        if !matches!(differing[0].compared, Compared::Update) {
            let error = differing[0].absolute.expect("it is a number");
            prop_assert!((error - f64::abs(by)).abs() < 1e-9, "{error} {by}");
        }
    }

    #[test]
    fn kronecker_products_may_share_a_factor_otherwise(
        factor in prop_oneof![Just(2.0), 0.1..0.9_f64, -8.0..-1.1_f64], at in any::<prop::sample::Index>(),
    ) {
        for folder in ["compacterpp", "compacterpp_nonshared", "compacterpp_factorized_rule", "compacterpp_shared_W"] {
            let before = numbers(folder);
            let scaled = |ends: &[(&str, f64)]| {
                let mut after = before.clone();
                for (name, (_, numbers)) in &mut after {
                    let factor = ends.iter().find(|(end, _)| name.ends_with(end)).map_or(1.0, |(_, factor)| *factor);
                    numbers.iter_mut().for_each(|number| *number *= factor);
                }
                after
            };
            let same = |after: &BTreeMap<String, Held>| {
                diff(written(folder, &before, None).path(), written(folder, after, None).path())
            };
            let rule = if folder == "compacterpp_factorized_rule" { "phm_rule_left" } else { "phm_rule" };
            for ends in [[("_left", factor), ("_right", 1.0 / factor)], [(rule, factor), ("W_left", 1.0 / factor)]] {
                // What is shared by the projections has names of its own.
                let ends = ends.map(|(end, factor)| [(end, factor), (if end == "W_left" { "up_left" } else { end }, factor)]);
                let mut ends: Vec<_> = ends.into_iter().flatten().collect();
                if ends[0].0 == rule {
                    ends.push(("down_left", 1.0 / factor));
                }
                let after = scaled(&ends);
                let comparison = same(&after);
                prop_assert!(comparison.same, "{folder} {ends:?}: {comparison:#?}");
                let mut tensors = comparison.parts[0].tensors.iter();
                prop_assert!(tensors.any(|tensor| tensor.compared == Compared::Products), "{folder} {ends:?}");
                // A number is changed.
                let names: Vec<_> = after.keys().filter(|name| name.contains("phm_rule") || name.contains("W_")).cloned().collect();
                let mut changed = after.clone();
                let numbers = &mut changed.get_mut(at.get(&names)).expect("it is there").1;
                let place = at.index(numbers.len());
                numbers[place] += 0.5;
                prop_assert!(!same(&changed).same, "{folder}, changed");
            }
        }
    }

    #[test]
    fn an_intervention_may_be_turned_as_a_whole(
        angle in prop_oneof![0.1..3.0_f64, -3.0..-0.1_f64], bend in prop_oneof![0.01..0.5_f64, -0.5..-0.01_f64],
        at in any::<prop::sample::Index>(),
    ) {
        for folder in ["noreft", "loreft"] {
            let plain = simple_projections(numbers(folder));
            let turned = with_directions(&plain, &[[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]]);
            let same = |a: &BTreeMap<String, Held>, b: &BTreeMap<String, Held>| {
                diff(written(folder, a, None).path(), written(folder, b, None).path())
            };
            let comparison = same(&plain, &turned);
            prop_assert!(comparison.same, "{folder}: {comparison:#?}");
            let of_it = |tensor: &&adapter_spec::diff::Tensor| tensor.compared == Compared::Intervention;
            prop_assert!(comparison.parts[0].tensors.iter().any(|tensor| of_it(&tensor)), "{folder}");
            // What is no rotation changes what is subtracted.
            let bent = with_directions(&plain, &[[1.0 + bend, 0.0], [0.0, 1.0 / (1.0 + bend)]]);
            prop_assert!(!same(&plain, &bent).same, "{folder}, bent");
            // One of the three alone is turned.
            for left in ["projection", "learned_source.weight", "learned_source.bias"] {
                let mut partly = turned.clone();
                partly.extend(plain.iter().filter(|(name, _)| name.contains(left)).map(|(name, held)| (name.clone(), held.clone())));
                prop_assert!(!same(&plain, &partly).same, "{folder}, but for {left}");
            }
            // A number is changed.
            let names: Vec<_> = turned.keys().filter(|name| name.contains("learned_source")).cloned().collect();
            let mut changed = turned.clone();
            let numbers = &mut changed.get_mut(at.get(&names)).expect("it is there").1;
            let place = at.index(numbers.len());
            numbers[place] += bend;
            prop_assert!(!same(&plain, &changed).same, "{folder}, changed");
            // Behind an activation the directions count.
            let bending = Some(("\"non_linearity\": null", "\"non_linearity\": \"gelu\""));
            let [one, other] = [&plain, &turned].map(|numbers| written(folder, numbers, bending));
            prop_assert!(!diff(one.path(), other.path()).same, "{folder}, with an activation");
        }
    }

    #[test]
    fn an_intervention_may_be_written_without_a_parametrisation(angle in 0.1..3.0_f64, by in prop_oneof![Just(1e-3), Just(-0.5)]) {
        let held = simple_projections(numbers("loreft"));
        let turned = with_directions(&held, &[[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]]);
        let mut free = turned.clone();
        for (name, (shape, original)) in &turned {
            let Some(stem) = name.strip_suffix("parametrizations.weight.original") else { continue };
            let base = &turned[&format!("{stem}parametrizations.weight.0.base")].1;
            let (rows, columns) = (shape[0], shape[1]);
            let entries = (0..rows * columns).map(|at| base[at % columns * columns + at / columns]).collect();
            free.remove(name);
            free.remove(&format!("{stem}parametrizations.weight.0.base"));
            free.insert(format!("{stem}weight"), (vec![rows, columns], entries));
            prop_assert_eq!(original.len(), rows * columns);
        }
        let orthogonal = Some(("\"orthogonality\": true", "\"orthogonality\": false"));
        let one = written("loreft", &held, None);
        let comparison = diff(one.path(), written("loreft", &free, orthogonal).path());
        prop_assert!(comparison.same, "{comparison:#?}");
        let weight = free.keys().find(|name| name.ends_with("projection.weight")).cloned().expect("there is one");
        free.get_mut(&weight).expect("it is there").1[0] += by;
        prop_assert!(!diff(one.path(), written("loreft", &free, orthogonal).path()).same);
    }

    #[test]
    fn behind_a_gate_alpha_says_nothing_and_factors_may_be_others(by in prop_oneof![Just(2.0), Just(-0.5)]) {
        let before = numbers("lora_gating");
        let mut after = before.clone();
        for (name, (_, numbers)) in &mut after {
            let factor = if name.ends_with("lora_A") { by } else if name.ends_with("lora_B") { 1.0 / by } else { 1.0 };
            numbers.iter_mut().for_each(|number| *number *= factor);
        }
        let one = written("lora_gating", &before, None);
        let comparison = diff(one.path(), written("lora_gating", &after, Some(("\"alpha\": 10", "\"alpha\": 3"))).path());
        prop_assert!(comparison.same, "{comparison:#?}");
        // The gate is no part of the update.
        let gate = after.iter_mut().find(|(name, _)| name.ends_with("gate.weight")).expect("there is one");
        gate.1.1[0] += by;
        prop_assert!(!diff(one.path(), written("lora_gating", &after, None).path()).same);
    }

    /// Run in adapters 1.3.0: its norm is that of the weight and B · A, whatever alpha is.
    #[test]
    fn a_gated_dora_is_compared_by_its_update(entries in proptest::collection::vec(0.1..1.0_f64, 8)) {
        let mut before = numbers("lora_gating");
        let ups: Vec<_> = before.iter().filter(|(name, _)| name.ends_with("lora_B")).map(|(n, b)| (n.clone(), b.0[0])).collect();
        for (name, rows) in ups {
            before.insert(name.replace("lora_B", "m.weight"), (vec![rows, 1], (1..=rows).map(|row| row as f64).collect()));
        }
        let mut after = before.clone();
        for (name, a) in &before {
            let Some(stem) = name.strip_suffix("lora_A") else { continue };
            let (g, inverse) = invertible(a.0[0], &entries);
            after.insert(format!("{stem}lora_B"), multiply(&before[&format!("{stem}lora_B")], &g));
            after.insert(name.clone(), multiply(&inverse, a));
        }
        let dora = |numbers: &BTreeMap<String, Held>, alpha: &str| {
            let folder = written("lora_gating", numbers, Some(("\"use_dora\": false", "\"use_dora\": true")));
            let config = folder.path().join("adapter_config.json");
            let text = fs::read_to_string(&config).expect("the config").replace("\"alpha\": 10", alpha);
            fs::write(&config, text).expect("it can be written");
            folder
        };
        let one = dora(&before, "\"alpha\": 10");
        let comparison = diff(one.path(), dora(&after, "\"alpha\": 3").path());
        prop_assert!(comparison.same, "{comparison:#?}");
        for end in ["lora_B", "m.weight", "gate.bias"] {
            let mut other = after.clone();
            let changed = other.iter_mut().find(|(name, _)| name.ends_with(end)).expect("there is one");
            changed.1.1[0] += 0.5;
            prop_assert!(!diff(one.path(), dora(&other, "\"alpha\": 10").path()).same);
        }
    }

    #[test]
    fn up_projections_of_several_tasks_may_be_written_otherwise(
        shift in -1.0..1.0_f64, by in prop_oneof![Just(2.0), Just(0.25)], sharper in prop_oneof![Just(1.0), Just(2.0)],
    ) {
        let before = numbers("mtl_lora_3up");
        let mut after = before.clone();
        for (name, (shape, numbers)) in &mut after {
            if name.ends_with("lora_B") {
                let one = numbers.len() / shape[0];
                numbers.rotate_left(one);
            } else if name.ends_with(".weights") {
                // What all weigh more counts for nothing.
                numbers.rotate_left(1);
                numbers.iter_mut().for_each(|number| *number = (*number + shift) * sharper);
            } else if name.ends_with("lora_A") {
                numbers.iter_mut().for_each(|number| *number *= by);
            } else if name.ends_with("task_specific.values") {
                numbers.iter_mut().for_each(|number| *number /= by);
            }
        }
        let one = written("mtl_lora_3up", &before, None);
        let sharpness = format!("\"weights_sharpness\": {}", 0.05 * sharper);
        let config = Some(("\"weights_sharpness\": 0.05", sharpness.as_str()));
        let comparison = diff(one.path(), written("mtl_lora_3up", &after, config).path());
        prop_assert!(comparison.same, "{comparison:#?}");
        prop_assert!(comparison.parts[0].tensors.iter().any(|tensor| tensor.compared == Compared::Update));
        // Of another task it is another update.
        let task = after.iter_mut().find(|(name, _)| name.ends_with("task_specific.values")).expect("there is one");
        task.1.1[0] += 0.5;
        prop_assert!(!diff(one.path(), written("mtl_lora_3up", &after, config).path()).same);
    }

    #[test]
    fn units_of_a_bottleneck_may_stand_in_any_order(shift in 1..4_usize) {
        let before = numbers("seq_bn");
        let mut after = before.clone();
        for (name, (shape, numbers)) in &mut after {
            if name.ends_with("adapter_down.0.weight") || name.ends_with("adapter_down.0.bias") {
                let run = numbers.len() / shape[0];
                numbers.rotate_left(shift * run);
            } else if name.ends_with("adapter_up.weight") {
                numbers.chunks_exact_mut(shape[1]).for_each(|row| row.rotate_left(shift));
            }
        }
        let (one, other) = (written("seq_bn", &before, None), written("seq_bn", &after, None));
        let comparison = diff(one.path(), other.path());
        prop_assert!(comparison.same, "{comparison:#?}");
        prop_assert!(comparison.parts[0].tensors.iter().any(|tensor| tensor.compared == Compared::Units));
    }
}

/// GPT-2 has query, key and value in one matrix: a part that is left out is one that nothing changes.
#[test]
fn a_part_of_a_merged_projection_may_be_left_out_or_do_nothing() {
    for (folder, two, at, neutral) in
        [("../gpt2/lora_qk", "\"q\",\n      \"k\"", 2, 0.0), ("../gpt2/ia3", "\"k\",\n      \"v\"", 0, 1.0)]
    {
        let before = numbers(folder);
        let mut after = before.clone();
        for (name, (shape, numbers)) in &mut after {
            if !name.contains(".c_attn.loras.") {
                continue;
            }
            // What A does for a part whose B is zero does not matter.
            let filling = if name.ends_with("lora_A") { 0.7 } else { neutral };
            let part = numbers.len() / 2;
            numbers.splice(at * part..at * part, vec![filling; part]);
            shape[0] += shape[0] / 2;
        }
        let all = Some((two, "\"q\", \"k\", \"v\""));
        let one = written(folder, &before, None);
        for (a, b) in [(&one, &written(folder, &after, all)), (&written(folder, &after, all), &one)] {
            let comparison = diff(a.path(), b.path());
            assert!(comparison.same, "{comparison:#?}");
            assert!(comparison.parts[0].tensors.iter().any(|tensor| tensor.compared == Compared::Update));
        }
        // With an update there it is another one, and so are the same tensors for other parts.
        let (_, (shape, numbers)) =
            after.iter_mut().find(|(name, _)| name.ends_with("c_attn.loras.demo.lora_B")).expect("there is one");
        numbers[at * 32 * shape[1]] += 0.5;
        assert!(!diff(one.path(), written(folder, &after, all).path()).same);
        let others = Some((two, if at == 0 { "\"q\", \"k\"" } else { "\"q\", \"v\"" }));
        assert!(!diff(one.path(), written(folder, &before, others).path()).same);
    }
}
