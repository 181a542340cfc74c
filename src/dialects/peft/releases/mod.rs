//! Which release of PEFT has which method and which key, and what a release does with what it does not know. All of it is
//! recorded by running the 38 releases (`fixtures/releases/peft_keys.json`).

pub(crate) mod checks;
pub(crate) mod heads;
mod number;
mod table;
pub(crate) mod targets;
pub(crate) mod values;

pub use number::{Release, UnknownRelease};

/// From which release to which something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// The first release.
    pub since: Release,
    /// The last release; `None` if the newest has it.
    pub until: Option<Release>,
}

impl Lifetime {
    fn new((since, until): (u8, Option<u8>)) -> Self {
        Self { since: Release::in_place(since), until: until.map(Release::in_place) }
    }

    /// Whether a release is within.
    #[must_use]
    pub fn has(self, release: Release) -> bool {
        self.since <= release && self.until.is_none_or(|until| release <= until)
    }
}

/// What a release does with a key, or a method, that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The release cannot read files at all.
    NoLoader,
    /// It goes on as if it were not there, without a word.
    Ignored,
    /// It raises an error.
    Refused,
    /// It warns and goes on without it.
    Dropped,
}

/// What a release does with a key that the method's class does not have.
#[must_use]
pub fn unknown_key(release: Release) -> Unknown {
    const ERAS: &[(Release, Unknown)] = &[
        (Release::at("0.14.0"), Unknown::Dropped),
        (Release::at("0.6.0"), Unknown::Refused),
        (Release::at("0.1.0"), Unknown::Ignored),
    ];
    from(release, ERAS)
}

/// What a release does with a `peft_type` that it does not have.
#[must_use]
pub fn unknown_method(release: Release) -> Unknown {
    const ERAS: &[(Release, Unknown)] =
        &[(Release::at("0.5.0"), Unknown::Refused), (Release::at("0.1.0"), Unknown::Ignored)];
    from(release, ERAS)
}

fn from(release: Release, eras: &[(Release, Unknown)]) -> Unknown {
    let era = eras.iter().find(|(since, _)| *since <= release);
    era.map_or(Unknown::NoLoader, |(_, unknown)| *unknown)
}

/// The lifetime of a method; `None` if no release has it.
#[must_use]
pub fn method(peft_type: &str) -> Option<Lifetime> {
    let (_, lifetime) = table::METHODS.iter().find(|(name, _)| *name == peft_type)?;
    Some(Lifetime::new(*lifetime))
}

/// The methods that some release has.
pub fn methods() -> impl Iterator<Item = &'static str> {
    table::METHODS.iter().map(|(name, _)| *name)
}

/// The lifetime of a key of a method; `None` if no release has it.
#[must_use]
pub fn key(peft_type: &str, key: &str) -> Option<Lifetime> {
    let (_, lifetime, _) = table::KEYS.iter().find(|(name, _, keys)| *name == peft_type && keys.contains(&key))?;
    Some(Lifetime::new(*lifetime))
}

/// The default of a key in a release, as JSON, where it has changed since or before; `None` where it never did.
#[must_use]
pub fn changed_default(release: Release, peft_type: &str, key: &str) -> Option<&'static str> {
    let mut of_key = table::DEFAULTS.iter().filter(|(name, known, ..)| *name == peft_type && *known == key);
    of_key.rfind(|(.., since, _)| Release::in_place(*since) <= release).map(|(.., default)| *default)
}
