use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::Model;

rule! {
    /// VeRA adapts matrices of different shapes.
    ///
    /// ## Why is this bad
    /// VeRA shares one pair of random matrices, made for the shape of the first adapted matrix. For a matrix of another
    /// shape the forward pass fails. This happens with feed-forward matrices beside attention matrices, or with key and
    /// value matrices that are narrower than the query matrix (grouped-query attention).
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "vera_d": 0.1, "vera_b": 0.0, "intermediate_lora": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    VeraShapesDiffer, Error
}

impl VeraShapesDiffer {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods().filter(|config| config.is_vera()) {
            let shapes = shapes(config, subject.model.as_ref());
            let Some((_, first)) = shapes.first() else { continue };
            let Some((key, _)) = shapes.iter().find(|(_, shape)| shape != first) else { continue };
            let (pointer, span) = config.place_of(key);
            let finding = report.add(
                Self::INFO,
                pointer,
                span,
                "VeRA shares one pair of matrices, but the adapted matrices have different shapes",
            );
            finding.help("adapt matrices of one shape only");
            if let Some(vera) = config.written("vera_d") {
                finding.also(vera.node.span, "this makes it VeRA");
            }
        }
    }
}

/// A shape apart from its sizes: which width goes in, which comes out.
#[derive(PartialEq, Eq)]
enum Shape {
    Square,
    Narrow,
    Up,
    Down,
}

/// The adapted matrices' shapes, with the key that adapts them.
fn shapes(config: &ConfigView<'_>, model: Option<&Model>) -> Vec<(&'static str, Shape)> {
    let grouped = model.is_some_and(|model| match (model.heads, model.key_value_heads) {
        (Some(heads), Some(key_value)) => key_value != heads,
        _ => false,
    });
    let mut shapes = Vec::new();
    if config.is_true("selfattn_lora") {
        for matrix in config.attention_matrices() {
            shapes.push(("attn_matrices", if grouped && matrix != "q" { Shape::Narrow } else { Shape::Square }));
        }
    }
    if config.is_true("intermediate_lora") {
        shapes.push(("intermediate_lora", Shape::Up));
    }
    if config.is_true("output_lora") {
        shapes.push(("output_lora", Shape::Down));
    }
    shapes
}
