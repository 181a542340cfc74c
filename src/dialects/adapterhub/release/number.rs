use std::fmt;
use std::str::FromStr;

use super::facts::since;
use crate::dialects::place_of;
use crate::findings::near;

/// One of the recorded releases of `adapter-transformers` and `adapters`. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// Its place in the list.
    place: usize,
    /// Whether it stands for all of its series, of which it is the last: files of 1.x and 2.x tell no more.
    is_series: bool,
}

/// All releases, oldest first, as `fixtures/releases/keys.json` lists them.
const ALL: [&str; 29] = [
    "adapter-transformers 1.0.0",
    "adapter-transformers 1.0.1",
    "adapter-transformers 1.1.0",
    "adapter-transformers 1.1.1",
    "adapter-transformers 2.0.0",
    "adapter-transformers 2.0.1",
    "adapter-transformers 2.1.0",
    "adapter-transformers 2.1.1",
    "adapter-transformers 2.1.2",
    "adapter-transformers 2.2.0",
    "adapter-transformers 2.3.0",
    "adapter-transformers 3.0.0",
    "adapter-transformers 3.0.1",
    "adapter-transformers 3.1.0",
    "adapter-transformers 3.2.0",
    "adapter-transformers 3.2.1",
    "adapter-transformers 3.2.1.post0",
    "adapters 0.1.0",
    "adapters 0.1.1",
    "adapters 0.1.2",
    "adapters 0.2.0",
    "adapters 0.2.1",
    "adapters 0.2.2",
    "adapters 1.0.0",
    "adapters 1.0.1",
    "adapters 1.1.0",
    "adapters 1.1.1",
    "adapters 1.2.0",
    "adapters 1.3.0",
];

/// Where the releases of `adapters` begin, all of which are newer than those of `adapter-transformers`.
const FIRST_OF_ADAPTERS: usize = {
    let mut place = 0;
    // `adapter-transformers` and `adapters` differ in their eighth letter.
    while ALL[place].as_bytes()[7] == b'-' {
        place += 1;
    }
    place
};

/// The last releases of the three series of `adapter-transformers`.
const LAST_OF_1: Release = Release::at("adapter-transformers 1.1.1");
const LAST_OF_2: Release = Release::at("adapter-transformers 2.3.0");
const LAST_OF_3: Release = Release::at("adapter-transformers 3.2.1");

impl Release {
    /// The newest release, for which files are judged unless another is named.
    pub const NEWEST: Self = Self::in_place(ALL.len() - 1);

    const fn in_place(place: usize) -> Self {
        Self { place, is_series: false }
    }

    /// The release of this name, in a table: an unknown name does not compile, as long as this stands in a constant.
    pub(crate) const fn at(name: &str) -> Self {
        Self::in_place(place_of(name, &ALL))
    }

    /// All of them, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..ALL.len()).map(Self::in_place)
    }

    /// The release of this name, such as `adapters 1.0.1`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().position(|known| *known == name).map(Self::in_place)
    }

    /// Library and number, such as `adapters 1.0.1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        ALL[self.place]
    }

    /// The library: `adapters` or `adapter-transformers`.
    #[must_use]
    pub fn library(self) -> &'static str {
        if self.place < FIRST_OF_ADAPTERS { "adapter-transformers" } else { "adapters" }
    }

    /// The number, such as `1.0.1`.
    #[must_use]
    pub fn number(self) -> &'static str {
        &self.name()[self.library().len() + 1..]
    }

    /// Whether it is one of `adapters`.
    #[must_use]
    pub fn is_adapters(self) -> bool {
        self.place >= FIRST_OF_ADAPTERS
    }

    /// Whether this is that release or a later one.
    #[must_use]
    pub(crate) fn is_since(self, first: Self) -> bool {
        self >= first
    }

    /// The release that saved a file, by its `version`: the newest of the list that is not newer than it says. A file
    /// without one is of adapter-transformers 1.x or 2.x, which is all that it tells: the last of them.
    #[must_use]
    pub fn that_saved(version: Option<&str>) -> Option<Self> {
        let Some(version) = version else { return Some(LAST_OF_2) };
        let (library, number) = match version.strip_prefix("adapters.") {
            Some(number) => ("adapters", number),
            None if version.starts_with("0.") => ("adapters", version),
            None => ("adapter-transformers", version),
        };
        let parts = parts(number)?;
        let is_own = |release: &Self| release.library() == library;
        Self::all()
            .rfind(|release| is_own(release) && self::parts(release.number()).is_some_and(|known| known <= parts))
    }
}

impl Release {
    /// The release that saved a file, as far as the file tells: by its `version`, and where it has none, by whether it has
    /// a `type`, which 1.x wrote and 2.x did not.
    #[must_use]
    pub(crate) fn that_wrote(version: Option<&str>, has_type: bool) -> Self {
        match version {
            None => Self { is_series: true, ..if has_type { LAST_OF_1 } else { LAST_OF_2 } },
            // Whatever it is, the library finds a version, and not that of `adapters`.
            Some(_) => Self::that_saved(version).unwrap_or(LAST_OF_3),
        }
    }

    /// What this release writes under `version`; none if it does not write the key. One that only mends how another is
    /// packed writes the other's.
    #[must_use]
    pub fn version(self) -> Option<String> {
        let number = self.number().trim_end_matches(".post0");
        if !self.is_since(since::ARCHITECTURES) {
            return None;
        }
        Some(if self.is_since(since::NAMES_LIBRARY) { format!("adapters.{number}") } else { number.to_owned() })
    }
}

/// The first four parts of a number, 0 where there are fewer; `None` if it starts with none.
fn parts(number: &str) -> Option<[u64; 4]> {
    let mut parts = [0; 4];
    let mut count = 0;
    // `3.2.1.post0` came after `3.2.1`.
    let part = |part: &str| match part.strip_prefix("post") {
        Some(post) => post.parse().ok().map(|post: u64| post.saturating_add(1)),
        None => part.parse().ok(),
    };
    for (place, part) in parts.iter_mut().zip(number.split('.').map_while(part)) {
        *place = part;
        count += 1;
    }
    (count > 0).then_some(parts)
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number().split_once('.') {
            Some((major, _)) if self.is_series => write!(f, "{} {major}.x", self.library()),
            _ => f.write_str(self.name()),
        }
    }
}

/// A text that names no recorded release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRelease(String);

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no release `{}`", self.0)?;
        let (library, number) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let of_library: Vec<_> = Release::all().filter(|release| release.library() == library).collect();
        let mut all = of_library.iter().map(|release| format!("{}@{}", release.library(), release.number()));
        let said = match of_library.last() {
            Some(_) if !number.is_empty() => {
                let starting = all.clone().filter(|name| name.starts_with(&format!("{}.", self.0)));
                let starting: Vec<_> = starting.collect();
                // The numbers of other series are alike only as texts.
                let series = |name: &str| name.split('.').next().map(str::to_owned);
                let alike = || near(&self.0, all.clone().filter(|name| series(name) == series(&self.0)));
                let said = if starting.is_empty() { alike() } else { starting };
                if said.is_empty() {
                    let newest = all.next_back().unwrap_or_default();
                    return write!(f, "; the newest of them is {newest}");
                }
                said
            }
            _ => near(library, ["adapters".to_owned(), "adapter-transformers".to_owned()]),
        };
        match said.as_slice() {
            [] => f.write_str(
                "; write it as `adapters@1.0.1`, `adapter-transformers@2.3.0`, `peft@0.11.1` or `vllm@0.33.0`",
            ),
            near => write!(f, "; did you mean {}?", near.join(", ")),
        }
    }
}

impl std::error::Error for UnknownRelease {}

impl FromStr for Release {
    type Err = UnknownRelease;

    /// Reads `adapters@1.0.1`, or `adapters` for the newest of the library.
    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let name = text.trim();
        let found = match name.split_once('@') {
            Some((library, number)) => {
                Self::all().find(|release| release.library() == library && release.number() == number)
            }
            None => Self::all().rfind(|release| release.library() == name),
        };
        found.ok_or_else(|| UnknownRelease(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{LAST_OF_2, Release, since};

    #[test]
    fn versions_name_the_release_that_saved_the_file() {
        let saved = |version| Release::that_saved(version).map(Release::name);
        assert_eq!(saved(None), Some("adapter-transformers 2.3.0"));
        assert_eq!(saved(Some("3.2.1")), Some("adapter-transformers 3.2.1"));
        assert_eq!(saved(Some("0.2.2")), Some("adapters 0.2.2"));
        assert_eq!(saved(Some("adapters.1.0.1")), Some("adapters 1.0.1"));
        assert_eq!(saved(Some("adapters.1.1.7")), Some("adapters 1.1.1"));
        assert_eq!(saved(Some("adapters.9.0")), Some("adapters 1.3.0"));
        assert_eq!(saved(Some("adapters.1.3")), Some("adapters 1.3.0"));
        assert_eq!(saved(Some("3.2.1.post0")), Some("adapter-transformers 3.2.1.post0"));
        assert_eq!(saved(Some("garbage")), None);
    }

    #[test]
    fn a_release_is_read_as_it_is_written() {
        for release in Release::all().filter(|release| !release.name().ends_with("post0")) {
            let version = release.version();
            assert!(version.is_none() || Release::that_wrote(version.as_deref(), false) == release, "{release}");
        }
    }

    #[test]
    fn files_without_a_version_tell_the_series() {
        let [one, two] = [true, false].map(|has_type| Release::that_wrote(None, has_type));
        assert_eq!(
            [one, two].map(|release| release.to_string()),
            ["adapter-transformers 1.x", "adapter-transformers 2.x"]
        );
        assert!(one.is_typed() && !two.is_typed() && two.version().is_none());
        assert!(two.is_since(LAST_OF_2) && !two.is_since(since::ARCHITECTURES));
        assert!(!Release::that_wrote(Some("garbage"), false).is_adapters());
    }

    #[test]
    fn releases_are_written_with_an_at_sign() {
        assert_eq!("adapters@1.0.1".parse().map(Release::name), Ok("adapters 1.0.1"));
        assert_eq!("adapters".parse(), Ok(Release::NEWEST));
        let said = |text: &str| text.parse::<Release>().map_err(|error| error.to_string());
        assert_eq!(
            said("adapters@1.0"),
            Err("there is no release `adapters@1.0`; did you mean adapters@1.0.0, adapters@1.0.1?".to_owned())
        );
        assert_eq!(
            said("adapter@1.0.1"),
            Err("there is no release `adapter@1.0.1`; did you mean adapters, adapter-transformers?".to_owned())
        );
    }
}
