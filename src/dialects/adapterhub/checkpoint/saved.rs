use super::{Expected, Release, Role, Unknown, expected, fusion, names};
use crate::dialects::adapterhub::load::{Kind, LoadError, Loader, Names, Reading, Resolved};
use crate::dialects::adapterhub::modules;
use crate::document::{Document, Node};
use crate::models::Model;
use crate::tensors::TensorFile;

/// What a config says of the weights beside it.
#[derive(Debug)]
pub struct Saved {
    /// The name of the adapter, the AdapterFusion or the head.
    pub name: Option<String>,
    /// The release that wrote it.
    pub release: Option<Release>,
    /// The config as the library loads it; none for heads, and where there is no config.
    pub resolved: Option<Result<Resolved, LoadError>>,
    /// What the config says of the base model.
    pub base: Option<Model>,
    /// The tensors that should be there; none for heads.
    pub expected: Option<Result<Vec<Expected>, Unknown>>,
}

impl Saved {
    /// Reads a config, with the weights beside it for what it leaves open. `model` is the base model, if it is known.
    #[must_use]
    pub fn read(
        role: Role,
        config: Option<(&str, &Document)>,
        weights: Option<&TensorFile>,
        model: Option<&Model>,
    ) -> Self {
        let found: Vec<&str> = weights.into_iter().flat_map(TensorFile::iter).map(|tensor| tensor.name()).collect();
        let root = config.and_then(|(_, document)| document.root.as_ref());
        let name = root.and_then(|root| root.get("name")).and_then(Node::as_str).map(str::to_owned);
        let resolved = config.and_then(|(path, document)| resolve(role, path, document));
        let base = root.and_then(Model::of_adapter);
        let mut saved = Self {
            release: Release::of(root, found.iter().copied()),
            name: name.or_else(|| name_of(role, &found)),
            resolved,
            base,
            expected: None,
        };
        let (name, base) = (saved.name.as_deref().unwrap_or_default(), saved.base.as_ref());
        saved.expected = match (role, &saved.resolved) {
            (Role::Adapter, Some(Ok(config))) => {
                let members = modules::members(config).ok();
                members.map(|members| expected::expected(&members, name, model, base, &found))
            }
            (Role::Fusion, Some(Ok(config))) => Some(fusion::expected(config, name, model, base, &found)),
            _ => None,
        };
        saved
    }

    /// The tensors that should be there, if they are known.
    #[must_use]
    pub fn tensors(&self) -> Option<&[Expected]> {
        self.expected.as_ref()?.as_deref().ok()
    }
}

fn resolve(role: Role, path: &str, document: &Document) -> Option<Result<Resolved, LoadError>> {
    let (kind, reading) = match role {
        Role::Adapter => (Kind::Adapter, Reading::Adapter),
        Role::Fusion => (Kind::Fusion, Reading::Config),
        Role::Head => return None,
    };
    let loader = Loader { kind, names: Names::Library, ..Loader::default() };
    loader.load_document(document, path, reading, &[]).transpose()
}

/// The only name under which all tensors are kept.
fn name_of(role: Role, found: &[&str]) -> Option<String> {
    let mut all =
        found.iter().filter_map(|name| names::split(name)).filter(|(name, _)| Role::of(name.container) == role);
    let (first, _) = all.next()?;
    all.all(|(name, _)| name.adapter == first.adapter).then(|| first.adapter.to_owned())
}
