//! Saved adapters of every release, run on a whole model: the outputs have to be what adapters 1.3.0 gives for the same
//! files (`fixtures/checkpoints`). Where that differs from what the release itself computed, ours has to differ by as much;
//! what 1.3.0 refuses is refused.

use std::path::Path;

use adapter_spec::document::json;
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::models::EncoderType;
use adapter_spec::oracle::{AdaptedModel, AdapterFolder, Attention, FusionFolder, Group, OracleError, read_inputs};
use adapter_spec::tensors::TensorFile;
use libtest_mimic::Failed;
use ndarray::ArrayD;
use serde_json::Value;

use crate::Trial;
use crate::support::read;

const FOLDER: &str = "fixtures/checkpoints";

/// Cases that are about something else, or that turn on more than the files: the reason.
const LEFT_OUT: [(&str, &str); 1] = [(
    "adapters-1.3.0/bert/prefix_tuning_ejected",
    "its config does not fit its tensors: 1.3.0 loads it with weights missing",
)];

pub(crate) fn trials() -> Vec<Trial> {
    let loaded = read(Path::new(FOLDER).join("loaded_by_adapters-1.3.0.json")).expect("the recording of 1.3.0");
    let cases = loaded["cases"].as_object().expect("cases by path").clone();
    let mut trials = Vec::new();
    let mut left_out = 0;
    for (path, expected) in cases {
        let model = path.split('/').nth(1).unwrap_or_default().split('-').next().unwrap_or_default().to_owned();
        if EncoderType::of(&model).is_none() || LEFT_OUT.iter().any(|(case, _)| *case == path) {
            left_out += 1;
            continue;
        }
        trials.push(Trial::test(path.clone(), move || check(&path, &model, &expected)));
    }
    trials.push(Trial::test("enough cases are run", move || {
        if left_out < 80 {
            Ok(())
        } else {
            Err(format!("{left_out} left out: only models with decoders may be").into())
        }
    }));
    trials
}

fn check(path: &str, model: &str, expected: &Value) -> Result<(), Failed> {
    let folder = Path::new(FOLDER).join(path);
    let case = read(folder.join("case.json"))?;
    let io = TensorFile::open(folder.join("io.safetensors"))?;
    let computed = run(&folder, model, &case, &io);
    let recorded = Group { file: &io, prefix: "" }.real::<f64>("last_hidden_state_f64")?;
    let recorded = recorded.ok_or("no output in double precision")?;
    if let Some(refused) = expected.get("refused") {
        return match computed {
            Err(_) => Ok(()),
            Ok(_) => Err(format!("adapters 1.3.0 refuses it ({refused}), and it runs").into()),
        };
    }
    let theirs =
        expected["differences"]["last_hidden_state_f64"]["absolute"].as_f64().ok_or("no difference recorded")?;
    let ours = match computed {
        Ok(states) => states.iter().zip(&recorded).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs())),
        // Tensors that the file lacks stay as 1.3.0 draws them, at random; we do not guess.
        Err(error) if error.to_string().contains("is missing") && lacks_tensors(&case, expected) => return Ok(()),
        Err(error) => return Err(error.to_string().into()),
    };
    // The recording gives three digits.
    let agrees = if theirs < 1e-9 { ours < 1e-12 } else { (ours - theirs).abs() < 0.01 * theirs };
    if agrees { Ok(()) } else { Err(format!("off by {ours:.2e}, where adapters 1.3.0 is off by {theirs:.2e}").into()) }
}

fn lacks_tensors(case: &Value, expected: &Value) -> bool {
    let is_full = |value: Option<&Value>| match value {
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(items)) => !items.is_empty(),
        _ => false,
    };
    is_full(expected.get("missing")) || is_full(case.get("not_saved"))
}

fn run(folder: &Path, model: &str, case: &Value, io: &TensorFile) -> Result<ArrayD<f64>, OracleError> {
    let base = Path::new(FOLDER).join("base").join(model);
    let mut config: Value = read(base.with_extension("json")).expect("the base model's config");
    for (key, value) in case["config"].as_object().into_iter().flatten() {
        config[key] = value.clone();
    }
    let config = json::parse(&config.to_string()).0.expect("it is an object");
    let tensors = TensorFile::open(base.with_extension("safetensors"))?;
    // The recorder ran attention written out, as the oldest releases know no other.
    let mut adapted = AdaptedModel::<f64>::new(&config, &Group { file: &tensors, prefix: "" }, Attention::Eager)?;
    let folders = case["adapters"].as_object().expect("folders by adapter");
    let adapters: Vec<_> = folders
        .values()
        .map(|name| AdapterFolder::open(&folder.join(name.as_str().unwrap_or_default())))
        .collect::<Result<_, _>>()?;
    adapters.iter().try_for_each(|adapter| adapter.add_to(&mut adapted, true))?;
    for fusion in case["fusion"].as_object().into_iter().flatten().map(|(_, name)| name) {
        FusionFolder::open(&folder.join(fusion.as_str().unwrap_or_default()))?.add_to(&mut adapted, &adapters)?;
    }
    let (inputs, task_ids) = read_inputs(io)?;
    let mut pass = Pass { task_ids, ..Pass::default() };
    let output = adapted.forward(&inputs, Some(&setup(&case["active"])), &mut pass)?;
    Ok(output.last_hidden_state().map(|states| states.to_owned().into_dyn()).unwrap_or_default())
}

/// A setup as the recorder writes it: a name, or an object of the block's name and its children.
fn setup(active: &Value) -> Setup {
    let single = |child: &Value| Setup::Single(child.as_str().expect("a name").to_owned());
    let Some((block, children)) = active.as_object().and_then(|block| block.iter().next()) else {
        return Setup::Stack(vec![single(active)]);
    };
    let children: Vec<_> = children.as_array().expect("children").iter().map(single).collect();
    match block.as_str() {
        "Fuse" => Setup::Fuse { children, name: None },
        "Stack" => Setup::Stack(children),
        "MultiTask" => Setup::MultiTask(children),
        other => panic!("the test does not know the block {other}"),
    }
}
