use std::fmt;
use std::str::FromStr;

/// A release of vLLM. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vllm {
    minor: u16,
    patch: u16,
}

impl Vllm {
    /// The newest that was run.
    pub const NEWEST: Self = Self::at(33, 0);

    /// The oldest that was run.
    pub const OLDEST: Self = Self::at(7, 3);

    /// The release 0.`minor`.`patch`.
    pub(crate) const fn at(minor: u16, patch: u16) -> Self {
        Self { minor, patch }
    }

    /// The largest rank that `--max-lora-rank` takes, and all others, in order (`vllm/config/lora.py`).
    pub(crate) fn ranks(self) -> &'static [u64] {
        const ALL: [u64; 8] = [8, 16, 32, 64, 128, 256, 320, 512];
        // Before 0.8.0 it ended at 256.
        if self < Self::at(8, 0) { &ALL[..6] } else { &ALL }
    }
}

impl fmt::Display for Vllm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vLLM 0.{}.{}", self.minor, self.patch)
    }
}

/// A text that names no release of vLLM that is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVllm(String);

impl fmt::Display for UnknownVllm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |release: Vllm| format!("vllm@0.{}.{}", release.minor, release.patch);
        let (oldest, newest) = (known(Vllm::OLDEST), known(Vllm::NEWEST));
        write!(f, "`{}` is not known; what is known of vLLM begins with `{oldest}` and ends with `{newest}`", self.0)
    }
}

impl std::error::Error for UnknownVllm {}

impl FromStr for Vllm {
    type Err = UnknownVllm;

    /// Reads `vllm@0.11.0`, or `vllm` for the newest. A further number or `.post1` behind these is left out.
    fn from_str(text: &str) -> Result<Self, UnknownVllm> {
        let name = text.trim();
        let found = match name.split_once('@') {
            Some(("vllm", number)) => numbered(number),
            None if name == "vllm" => Some(Self::NEWEST),
            _ => None,
        };
        let is_known = |release: &Self| *release >= Self::OLDEST && release.minor <= Self::NEWEST.minor;
        found.filter(is_known).ok_or_else(|| UnknownVllm(name.to_owned()))
    }
}

fn numbered(number: &str) -> Option<Vllm> {
    let mut parts = number.split('.');
    let mut part = || parts.next().and_then(|part| part.parse().ok());
    let (major, minor, patch): (u16, _, _) = (part()?, part()?, part()?);
    (major == 0).then_some(Vllm { minor, patch })
}
