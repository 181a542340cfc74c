use std::fmt;
use std::str::FromStr;

use super::table::RELEASES;
use crate::dialects::place_of;
use crate::findings::near;

/// One of the releases of PEFT. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u8);

impl Release {
    /// The newest release, for which files are judged unless another is named.
    pub const NEWEST: Self = Self(RELEASES.len() as u8 - 1);

    /// All of them, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..=Self::NEWEST.0).map(Self)
    }

    /// The release of this number, in a table: an unknown number does not compile, as long as this stands in a constant.
    pub(crate) const fn at(number: &str) -> Self {
        Self(place_of(number, &RELEASES) as u8)
    }

    /// The release in this place of the list.
    pub(super) fn in_place(place: u8) -> Self {
        Self(place.min(Self::NEWEST.0))
    }

    /// The release of this number, such as `0.11.1`.
    #[must_use]
    pub fn named(number: &str) -> Option<Self> {
        Self::all().find(|release| release.number() == number)
    }

    /// The number, such as `0.11.1`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        RELEASES[self.0 as usize]
    }

    /// The release that wrote a file with this `peft_version`: the newest that is not newer than it. `None` if it is no
    /// number.
    #[must_use]
    pub fn that_saved(version: &str) -> Option<Self> {
        let parts = parts(version)?;
        Self::all().rfind(|release| self::parts(release.number()).is_some_and(|known| known <= parts))
    }

    /// Whether a `peft_version` is newer than all releases that are known here.
    #[must_use]
    pub(crate) fn is_unheard_of(version: &str) -> bool {
        parts(version) > parts(Self::NEWEST.number())
    }
}

/// The parts of a number; `None` if it starts with none. What follows, as in `0.18.2.dev0@abc`, is left out.
fn parts(number: &str) -> Option<Vec<u64>> {
    let parts: Vec<_> = number.split(['.', '@', '+']).map_while(|part| part.parse().ok()).collect();
    (!parts.is_empty()).then_some(parts)
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "peft {}", self.number())
    }
}

/// A text that names no release of PEFT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRelease(String);

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no release `{}`", self.0)?;
        let all = || Release::all().map(|release| format!("peft@{}", release.number()));
        let starting: Vec<_> = all().filter(|name| name.starts_with(&format!("{}.", self.0))).collect();
        match if starting.is_empty() { near(&self.0, all()) } else { starting }.as_slice() {
            [] => write!(f, "; write it as `peft@{}`", Release::NEWEST.number()),
            near => write!(f, "; did you mean {}?", near.join(", ")),
        }
    }
}

impl std::error::Error for UnknownRelease {}

impl FromStr for Release {
    type Err = UnknownRelease;

    /// Reads `peft@0.11.1`, or `peft` for the newest.
    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let name = text.trim();
        let found = match name.split_once('@') {
            Some(("peft", number)) => Self::named(number),
            None if name == "peft" => Some(Self::NEWEST),
            _ => None,
        };
        found.ok_or_else(|| UnknownRelease(name.to_owned()))
    }
}
