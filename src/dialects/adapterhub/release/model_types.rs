//! Which types of base models each release has adapters for. Found by running the releases (`fixtures/checkpoints`), or,
//! for releases that were not run, by reading them.

use super::Release;

/// Since when each type of base model can have adapters. Types that are not listed are those of the newest library's
/// interface for any model.
const SINCE: [(Release, &[&str]); 8] = [
    (Release::at("adapter-transformers 1.0.0"), &["bert", "distilbert", "roberta", "xlm-roberta"]),
    (Release::at("adapter-transformers 2.0.0"), &["bart", "gpt2", "mbart"]),
    (Release::at("adapter-transformers 2.2.0"), &["encoder-decoder", "t5"]),
    (Release::at("adapter-transformers 3.1.0"), &["deberta", "deberta-v2", "vit"]),
    (Release::at("adapter-transformers 3.2.0"), &["albert", "beit", "bert-generation", "clip", "gptj"]),
    (Release::at("adapters 0.1.0"), &["electra", "llama", "xmod"]),
    (Release::at("adapters 0.1.2"), &["mt5"]),
    (Release::at("adapters 1.0.0"), &["mistral", "plbart", "whisper"]),
];

/// Types whose classes were those of another type, and had its adapters, and the first release in which they are classes of
/// their own: RoBERTa's in 1.1.1, 2.3.0 and 3.0.0, T5's in 2.3.0. In 3.2.1 neither has adapters. 3.1.0 was not run.
const LOST: [(&str, Release); 2] =
    [("camembert", Release::at("adapter-transformers 3.1.0")), ("mt5", Release::at("adapter-transformers 3.1.0"))];

/// The release with the interface for any model.
const INTERFACE: Release = Release::at("adapters 1.2.0");

/// The first release with adapters in this type of model, if it has its own.
pub(crate) fn own(name: &str) -> Option<Release> {
    SINCE.iter().find(|(_, names)| names.contains(&name)).map(|(since, _)| *since)
}

/// The first release with adapters in this type of model.
pub(crate) fn first(name: &str) -> Release {
    own(name).unwrap_or(INTERFACE)
}

/// The release from which on a type has not the adapters of another type's class any more.
pub(crate) fn lost(name: &str) -> Option<Release> {
    LOST.iter().find(|(lost, _)| *lost == name).map(|(_, since)| *since)
}

/// [`lost`], of a type that has not got adapters of its own since.
pub(crate) fn lost_for_good(name: &str) -> Option<Release> {
    lost(name).filter(|_| own(name).is_none())
}
