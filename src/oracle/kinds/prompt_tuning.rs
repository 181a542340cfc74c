use ndarray::{Ix3, Ix4};

use super::{OracleError, Outputs, Run, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{self, Module};
use crate::methods::Scalar;
use crate::methods::prompt_tuning::Prompt;
use crate::oracle::PromptTuningSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &PromptTuningSettings) -> Result<Outputs<T>, OracleError> {
    let (name, config) = run.adapter()?;
    let MemberConfig::PromptTuning(config) = config else { return Err(wrong_method(name)) };
    let module = modules::prompt(&config, settings.embedding_size);
    let own = modules::own::<T>(&run.group(&format!("adapter/{name}/")), "", &module)?;
    let Module::Prompt(architecture) = module else { return Err(wrong_method(name)) };
    let prompt = Prompt::new(architecture, &own)?;
    let embeddings = prompt.forward(&run.array::<T, Ix3>("input/embeddings")?)?;
    let mut outputs = Outputs::from([("embeddings".to_owned(), embeddings.into_dyn())]);
    if let Some(mask) = run.optional::<T, Ix4>("input/attention_mask")? {
        outputs.insert("attention_mask".to_owned(), prompt.mask(&mask, 0.0, true).into_dyn());
    }
    Ok(outputs)
}
