//! Holds an implementation to the golden cases, as another project would: `cargo run --example oracle_runner [FOLDER]`.
//!
//! [`Run::activation`], [`Run::bottleneck`] and [`Run::lora`] stand for that implementation. They assemble
//! `adapter_spec::methods`, the last one from nothing but JSON and names of arrays. All other cases go to the crate's own
//! runner, [`kinds::run`]. What has to hold is said in `fixtures/oracle/README.md`; the exit code is 1 if it does not.

use std::error::Error;
use std::process::ExitCode;

use adapter_spec::dialects::adapterhub::modules::{self, Module};
use adapter_spec::methods::activation::Activation;
use adapter_spec::methods::adapted_linear::{AdaptedLinear, Update};
use adapter_spec::methods::bottleneck::Bottleneck;
use adapter_spec::methods::bottleneck_place::BottleneckPlace;
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::methods::layer_norm::LayerNorm;
use adapter_spec::methods::linear::Linear;
use adapter_spec::methods::lora::{Architecture, Lora};
use adapter_spec::methods::{Scalar, parameters::Parameters};
use adapter_spec::oracle::{
    BottleneckLayerSettings, Case, Files, Group, Judged, LoraLinearSettings, Outputs, Subject, Verdict, judge_computed,
    kinds,
};
use adapter_spec::tensors::TensorFile;
use ndarray::{Array, Array2, Dimension, Ix3, IxDyn};
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[expect(clippy::print_stdout, reason = "the report is its output")]
fn main() -> Result<ExitCode> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "fixtures/oracle".into());
    let (mut passed, mut failed) = (0, 0);
    for files in Files::below(folder.as_ref())? {
        let (case, arrays) = files.read()?;
        let run = Run { case: &case, arrays: &arrays };
        let judged = match (case.verdict, run.outputs(), run.outputs()) {
            (Verdict::Refuse, Err(cause), Err(_)) => Judged::on_refusal(Some(cause.to_string())),
            (Verdict::Refuse, ..) => Judged::on_refusal(None),
            (_, double, single) => judge_computed(&case, &arrays, Some(&double?), Some(&single?))?,
        };
        if judged.passed {
            passed += 1;
        } else {
            failed += 1;
            println!("{} failed: {judged:?}", case.id);
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(ExitCode::from(u8::from(failed > 0)))
}

struct Run<'a> {
    case: &'a Case,
    arrays: &'a TensorFile,
}

impl Run<'_> {
    fn outputs<T: Scalar>(&self) -> Result<Outputs<T>> {
        let adapters: Vec<_> = self.case.adapters.iter().collect();
        match (&self.case.subject, adapters.as_slice()) {
            (Subject::Activation(at), _) => self.activation(&at.function),
            (Subject::BottleneckLayer(at), [(name, config)]) if self.runs(name) => self.bottleneck(at, name, config),
            (Subject::LoraLinear(at), [(name, config)]) if self.runs(name) && is_lora(config) => {
                self.lora(at, name, config)
            }
            _ => Ok(kinds::run(self.case, self.arrays)?),
        }
    }

    /// The crate knows which function a name stands for and what its parameters are called.
    fn activation<T: Scalar>(&self, name: &str) -> Result<Outputs<T>> {
        let function = modules::activation(name.parse()?);
        let mut parameters = Parameters::new();
        for parameter in function.parameters() {
            let leaf = modules::activation_leaf(&parameter.role);
            parameters.insert(&parameter.role, self.array(&format!("adapter/a/{leaf}"))?);
        }
        let y = Activation::new(function, &parameters)?.forward(&self.array::<T, IxDyn>("input/x")?);
        Ok([("y".to_owned(), y)].into())
    }

    /// The crate makes the method's architecture of a typed config, and finds its parameters.
    fn bottleneck<T: Scalar>(&self, at: &BottleneckLayerSettings, name: &str, config: &Value) -> Result<Outputs<T>> {
        let mut config = config.clone();
        // The library takes names of activations in capitals too, the typed config does not.
        config["non_linearity"] = config["non_linearity"].as_str().map(str::to_lowercase).into();
        let module = modules::bottleneck(&serde_json::from_value(config)?, at.hidden_size, at.layer)?;
        let [own, shared] = ["adapter", "shared"].map(|group| format!("{group}/{name}/"));
        let own = modules::own::<T>(&Group { file: self.arrays, prefix: &own }, "", &module)?;
        let shared = modules::shared::<T>(&Group { file: self.arrays, prefix: &shared }, "", &module)?;
        let Module::Bottleneck(architecture) = module else { return Err("this is no bottleneck adapter".into()) };
        let adapter = Bottleneck::new(*architecture, &own, &shared)?;
        let place = BottleneckPlace { adapters: [(name.to_owned(), adapter)].into(), ..BottleneckPlace::default() };
        let norm = |epsilon| -> Result<LayerNorm<T>> {
            let [weight, bias] = ["weight", "bias"].map(|part| self.array(&format!("base/LayerNorm.{part}")));
            Ok(LayerNorm { weight: weight?, bias: bias?, epsilon })
        };
        let norm = at.layer_norm_eps.map(norm).transpose()?;
        let h = self.array::<T, Ix3>("input/hidden_states")?.into_shared();
        let i = self.array::<T, Ix3>("input/residual").ok().map(Array::into_shared);
        let setup = self.case.setup.as_ref().map(Setup::from);
        let y = place.forward(setup.as_ref(), &h, i.as_ref(), norm.as_ref(), &mut Pass::default())?;
        Ok([("hidden_states".to_owned(), y.into_dyn())].into())
    }

    /// Only the method: sizes from the JSON, arrays by the library's names.
    fn lora<T: Scalar>(&self, at: &LoraLinearSettings, name: &str, config: &Value) -> Result<Outputs<T>> {
        let architecture = Architecture {
            inputs: at.in_features,
            outputs: at.out_features,
            rank: usize::try_from(config["r"].as_u64().ok_or("there is no rank")?)?,
            alpha: config["alpha"].as_f64().ok_or("there is no alpha")?,
            gates: usize::from(config["use_gating"] == true),
            magnitude: config["use_dora"] == true,
            groups: 1,
        };
        let mut parameters = Parameters::new();
        for role in architecture.parameters().into_iter().map(|parameter| parameter.role) {
            let names = [("A", "lora_A"), ("B", "lora_B"), ("magnitude", "m.weight")];
            let leaf = names.iter().find(|(known, _)| *known == role).map_or(role.as_str(), |(_, leaf)| leaf);
            let array = self.array(&format!("adapter/{name}/{leaf}"))?;
            parameters.insert(role, array);
        }
        let update = Update::Lora(Lora::new(architecture, &parameters)?);
        let turned = |weight: Array2<T>| if at.fan_in_fan_out { weight.reversed_axes() } else { weight };
        let base = Linear { weight: turned(self.array("base/weight")?), bias: self.array("base/bias").ok() };
        let updates = [(name.to_owned(), update)].into();
        let layer = AdaptedLinear { base, updates, stored_transposed: at.fan_in_fan_out };
        let x = self.array::<T, Ix3>("input/x")?.into_shared();
        let y = layer.forward(self.case.setup.as_ref().map(Setup::from).as_ref(), &x, &mut Pass::default())?;
        let mut outputs = Outputs::from([("y".to_owned(), y.into_dyn())]);
        if architecture.gates == 0 {
            let merged = layer.merge(name)?;
            let unmerged = layer.unmerge(name, &merged)?;
            // The library does not put back what it had before DoRA.
            let reset = if architecture.magnitude { merged.weight.clone() } else { unmerged };
            let linear = Linear { weight: merged.weight.clone(), bias: layer.base.bias.clone() };
            outputs.insert("merged_y".to_owned(), linear.forward(&x).into_dyn());
            outputs.insert("merged_weight".to_owned(), turned(merged.weight).into_dyn());
            outputs.insert("reset_weight".to_owned(), turned(reset).into_dyn());
        }
        Ok(outputs)
    }

    /// An array that has to be there.
    fn array<T: Scalar, D: Dimension>(&self, name: &str) -> Result<Array<T, D>> {
        let array = Group { file: self.arrays, prefix: "" }.real(name)?;
        Ok(array.ok_or_else(|| format!("{}: there is no `{name}`", self.case.id))?.into_dimensionality()?)
    }

    /// Whether an adapter is active and has arrays: without any, it has no module at this place.
    fn runs(&self, name: &str) -> bool {
        let groups = ["adapter", "shared"].map(|group| format!("{group}/{name}/"));
        let is_here = |array: &String| groups.iter().any(|group| array.starts_with(group));
        self.case.setup.is_some() && self.case.shapes.keys().any(is_here)
    }
}

/// Whether a config is LoRA's or DoRA's, and not that of its kin.
fn is_lora(config: &Value) -> bool {
    config["architecture"] == "lora" && config["composition_mode"] == "add" && config["vera_d"].is_null()
}
