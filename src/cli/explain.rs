//! `adapter-lint explain CODE|NAME|KEY|METHOD`

use std::io::Write as _;

use adapter_spec::dialects::adapterhub::load::Loader;
use adapter_spec::lint::{self, RuleInfo};
use adapter_spec::manual::{self, ConfigManual, KeyManual};
use anyhow::bail;

use super::CLEAN;

/// Arguments of `explain`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The code or name of a rule, a key of a config, or a method or file: `lora`, `peft-lora`, `head-config`.
    #[arg(value_name = "CODE|NAME|KEY|METHOD")]
    what: String,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let what = &self.what;
        let of_rule = || lint::find_rule(what).map(RuleInfo::explanation);
        let Some(mut text) = of_rule().or_else(|| explain_config(what)).or_else(|| explain_key(what)) else {
            let mut pages: Vec<_> =
                manual::keys_about(what).iter().map(|key| format!("`adapter-lint explain {key}`")).collect();
            if Loader::default().knows(what) {
                pages.insert(0, format!("`adapter-lint resolve {what}`, as a named config of AdapterHub,"));
            }
            if !pages.is_empty() {
                bail!("there is no rule, key or method `{what}`; {} tells of it", pages.join(" or "));
            }
            let near = match near(what).as_slice() {
                [] => "`adapter-lint rules` lists the rules".to_owned(),
                near => format!("did you mean {}?", near.join(", ")),
            };
            bail!("there is no rule, key or method `{what}`; {near}");
        };
        if Loader::default().knows(what) {
            text = format!(
                "{}\n\nAdapterHub has a named config called so, too: `adapter-lint resolve {what}` prints what it means.",
                text.trim_end()
            );
        }
        let mut out = anstream::stdout().lock();
        writeln!(out, "{}", text.trim_end())?;
        Ok(CLEAN)
    }
}

/// The manual of a method or of a kind of file, in both libraries, and of the keys that are called so.
fn explain_config(name: &str) -> Option<String> {
    let manuals: Vec<_> = manual::configs(name).iter().map(ConfigManual::to_text).collect();
    (!manuals.is_empty()).then(|| manuals.into_iter().chain(explain_key(name)).collect::<Vec<_>>().join("\n\n"))
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
    lint::near(what, rules.chain(keys).chain(manual::config_names().map(str::to_owned)))
}
