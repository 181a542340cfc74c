use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::{Model, Quirk, Stack};

rule! {
    /// VeRA adapts matrices of different shapes.
    ///
    /// ## Why is this bad
    /// VeRA shares one pair of random matrices, made for the shape of the first adapted matrix. For a matrix of another
    /// shape the forward pass fails. This happens with feed-forward matrices beside attention matrices, with key and
    /// value matrices that are narrower than the query matrix (grouped-query attention), or with an encoder and a decoder
    /// (or CLIP's texts and images) of different widths.
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
            let matrices = matrices(config, subject.model.as_ref());
            let Some(first) = matrices.first() else { continue };
            let Some(other) = matrices.iter().find(|matrix| matrix.differs_from(first)) else { continue };
            let (pointer, span) = config.place_of(other.key);
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

/// An adapted matrix: the key that adapts it, its shape in words, and its inputs and outputs as far as they are known.
struct Matrix {
    key: &'static str,
    kind: Kind,
    sizes: Option<[u64; 2]>,
}

/// A shape apart from its sizes: which width goes in, which comes out.
#[derive(PartialEq, Eq)]
enum Kind {
    Square,
    Narrow,
    Up,
    Down,
}

impl Matrix {
    fn differs_from(&self, other: &Self) -> bool {
        match (self.sizes, other.sizes) {
            (Some(own), Some(others)) => own != others,
            _ => self.kind != other.kind,
        }
    }
}

/// The matrices that are adapted, one of each shape in each stack of layers.
fn matrices(config: &ConfigView<'_>, model: Option<&Model>) -> Vec<Matrix> {
    let Some(model) = model.filter(|model| !model.stacks.is_empty()) else { return in_stack(config, None, false) };
    let grouped = matches!((model.heads, model.key_value_heads), (Some(all), Some(few)) if few != all);
    // Types that are reached through the interface may have another matrix there, of two widths side by side.
    let is_plain = model.support.is_some_and(|support| !support.generic);
    let counts_anew = model.support.is_some_and(|support| Quirk::TwoModels.is_of(support.name));
    let mut start = 0;
    let mut found = Vec::new();
    for stack in &model.stacks {
        let end = stack.layers.map(|layers| layers.saturating_add(start));
        if end.is_none_or(|end| (start..end).any(|layer| !config.leaves_out(layer))) {
            found.extend(in_stack(config, is_plain.then_some(stack), grouped));
        }
        start = if counts_anew { 0 } else { end.unwrap_or(start) };
    }
    found
}

/// The matrices that are adapted in one stack of layers.
fn in_stack(config: &ConfigView<'_>, stack: Option<&Stack>, grouped: bool) -> Vec<Matrix> {
    let hidden = stack.and_then(|stack| stack.hidden_size);
    let inner = stack.and_then(|stack| stack.feed_forward_size);
    let matrix = |key, kind, inputs: Option<u64>, outputs: Option<u64>| Matrix {
        key,
        kind,
        sizes: inputs.zip(outputs).map(|(inputs, outputs)| [inputs, outputs]),
    };
    let mut found = Vec::new();
    if config.is_true("selfattn_lora") {
        for letter in config.attention_matrices() {
            let kind = if grouped && letter != "q" { Kind::Narrow } else { Kind::Square };
            let size = if letter == "q" { Stack::query_size } else { Stack::key_size };
            found.push(matrix("attn_matrices", kind, hidden, stack.and_then(size)));
        }
    }
    if config.is_true("intermediate_lora") {
        found.push(matrix("intermediate_lora", Kind::Up, hidden, inner));
    }
    if config.is_true("output_lora") {
        found.push(matrix("output_lora", Kind::Down, inner, hidden));
    }
    found
}
