//! A file of this dialect as its rules see it: the configs in it, and what is known of them.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::config::Method;
use super::files::facts::structure::Flaw;
use super::flaws::{self, KeyFlaw};
use super::load::version::is_before_1_1_0;
use super::reading::{Reading, method_read};
use super::release::Release;
use super::release::facts::since;
use super::role::Role;
use super::view::ConfigView;
use crate::dialects::{File, FileKind};
use crate::document::{Document, Member, Node, pointer};
use crate::models::Model;
use crate::python::node_is_true;

/// What the rules of this dialect look at.
pub(crate) struct Subject<'a> {
    /// What the file is.
    pub(crate) kind: FileKind,
    /// The file's name, without its folders.
    name: &'a str,
    /// Its text.
    pub(crate) document: &'a Document,
    /// Its outermost value.
    pub(crate) root: &'a Node,
    /// Every method's config in it: of an adapter, of each member of a union, of each entry of a config map.
    pub(crate) configs: Vec<ConfigView<'a>>,
    /// Every object that stands where a config belongs, whatever its `architecture`.
    pub(crate) candidates: Vec<(String, &'a Node)>,
    /// The objects among them that the release cannot read, as it has no such method, and the method that is meant.
    pub(crate) unreadable: Vec<(String, &'a Node, Option<Method>)>,
    /// The release that the file is for.
    pub(crate) release: Release,
    /// The base model, as far as it is known.
    pub(crate) model: Option<Model>,
    is_saved: bool,
    flaws: OnceCell<Vec<KeyFlaw>>,
    of_adapters_1_0: OnceCell<bool>,
    saved_by: OnceCell<Option<Release>>,
    /// The structural flaws of a file beside the configs, once a rule has asked for them.
    pub(super) structure: OnceCell<Vec<Flaw>>,
}

impl<'a> Subject<'a> {
    /// Finds the configs in a file.
    pub(crate) fn new(kind: FileKind, file: File<'a>) -> Self {
        let File { document, root, name, model, targets } = file;
        let release = targets.adapterhub_or_newest();
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let mut subject = Self {
            kind,
            name,
            document,
            root,
            configs: Vec::new(),
            candidates: Vec::new(),
            unreadable: Vec::new(),
            release,
            is_saved: kind == FileKind::AdapterConfig && is_saved(root, name),
            flaws: OnceCell::new(),
            of_adapters_1_0: OnceCell::new(),
            saved_by: OnceCell::new(),
            structure: OnceCell::new(),
            model: model.cloned().or_else(|| Model::of_adapter(root)),
        };
        match kind {
            FileKind::AdapterConfig => {
                if let Some(config) =
                    root.get("config").filter(|config| node_is_true(config) || !subject.is_saved_adapter())
                {
                    let renames = root.get("version").is_none();
                    subject.add(config, "/config".to_owned(), None, renames);
                }
            }
            // Reading a bare file, the library looks for a nested config first.
            FileKind::Config => subject.add(root, String::new(), None, false),
            FileKind::ModelAdaptersSection => {
                let map = pointer::find(root, "/adapters/config_map").map_or(&[][..], |(node, _)| node.members());
                let names = pointer::find(root, "/adapters/adapters").map_or(&[][..], |(node, _)| node.members());
                // The library reads only the entries that an adapter names.
                let used: BTreeSet<&str> = names.iter().filter_map(|name| name.node.as_str()).collect();
                for member in map.iter().filter(|member| used.contains(member.key.as_str())) {
                    let at = pointer::push("/adapters/config_map", &member.key);
                    subject.add(&member.node, at, None, false);
                }
            }
            _ => {}
        }
        subject
    }

    fn add(&mut self, node: &'a Node, pointer: String, union: Option<usize>, renames_activations: bool) {
        if !node.is_map() {
            return;
        }
        self.candidates.push((pointer.clone(), node));
        let method = match method_read(node, self.release) {
            Reading::As(method) => method,
            Reading::Nothing => return,
            Reading::Misread(meant) => {
                self.unreadable.push((pointer, node, meant));
                return;
            }
        };
        let index = self.configs.len();
        let alpha_is_rank = method == Method::Lora
            && pointer == "/config"
            && self.release.is_since(since::SCALES_LORA)
            && self.is_of_adapters_1_0();
        self.configs.push(ConfigView {
            pointer: pointer.clone(),
            node,
            method,
            union,
            renames_activations: renames_activations && self.release.is_since(since::ARCHITECTURES),
            alpha_is_rank,
            builds_invertible: !self.release.refuses_unknown_keys()
                || self.root.get("type").and_then(Node::as_str) == Some("text_lang"),
            release: self.release,
            listed: OnceCell::new(),
        });
        if method == Method::Union
            && union.is_none()
            && let Some(members) = node.get("configs")
        {
            for (at, member) in members.items().iter().enumerate() {
                self.add(member, format!("{pointer}/configs/{at}"), Some(index), false);
            }
        }
    }

    /// Whether this is a file as the library saves it with an adapter's weights, and not just a config under `config`.
    pub(crate) fn is_saved_adapter(&self) -> bool {
        self.is_saved
    }

    /// Whether the file was saved by adapters 1.0.x, whose LoRA did not scale by `alpha`: the library repairs it.
    pub(crate) fn is_of_adapters_1_0(&self) -> bool {
        *self.of_adapters_1_0.get_or_init(|| {
            let version = self.saved_member("version").and_then(|member| member.node.as_str());
            version.and_then(|version| version.strip_prefix("adapters.")).and_then(is_before_1_1_0) == Some(true)
        })
    }

    /// The release that saved the file; none for a bare config and where the version cannot be read.
    pub(crate) fn saved_by(&self) -> Option<Release> {
        *self.saved_by.get_or_init(|| match self.root.member("version") {
            _ if !self.is_saved_adapter() => None,
            None => Release::that_saved(None),
            Some(member) => member.node.as_str().and_then(|version| Release::that_saved(Some(version))),
        })
    }

    /// A key of the file around the config, if it is one that the library saves with an adapter's weights.
    pub(crate) fn saved_member(&self, key: &str) -> Option<&'a Member> {
        self.is_saved_adapter().then(|| self.root.member(key)).flatten()
    }

    /// Whether the file is called so.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == name
    }

    /// The configs that are no unions.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &ConfigView<'a>> {
        self.configs.iter().filter(|config| config.method != Method::Union)
    }

    /// What is wrong with the values of single keys, in all configs.
    pub(crate) fn flaws(&self) -> &[KeyFlaw] {
        let model = self.model.as_ref();
        self.flaws.get_or_init(|| self.methods().flat_map(|config| flaws::find(config, model)).collect())
    }

    /// The type that the base model's weights are loaded in, if its config says so.
    pub(crate) fn model_dtype(&self) -> Option<&str> {
        self.model.as_ref().and_then(|model| model.dtype.as_deref())
    }

    /// The configs of one method.
    pub(crate) fn of(&self, method: Method) -> impl Iterator<Item = &ConfigView<'a>> {
        self.configs.iter().filter(move |config| config.method == method)
    }
}

/// Whether a file with a config under `config` is what the library saves with weights: by its name, or by what else is in it.
fn is_saved(root: &Node, name: &str) -> bool {
    const METADATA: [&str; 8] =
        ["model_type", "model_class", "model_name", "hidden_size", "version", "type", "config_id", "name"];
    name == Role::Adapter.config_name() || root.members().iter().any(|member| METADATA.contains(&member.key.as_str()))
}
