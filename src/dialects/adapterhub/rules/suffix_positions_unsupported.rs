use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::{Model, Quirk};

rule! {
    /// ReFT is set to positions that the base model's sequences do not have.
    ///
    /// ## Why is this bad
    /// The adapters library computes the first and the last positions once per forward pass, from the first sequence
    /// that it meets, and notices that another sequence is shorter or wider only if it has computed both. This is a bug
    /// in the library.
    ///
    /// - In models with an encoder and a decoder, whose sequences differ in length, the decoder reads beyond the end of
    ///   its sequence and raises a `RuntimeError`. (Not in an `EncoderDecoderModel`, whose two models run by themselves;
    ///   nor in Whisper if there are first positions as well, since it is given no `attention_mask`.)
    /// - In a CLIP model whose images and texts differ in hidden size, texts raise a `RuntimeError` unless both first and
    ///   last positions are changed.
    ///
    /// More positions than the longest sequence has make training fail, since the gradient has a different shape.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "reft", "layers": "all", "prefix_positions": 0, "suffix_positions": 2, "r": 1,
    ///  "orthogonality": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    SuffixPositionsUnsupported, Error
}

/// The keys of the two counts.
const KEYS: [&str; 2] = ["prefix_positions", "suffix_positions"];

impl SuffixPositionsUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        for config in subject.of(Method::Reft).filter(|config| config.adapts_layers(Some(model))) {
            if !Self::check_stacks(config, model, report) {
                Self::check_longest(config, model, report);
            }
        }
    }

    /// Whether the two stacks of the model meet positions of each other that they do not have.
    fn check_stacks(config: &ConfigView<'_>, model: &Model, report: &mut Report) -> bool {
        let (key, message) = if fails_in_decoder(config, model) {
            let message = format!(
                "ReFT at the last positions fails in {} models, whose encoder and decoder see sequences of different \
                 lengths",
                model.model_type
            );
            ("suffix_positions", message)
        } else if let Some(widths) = widths_that_differ(config, model) {
            let [key, other] = if count(config, "suffix_positions") > 0 {
                ["suffix_positions", "prefix_positions"]
            } else {
                ["prefix_positions", "suffix_positions"]
            };
            let [texts, images] = widths;
            let message = format!(
                "without `{other}`, ReFT fails in a model whose texts have the hidden size {texts} and its images {images}"
            );
            (key, message)
        } else {
            return false;
        };
        let (pointer, span) = config.place_of(key);
        let finding = report.add(Self::INFO, pointer, span, message);
        if fails_in_decoder(config, model) {
            finding.help("use `prefix_positions`, and set `suffix_positions` to 0");
            if let Some(prefix) = config.written("prefix_positions") {
                finding.also(prefix.node.span, "the first positions work");
            }
        } else {
            finding.help("leave out the layers of one of the two, or use both first and last positions");
        }
        true
    }

    fn check_longest(config: &ConfigView<'_>, model: &Model, report: &mut Report) {
        if count(config, "suffix_positions") <= 0 {
            return;
        }
        let of_texts = || model.max_positions.and_then(|longest| i64::try_from(longest).ok());
        let patches = positions_of_images(model);
        // Texts are mostly shorter, images never.
        let Some(fewest) = patches.map(|patches| patches.saturating_add(1)).or_else(of_texts) else { return };
        for key in KEYS.into_iter().rev() {
            if count(config, key) >= fewest {
                let (pointer, span) = config.place_of(key);
                let message = match patches {
                    Some(patches) => format!("the model sees an image as {patches} positions"),
                    None => format!("the model's sequences have at most {fewest} positions"),
                };
                report.add(Self::INFO, pointer, span, message).help("choose fewer positions");
            }
        }
    }
}

/// The positions of an image: its square patches, and one for the whole.
fn positions_of_images(model: &Model) -> Option<i64> {
    let size = |key: &str| model.config.as_ref()?.get(key)?.as_i64();
    let side = size("image_size")?.checked_div(size("patch_size")?)?;
    let is_of_images = Quirk::SeesPatches.is_of(&model.model_type);
    side.checked_mul(side)?.checked_add(1).filter(|_| is_of_images)
}

fn count(config: &ConfigView<'_>, key: &str) -> i64 {
    config.value(key).and_then(|value| value.as_i64()).unwrap_or(0)
}

/// Whether the decoder looks for the last positions of the encoder's sequence.
fn fails_in_decoder(config: &ConfigView<'_>, model: &Model) -> bool {
    let beside = model.support.is_some_and(|row| row.has_decoder_beside_encoder() && !Quirk::TwoModels.is_of(row.name));
    if !beside || count(config, "suffix_positions") <= 0 {
        return false;
    }
    // Where nothing tells how many layers the encoder has, listed ones may all be the encoder's.
    let is_everywhere = config.listed_layers().is_none();
    let (encodes, decodes) = config.stacks(model).unwrap_or((is_everywhere, is_everywhere));
    // Features of sounds come without the mask that tells the length of the encoder's sequence.
    decodes && (!Quirk::Listens.is_of(&model.model_type) || (encodes && count(config, "prefix_positions") <= 0))
}

/// The hidden sizes of CLIP's texts and images, if they differ, both have interventions, and these are at one end only.
fn widths_that_differ(config: &ConfigView<'_>, model: &Model) -> Option<[u64; 2]> {
    let [texts, images] = model.stacks.as_slice() else { return None };
    let widths = [texts.hidden_size?, images.hidden_size?];
    let border = texts.layers?;
    let has_layers = |mut layers: std::ops::Range<u64>| {
        config.listed_layers().is_none_or(|listed| layers.any(|layer| listed.contains(&layer)))
    };
    let are_both_adapted = has_layers(0..border) && has_layers(border..border.checked_add(images.layers?)?);
    let at_one_end = KEYS.iter().filter(|key| count(config, key) > 0).count() == 1;
    (Quirk::PicturesBehind.is_of(&model.model_type) && widths[0] != widths[1] && are_both_adapted && at_one_end)
        .then_some(widths)
}
