//! A union is its parts: the members of a union, each saved as an adapter of its own and stacked, compute what the union
//! computes. On the golden cases of unions in whole models.

use adapter_spec::dialects::adapterhub::config::MemberConfig;
use adapter_spec::dialects::adapterhub::load::{Kind, Loader};
use adapter_spec::dialects::adapterhub::modules::{ModuleError, Tensors, members};
use adapter_spec::document::json;
use adapter_spec::merge::{Layered, Origin};
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::methods::encoder::Inputs;
use adapter_spec::oracle::{AdaptedModel, Attention, Case, Files, Group, Saved, Subject, Verdict};
use adapter_spec::tensors::TensorFile;
use adapter_spec::value::Value;
use ndarray::ArrayD;

/// The tensors of the union, under the name of one part.
struct Renamed<'a> {
    union: Group<'a>,
    aliases: &'a serde_json::Map<String, serde_json::Value>,
    part: &'a str,
}

impl Tensors<f64> for Renamed<'_> {
    fn tensor(&self, name: &str) -> Result<Option<ArrayD<f64>>, ModuleError> {
        let name = name.replace(&format!(".{}.", self.part), ".a.");
        let stored = self.aliases.get(&name).and_then(serde_json::Value::as_str).unwrap_or(&name);
        self.union.tensor(stored)
    }
}

fn parts(case: &Case) -> Vec<MemberConfig> {
    let config = Value::from(&case.adapters["a"]);
    let loader = Loader { kind: Kind::Adapter, ..Loader::default() };
    let resolved = loader.load_value(&Layered::new(config, &Origin::Inline), &[]).expect("it loads").expect("a config");
    members(&resolved).expect("typed members")
}

/// Whether only the first adapter of a stack would have it.
fn is_for_the_first_only(member: &MemberConfig) -> bool {
    match member {
        MemberConfig::Bottleneck(config) => config.inv_adapter.is_some(),
        MemberConfig::PromptTuning(_) | MemberConfig::Reft(_) => true,
        _ => false,
    }
}

fn run(case: &Case, arrays: &TensorFile, adapters: &[(&str, &[MemberConfig])]) -> ArrayD<f64> {
    let Subject::Encoder(settings) = &case.subject else { panic!("{} is no whole model", case.id) };
    let config = serde_json::to_string(&settings.model).expect("an object");
    let config = json::parse(&config).0.expect("an object");
    let base = Group { file: arrays, prefix: "base/" };
    let mut model = AdaptedModel::<f64>::new(&config, &base, Attention::default()).expect("the model can be built");
    for (name, members) in adapters {
        let union = Group { file: arrays, prefix: "adapter/a/" };
        let tensors = Renamed { union, aliases: &settings.aliases, part: name };
        let saved = Saved { name, members, tensors: &tensors, shared: None, subtract_projection: true };
        model.add(&saved).unwrap_or_else(|error| panic!("{}: {error}", case.id));
    }
    let whole = |name: &str| {
        let array = Group { file: arrays, prefix: "input/" }.whole(name).expect("whole numbers");
        array.map(|array| array.into_dimensionality().expect("two dimensions"))
    };
    let inputs = Inputs {
        input_ids: whole("input_ids").expect("there are tokens"),
        attention_mask: whole("attention_mask"),
        token_type_ids: whole("token_type_ids"),
        position_ids: None,
    };
    let setup = Setup::stack(adapters.iter().map(|(name, _)| *name));
    let output = model.forward(&inputs, Some(&setup), &mut Pass::default()).expect("it runs");
    output.last_hidden_state().expect("there is a state").to_owned().into_dyn()
}

#[test]
fn a_union_is_its_parts() {
    let mut compared = 0;
    for files in Files::below("fixtures/oracle".as_ref()).expect("the cases") {
        let (case, arrays) = files.read().expect("the case can be read");
        let is_whole = matches!(case.subject, Subject::Encoder(_)) && case.verdict == Verdict::Accept;
        if !is_whole || case.adapters.len() != 1 || !case.adapters.contains_key("a") {
            continue;
        }
        let parts = parts(&case);
        if parts.len() < 2 || parts.iter().any(is_for_the_first_only) {
            continue;
        }
        let names: Vec<_> = (0..parts.len()).map(|index| format!("part{index}")).collect();
        let alone: Vec<_> =
            names.iter().zip(&parts).map(|(name, part)| (name.as_str(), std::slice::from_ref(part))).collect();
        let (union, stack) = (run(&case, &arrays, &[("a", &parts)]), run(&case, &arrays, &alone));
        let difference = union.iter().zip(&stack).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
        assert!(difference <= 1e-12, "{}: {difference:e}", case.id);
        compared += 1;
    }
    assert!(compared >= 5, "only {compared} unions were compared");
}
