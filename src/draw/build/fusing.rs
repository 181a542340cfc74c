//! AdapterFusion.

use super::DrawError;
use super::words;
use crate::dialects::adapterhub::config::FusionConfig;
use crate::dialects::adapterhub::load::Resolved;
use crate::dialects::adapterhub::modules::{self, BuildError, Module};
use crate::document::write::to_line;
use crate::draw::scene::{Column, Flow, Key, Paint, Panel, Scene, Shape, Step, Style, Wire, key, line};
use crate::methods::fusion as af;
use crate::value::Value;

/// The picture of an AdapterFusion's config. It says nothing of places: those are the fused adapters'.
///
/// # Errors
/// If the library refuses the config.
pub fn fusion(name: &str, config: &Resolved) -> Result<Scene, DrawError> {
    let value = Value::Map(config.config().value());
    let typed: FusionConfig = value.typed().map_err(|error| DrawError::Build(BuildError(error.to_string())))?;
    let Module::Fusion(architecture) = modules::fusion(&typed, 1) else {
        return Err(DrawError::Build(BuildError("there is nothing to draw".to_owned())));
    };
    let column = Column {
        heading: "One AdapterFusion".to_owned(),
        layers: "in every place that the fused adapters have".to_owned(),
        flow: flow(&architecture),
    };
    let keys = value.as_map().into_iter().flat_map(|map| map.iter()).map(|(name, value)| Key {
        name: name.to_owned(),
        value: to_line(value),
        idle: None,
    });
    let panel = Panel { heading: "AdapterFusion".to_owned(), member: 0, flow: Flow::default(), keys: keys.collect() };
    let facts = vec!["attention of one state over the outputs of N adapters".to_owned()];
    let (columns, panels, notes) = (vec![column], vec![panel], Vec::new());
    let description = words::describe(name, &facts, &columns, &panels, &notes);
    let legend = vec![(Paint::Member(1), "fused adapters".to_owned())];
    Ok(Scene { title: name.to_owned(), facts, columns, panels, legend, notes, description })
}

fn flow(fusion: &af::Architecture) -> Flow {
    let paint = Paint::Member(0);
    let own = |text: &str| Step::new(Shape::Box, paint, text);
    let mut flow = Flow::default();
    let state = if fusion.query_before_ln { "output of the block" } else { "what the adapters read" };
    flow.push(
        Step::new(Shape::Text, Paint::Base, "state of the block").with([line(Style::Muted, "with its residual r")]),
    );
    let begin = flow.top();
    let member = Paint::Member(1);
    let adapters = Step::new(Shape::Box, member, "Adapters 1 … N")
        .with([line(Style::Muted, "outputs z₁ … z_N, without their residual")]);
    flow.push(adapters);
    if fusion.residual_before {
        let sum = flow.push(Step::new(Shape::Sum, paint, "").with([key("residual_before", "true")]));
        flow.wires.push(Wire { from: begin, to: sum, paint, text: "r".to_owned(), right: true });
    }
    let mut maps = Vec::new();
    if fusion.key {
        maps.push("keys K z");
    }
    if fusion.value && fusion.value_before_softmax {
        maps.push("values V z");
    }
    let text = if maps.is_empty() { "keys and values z".to_owned() } else { maps.join(", ") };
    let mut label = vec![key("key", &fusion.key.to_string()), key("value", &fusion.value.to_string())];
    if fusion.value {
        label.push(key("value_before_softmax", &fusion.value_before_softmax.to_string()));
    }
    flow.push(if maps.is_empty() { Step::new(Shape::Box, Paint::Base, text) } else { own(&text) }.with(label));
    let scores = if fusion.query { "softmax of (Q q) · keys" } else { "softmax of q · keys" };
    let mut label = vec![key("query", &fusion.query.to_string()), line(Style::Muted, format!("q: {state}"))];
    label.push(key("query_before_ln", &fusion.query_before_ln.to_string()));
    if fusion.temperature {
        label.push(key("temperature", "true"));
    }
    let attention = flow.push(own(scores).with(label));
    flow.wires.push(Wire { from: begin, to: attention, paint: Paint::Base, text: "q".to_owned(), right: false });
    flow.push(own("weighted sum of values"));
    if fusion.value && !fusion.value_before_softmax {
        flow.push(own("V"));
    }
    if !fusion.residual_before {
        let sum = flow.push(Step::new(Shape::Sum, paint, "").with([key("residual_before", "false")]));
        flow.wires.push(Wire { from: begin, to: sum, paint, text: "r".to_owned(), right: true });
    }
    flow.push(Step::new(Shape::Text, Paint::Base, "output"));
    flow
}
