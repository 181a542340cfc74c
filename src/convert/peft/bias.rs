use super::place::{Place, Places};
use crate::dialects::adapterhub::sites::Sites;
use crate::models::{Model, Tree};
use crate::value::{Map, Value};

/// Which linear layers of a base model have a bias: as its config says, or else as models of the type have it that say
/// nothing.
#[derive(Debug, Clone)]
pub(super) struct Biases {
    /// The linear layers of each stack, by their paths in a layer. All layers of a stack are alike.
    known: Vec<(usize, &'static str, bool)>,
}

impl Biases {
    pub(super) fn of(sites: &'static Sites, model: Option<&Model>) -> Self {
        let given = model.filter(|model| model.model_type == sites.model_type).and_then(|model| model.config.as_ref());
        let usual = Map::from_iter([("model_type".to_owned(), Value::String(sites.model_type.to_owned()))]);
        let tree = |config: &Map| Tree::of(config, Some("FEATURE_EXTRACTION"));
        let tree = given.and_then(tree).or_else(|| tree(&usual));
        let places = Places::new(sites, None, std::iter::empty());
        let mut known: Vec<(usize, &'static str, bool)> = Vec::new();
        for module in tree.iter().flat_map(|tree| &tree.modules) {
            let Some(place) = places.locate(&module.name) else { continue };
            let (stack, path) = (place.stack, place.linear.path);
            if !known.iter().any(|(other, known, _)| (*other, *known) == (stack, path)) {
                known.push((stack, path, module.has_bias()));
            }
        }
        Self { known }
    }

    /// Whether a layer has one; yes where nothing is known, as most have.
    pub(super) fn has(&self, place: Place) -> bool {
        let is_here = |(stack, path, _): &&(usize, &str, bool)| (*stack, *path) == (place.stack, place.linear.path);
        self.known.iter().find(is_here).is_none_or(|(.., has)| *has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::adapterhub::sites::When;
    use crate::document::{Document, Format};

    fn of(config: &str, module: &str) -> bool {
        let document = Document::read(config.as_bytes().to_vec(), Format::Json);
        let model = Model::from_config(document.root.as_ref().expect("it is JSON")).expect("it has a type");
        let sites = Sites::of(&model.model_type).expect("the type is known");
        let places = Places::new(sites, None, std::iter::empty());
        Biases::of(sites, Some(&model)).has(places.locate(module).expect("it is a place"))
    }

    #[test]
    fn every_linear_layer_of_every_type_is_known() {
        for sites in Sites::all() {
            let biases = Biases::of(sites, None);
            for (stack, layer) in sites.layers.iter().enumerate() {
                // Most models have no cross-attention, nor the other kind of feed-forward block.
                for linear in layer.linears.iter().filter(|linear| linear.when == When::Always) {
                    let is_here = |(other, path, _): &(usize, &str, bool)| (*other, *path) == (stack, linear.path);
                    assert!(biases.known.iter().any(is_here), "{} {stack} {}", sites.model_type, linear.path);
                }
            }
        }
    }

    #[test]
    fn the_models_own_config_decides() {
        let query = "layers.0.self_attn.q_proj";
        assert!(!of(r#"{"model_type": "llama"}"#, query));
        assert!(of(r#"{"model_type": "llama", "attention_bias": true}"#, query));
        assert!(!of(r#"{"model_type": "llama", "attention_bias": true}"#, "layers.0.mlp.up_proj"));
        assert!(of(r#"{"model_type": "llama", "mlp_bias": true}"#, "layers.0.mlp.up_proj"));
        assert!(of(r#"{"model_type": "qwen2"}"#, query) && !of(r#"{"model_type": "qwen2"}"#, "layers.0.mlp.up_proj"));
        let query = "encoder.layer.0.attention.attention.query";
        assert!(of(r#"{"model_type": "vit"}"#, query));
        assert!(!of(r#"{"model_type": "vit", "qkv_bias": false}"#, query));
    }
}
