//! AdapterHub: `adapters` and its ancestor `adapter-transformers`.

mod attributes;
#[cfg(feature = "oracle")]
pub mod checkpoint;
pub mod config;
pub mod config_string;
mod config_text;
mod effect;
pub mod files;
mod flaws;
pub mod hub;
pub mod identity;
mod intent;
pub mod load;
pub(crate) mod lone;
mod meant;
#[cfg(feature = "oracle")]
pub mod modules;
pub mod names;
mod placement;
pub mod presets;
mod reading;
mod recognise;
pub mod release;
pub mod releases;
mod role;
pub(crate) mod rules;
pub(crate) mod schemas;
pub mod shapes;
pub mod sites;
#[cfg(feature = "oracle")]
pub mod slots;
mod subject;
mod use_words;
pub mod uses;
pub(crate) mod view;

pub use role::Role;
pub use use_words::tolerance;

pub(crate) use files::facts::python::module_name_flaw;
pub(crate) use recognise::{recognise, recognise_by_name};
pub(crate) use subject::Subject;
#[cfg(feature = "draw")]
pub(crate) use view::ConfigView;

use super::{File, FileKind};
use crate::findings::{Report, RuleInfo};

/// Judges a file of this dialect.
pub(super) fn check(kind: FileKind, file: File<'_>, report: &mut Report) {
    let subject = Subject::new(kind, file);
    let mut found = Report::default();
    match kind {
        FileKind::AdapterConfig | FileKind::Config => {
            rules::check_all(&subject, &mut found);
            config_text::check(&subject, file, &mut found);
        }
        FileKind::ModelAdaptersSection => {
            files::rules::check_all(&subject, &mut found);
            rules::check_all(&subject, &mut found);
        }
        FileKind::HeadConfig
        | FileKind::AdapterFusionConfig
        | FileKind::Fusion
        | FileKind::AdapterSetup
        | FileKind::AdapterInterface => files::rules::check_all(&subject, &mut found),
        FileKind::HubAdapter
        | FileKind::HubArchitecture
        | FileKind::HubTask
        | FileKind::HubSubtask
        | FileKind::HubType => hub::check(kind, file.document, file.root, &mut found),
        FileKind::AdapterWeights
        | FileKind::FusionWeights
        | FileKind::HeadWeights
        | FileKind::PeftConfig
        | FileKind::Foreign
        | FileKind::Settings
        | FileKind::Unknown => return,
    }
    release::rules::check_all(&subject, &mut found);
    found.retain(|finding| release::facts::silenced(subject.release, finding.rule.code).is_none());
    report.take(found);
}

/// Every rule of this dialect.
pub(crate) fn all_rules() -> impl Iterator<Item = &'static &'static RuleInfo> {
    let rules =
        rules::RULES.iter().chain(files::rules::RULES).chain(hub::rules::RULES).chain(hub::repository_rules::RULES);
    let rules = rules.chain(release::rules::RULES).chain(lone::RULES);
    #[cfg(feature = "oracle")]
    let rules = rules.chain(checkpoint::rules::RULES);
    rules
}
