//! The objects of a file.

use super::keys;
use super::object::{Object, Others, object};
use super::{composition, fusion, heads, interface};
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;

/// Every object of the file.
pub(in super::super) fn objects<'a>(subject: &Subject<'a>) -> Vec<Object<'a>> {
    let root = subject.root;
    let file = |keys, others| object("the file", root, String::new(), keys, others);
    let mut all = Vec::new();
    match subject.kind {
        FileKind::HeadConfig => {
            let keys = if heads::is_flex_file(root) { keys::FLEX_HEAD_FILE } else { keys::STATIC_HEAD_FILE };
            all.push(file(keys, Others::Ignored));
            all.extend(heads::heads(subject).iter().map(heads::Head::object));
        }
        FileKind::AdapterFusionConfig | FileKind::Fusion => {
            if subject.kind == FileKind::AdapterFusionConfig {
                all.push(file(keys::FUSION_FILE, Others::Ignored));
            }
            if let Some((node, pointer)) = fusion::config(subject) {
                all.push(object("the AdapterFusion config", node, pointer, keys::FUSION, Others::Ignored));
            }
        }
        FileKind::AdapterSetup => {
            all.push(file(keys::SETUP_FILE, Others::Ignored));
            for setup in composition::setups(subject) {
                all.extend(setup.block.objects());
            }
        }
        FileKind::AdapterInterface => {
            all.push(file(keys::INTERFACE_FILE, Others::Ignored));
            if let Some(node) = interface::interface(subject) {
                let pointer = "/interface".to_owned();
                all.push(object("the interface", node, pointer, keys::INTERFACE, Others::Refused));
            }
        }
        FileKind::ModelAdaptersSection => {
            all.push(object("the model's config", root, String::new(), keys::MODEL_CONFIG, Others::Foreign));
            if let Some(section) = root.get("adapters").filter(|section| section.is_map()) {
                let pointer = pointer::push("", "adapters");
                all.push(object("the section `adapters`", section, pointer, keys::SECTION, Others::Ignored));
            }
            all.extend(heads::heads(subject).iter().map(heads::Head::object));
        }
        _ => {}
    }
    all
}
