//! Which tensors PEFT saves for a config on a base model: `cargo run --example expected_tensors [CONFIG MODEL]`, with the
//! paths of an `adapter_config.json` and of the base model's `config.json`.

use std::error::Error;
use std::path::Path;

use adapter_spec::dialects::peft::expected::expect;
use adapter_spec::models::Tree;
use adapter_spec::value::{Map, Value};

const FOLDER: &str = "fixtures/lint/AL660-peft-tensor-missing/good";

#[expect(clippy::print_stdout, reason = "the tensors are its output")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut path = |name: &str| arguments.next().unwrap_or_else(|| format!("{FOLDER}/{name}"));
    let config = read(path("adapter_config.json").as_ref())?;
    let model = read(path("model.json").as_ref())?;
    let task = config.get("task_type").and_then(Value::as_str);
    // Without a task, PEFT adapts whatever class it is given; `candidates` names them all.
    let tree = Tree::of(&model, task).ok_or("nothing is known about this model")?;
    let adapted = expect(&config, &tree).ok_or("nothing is known about this config")??;
    println!("{}: {} modules are adapted", tree.class, adapted.modules.len());
    for tensor in adapted.tensors.ok_or("the tensors depend on more than config and model")? {
        let sizes = tensor.shape.iter().map(|size| size.map_or("?".to_owned(), |size| size.to_string()));
        println!("{} [{}]", tensor.name, sizes.collect::<Vec<_>>().join(", "));
    }
    Ok(())
}

/// A JSON object, its numbers as Python reads them.
fn read(path: &Path) -> Result<Map, Box<dyn Error>> {
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
    Ok(Value::from(&json).as_map().ok_or("it is not an object")?.clone())
}
