use std::collections::BTreeSet;

use super::super::bias::Biases;
use super::super::place::{Places, bare};
use super::super::{Made, Part, model, unknown_type};
use crate::convert::Options;
use crate::convert::peft::PeftError;
use crate::dialects::adapterhub::sites::{Projection, Sites};
use crate::models::Model;
use crate::value::Value;

/// The base model, as far as it is known.
pub(super) struct Base {
    pub(super) sites: &'static Sites,
    pub(super) model: Option<Model>,
    /// Whether the attribute of a class with heads stands before the modules.
    pub(super) has_attribute: bool,
    pub(super) hidden_size: Option<u64>,
    pub(super) biases: Biases,
}

/// The types that stand for all that have the same modules.
const FIRST: [&str; 7] = ["bert", "roberta", "llama", "t5", "bart", "vit", "gpt2"];

impl Base {
    /// The base model: as it is given, as it lies beside, by its name, or by the names of its modules.
    pub(super) fn find<'m>(
        part: &Part,
        options: &Options,
        modules: impl Iterator<Item = &'m str> + Clone,
        made: &mut Made,
    ) -> Result<Self, PeftError> {
        if let (Some(why), None) = (&part.no_model, &options.model) {
            made.note(format!("nothing is known of the base model from beside the adapter: {why}"));
        }
        let name = part.file.get("base_model_name_or_path").and_then(Value::as_str);
        let model = model(options.model.as_ref().or(part.model.as_ref()), name);
        let sites = match &model {
            Some(model) => Sites::of(&model.model_type).ok_or_else(|| unknown_type(&model.model_type))?,
            None => infer(modules.clone(), made)?,
        };
        let has_attribute = modules.into_iter().any(|module| bare(sites, module).len() < module.len());
        let hidden_size = model.as_ref().and_then(|model| model.hidden_size);
        let biases = Biases::of(sites, model.as_ref());
        Ok(Self { sites, model, has_attribute, hidden_size, biases })
    }

    pub(super) fn places<'m>(&self, modules: impl Iterator<Item = &'m str> + Clone) -> Places {
        Places::new(self.sites, self.model.as_ref(), modules)
    }
}

/// The model type by the names of the modules, if they tell it as far as it counts.
fn infer<'m>(modules: impl Iterator<Item = &'m str> + Clone, made: &mut Made) -> Result<&'static Sites, PeftError> {
    let all: BTreeSet<&str> = modules.collect();
    // What each type makes of the modules.
    let read = |sites: &'static Sites| -> Vec<Option<Projection>> {
        let places = Places::new(sites, None, all.iter().copied());
        all.iter().map(|module| places.locate(module).map(|place| place.linear.projection)).collect()
    };
    let score = |sites: &'static Sites| {
        let found = read(sites).iter().flatten().count();
        let named = all.iter().filter(|module| module.starts_with(&format!("{}.", sites.attribute))).count();
        (found, named)
    };
    let best = Sites::all().iter().map(score).max().filter(|(found, _)| *found > 0);
    let unknown = || PeftError::base_model("the files do not show what the base model is; name it");
    let best = best.ok_or_else(unknown)?;
    let candidates: Vec<_> = Sites::all().iter().filter(|sites| score(sites) == best).collect();
    let first = FIRST.iter().find_map(|name| candidates.iter().find(|sites| sites.model_type == *name));
    let first = *first.or(candidates.first()).ok_or_else(unknown)?;
    let names: Vec<_> = candidates.iter().map(|sites| sites.model_type).collect();
    let meaning = read(first);
    if candidates.iter().any(|sites| read(sites) != meaning) {
        return Err(PeftError::base_model(format!(
            "the base model may be one of {}, in which adapters uses different names; name it",
            names.join(", ")
        )));
    }
    if names.len() > 1 {
        made.note(format!(
            "the base model is taken to be {}: {} have the same modules; name it if it is another",
            first.model_type,
            names.join(", ")
        ));
    } else {
        made.note(format!("the base model is taken to be {}, judging by the names of its modules", first.model_type));
    }
    Ok(first)
}
