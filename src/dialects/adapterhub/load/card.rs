//! Cards of the Hub: architectures, and adapters that use them with overrides (the Hub's `scripts/utils.py`,
//! `build_config_from_yaml`).

use super::HubVersion;
use crate::document::{Document, Node, Span};
use crate::merge::{Layer, Layered, Origin};

/// An architecture from a card of the Hub's `architectures` folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// The card's `name`.
    pub name: String,
    /// The card's path.
    pub path: String,
    config: Layer,
    config_v1: Option<Layer>,
}

impl Architecture {
    /// Reads an architecture card; `None` if the document is none.
    #[must_use]
    pub fn read(document: &Document, path: &str) -> Option<Self> {
        let origin =
            |span: Span| Origin::Card { path: path.to_owned(), line: document.source.position(span.start).line };
        document.root.as_ref().and_then(|root| Self::from_node(root, path, &origin))
    }

    /// The same from a node. Architecture cards have a `displayname`, adapter files have none.
    pub(super) fn from_node(root: &Node, path: &str, origin: &impl Fn(Span) -> Origin) -> Option<Self> {
        let name = root.get("name")?.as_str()?.to_owned();
        root.get("displayname").or_else(|| root.get("config_v1"))?;
        let layer = |key| root.get(key).and_then(|node| Layered::from_node(node, origin).as_layer());
        Some(Self { name, path: path.to_owned(), config: layer("config")?, config_v1: layer("config_v1") })
    }

    /// The config that it means in a version of the Hub.
    #[must_use]
    pub fn config(&self, hub: HubVersion) -> Layer {
        match (&self.config_v1, hub) {
            (Some(config), HubVersion::V1) => config.clone(),
            _ => self.config.clone(),
        }
    }
}

/// The `using` of an adapter card, and the overrides beside it.
pub(super) fn adapter_card(root: &Node, origin: &impl Fn(Span) -> Origin) -> Option<(String, Layer)> {
    let mut layer = Layered::from_node(root.get("config")?, origin).as_layer()?;
    let using = layer.remove("using")?.value().as_str()?.to_owned();
    Some((using, layer))
}
