//! From a config and a base model to a scene.

mod base;
mod block;
mod column;
mod fusing;
mod interventions;
mod keys;
mod panel;
mod words;

use std::collections::BTreeSet;
use std::fmt;

pub use base::Base;
pub use fusing::fusion;

use self::base::{LayerStack, Sizes, StandIn, stacks};
use super::scene::Scene;
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::load::Resolved;
use crate::dialects::adapterhub::modules::{self, BuildError, Module};
use crate::dialects::adapterhub::slots::{PlaceError, Placed, Site, Totals, place, slots};
use crate::findings::fold::{grouped, share};
use crate::models::Model;

/// No picture has more kinds of layers.
const MOST_COLUMNS: usize = 6;
/// The name of the adapter where modules are placed.
const NAME: &str = "a";

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DrawError {
    /// The library refuses the config.
    Build(BuildError),
    /// The library refuses it in this model, or the model is not known well enough.
    Place(PlaceError),
}

impl DrawError {
    /// Whether the library itself refuses; if not, the model is not known well enough to tell.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Build(_) => true,
            Self::Place(error) => error.is_refusal(),
        }
    }
}

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
            Self::Place(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DrawError {}

/// Everything that a picture is made from.
struct Plan<'p> {
    config: &'p Resolved,
    members: &'p [MemberConfig],
    placed: &'p [Placed],
    model: &'p Model,
    /// Whether it is the reader's model, not a stand-in.
    named: bool,
    sizes: Sizes,
    /// Whether the last layer stands for any number of layers.
    open: bool,
}

/// The picture of an adapter's config, in a base model or, without one, in a layer that normalises behind its blocks.
///
/// # Errors
/// If the library refuses the config, also in this model; or the model is not known well enough.
pub fn adapter(name: &str, config: &Resolved, base: Option<Base<'_>>) -> Result<Scene, DrawError> {
    let members = modules::members(config).map_err(DrawError::Build)?;
    let placed_in = |model: &Model| place(&members, NAME, model).map_err(DrawError::Place);
    if let Some(base) = base {
        let placed = placed_in(base.model)?;
        let plan = Plan {
            config,
            members: &members,
            placed: &placed,
            model: base.model,
            named: true,
            sizes: Sizes::Known,
            open: false,
        };
        return Ok(plan.scene(name, facts(base, &placed)));
    }
    let wants_decoder =
        members.iter().any(|member| matches!(member, MemberConfig::Bottleneck(config) if config.cross_adapter));
    let mut error = None;
    for with_decoder in [wants_decoder, false] {
        let Some(StandIn { model, sizes, open }) = StandIn::new(&members, with_decoder) else { continue };
        match placed_in(&model) {
            Ok(placed) => {
                let plan =
                    Plan { config, members: &members, placed: &placed, model: &model, named: false, sizes, open };
                let kind = if with_decoder { "BART" } else { "BERT" };
                let fact = format!("in a model like {kind}, of hidden size H");
                return Ok(plan.scene(name, vec![fact]));
            }
            Err(refusal) => error = Some(refusal),
        }
    }
    Err(error.unwrap_or_else(|| DrawError::Build(BuildError("there is no model to draw it in".to_owned()))))
}

fn facts(base: Base<'_>, placed: &[Placed]) -> Vec<String> {
    let totals = Totals::of(&slots(placed, ""));
    let mut parameters = format!("{} parameters", grouped(totals.parameters));
    if let Some(own) = base.model.parameters.filter(|own| *own > 0) {
        parameters += &format!(", {} of the base model's {}", share(totals.parameters, own), grouped(own));
    }
    vec![format!("in {}, of type {}", base.name, base.model.model_type), parameters]
}

impl Plan<'_> {
    fn scene(&self, name: &str, facts: Vec<String>) -> Scene {
        let mut notes = Vec::new();
        let mut columns = Vec::new();
        let mut left = 0;
        for stack in stacks(self.model) {
            for (index, kind) in self.kinds(&stack).iter().enumerate() {
                if columns.len() == MOST_COLUMNS {
                    left += 1;
                    continue;
                }
                columns.push(self.column(&stack, kind, index == 0, &mut notes));
            }
        }
        if left > 0 {
            notes.push(format!("{left} more kinds of layers are not drawn."));
        }
        let mut seen = BTreeSet::new();
        notes.retain(|note| seen.insert(note.clone()));
        let panels = self.panels(&mut notes);
        let title = name.to_owned();
        let description = words::describe(&title, &facts, &columns, &panels, &notes);
        Scene { title, facts, columns, panels, legend: Vec::new(), notes, description }
    }

    /// The kinds of layers in a stack that differ in more than sizes. Layers without any module come last, and only
    /// if all are so.
    fn kinds<'k>(&'k self, stack: &LayerStack<'_>) -> Vec<Kind<'k>> {
        let mut kinds: Vec<(Vec<Fingerprint>, Kind<'k>)> = Vec::new();
        for layer in stack.first..stack.first + stack.layers {
            let at: Vec<&Placed> = self.placed.iter().filter(|placed| reaches(placed, layer)).collect();
            let fingerprints: Vec<Fingerprint> = at.iter().map(|placed| fingerprint(placed)).collect();
            let known = kinds.iter_mut().find(|(known, _)| *known == fingerprints);
            match known {
                Some((_, kind)) => kind.layers.push((layer, at)),
                None => kinds.push((fingerprints, Kind { layers: vec![(layer, at)] })),
            }
        }
        if kinds.iter().any(|(fingerprints, _)| !fingerprints.is_empty()) {
            kinds.retain(|(fingerprints, _)| !fingerprints.is_empty());
        }
        kinds.into_iter().map(|(_, kind)| kind).collect()
    }
}

/// Layers of one kind.
struct Kind<'k> {
    /// Their numbers in the whole model, with their modules.
    layers: Vec<(u64, Vec<&'k Placed>)>,
}

/// What tells modules apart, sizes aside.
type Fingerprint = (String, usize, Option<String>);

fn fingerprint(placed: &Placed) -> Fingerprint {
    let shape = match &placed.module {
        Module::Bottleneck(adapter) => {
            let adapter = crate::methods::bottleneck::Architecture { width: 0, ..(**adapter).clone() };
            Some(format!("{adapter:?}"))
        }
        _ => None,
    };
    (site_name(&placed.site), placed.member, shape)
}

/// The name of a site, for prefixes with their kind.
fn site_name(site: &Site) -> String {
    match site {
        Site::Prefixes { location, .. } => format!("prefixes:{location}"),
        Site::PrefixGate { location, .. } => format!("prefix-gate:{location}"),
        site => site.name().to_owned(),
    }
}

/// Whether a module belongs to a layer.
fn reaches(placed: &Placed, layer: u64) -> bool {
    match &placed.site {
        Site::Prefixes { layers, .. } => layers.contains(&layer),
        _ => placed.layer == Some(layer),
    }
}
