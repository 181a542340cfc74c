//! `adapter-lint explain CODE|NAME|KEY`

use std::io::Write as _;

use adapter_spec::lint::{self, RuleInfo};
use adapter_spec::manual::{self, KeyManual};
use anyhow::bail;

use super::CLEAN;

/// Arguments of `explain`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The code or name of a rule, or a key of a config.
    #[arg(value_name = "CODE|NAME|KEY")]
    what: String,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let Some(text) = lint::find_rule(&self.what).map(RuleInfo::explanation).or_else(|| explain_key(&self.what))
        else {
            match near(&self.what).as_slice() {
                [] => bail!("there is neither a rule nor a key `{}`; `adapter-lint rules` lists the rules", self.what),
                near => bail!("there is neither a rule nor a key `{}`; did you mean {}?", self.what, near.join(", ")),
            }
        };
        let mut out = anstream::stdout().lock();
        writeln!(out, "{}", text.trim_end())?;
        Ok(CLEAN)
    }
}

/// The manual of a key, in every method and file that has it.
fn explain_key(key: &str) -> Option<String> {
    let manuals: Vec<_> = manual::key(key).iter().map(KeyManual::to_text).collect();
    (!manuals.is_empty()).then(|| manuals.join("\n\n"))
}

/// The names of rules and keys that look like a text. A key inside of another is known by its last part, too.
fn near(what: &str) -> Vec<String> {
    let rules = lint::rules().into_iter().flat_map(|rule| [rule.code.to_owned(), rule.name()]);
    let keys = manual::keys().into_iter().flat_map(|key| {
        let last = key.rsplit('.').next().unwrap_or_default().to_owned();
        [key, last]
    });
    lint::near(what, rules.chain(keys))
}
