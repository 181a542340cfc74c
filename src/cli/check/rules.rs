//! Which findings are wanted, and how severe they are.

use adapter_spec::lint::{Levels, Severity};

/// Arguments about rules.
#[derive(clap::Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleArgs {
    /// Report only these rules: codes (`AL203`), prefixes of codes (`AL2`) or names (`wrong-type`), separated by
    /// commas.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not report these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Make findings of these rules errors: codes, prefixes or names as above; `warnings` means all rules that give
    /// warnings.
    #[arg(short = 'D', long, value_name = "RULE", value_delimiter = ',')]
    deny: Vec<String>,
    /// Make findings of these rules warnings.
    #[arg(short = 'W', long, value_name = "RULE", value_delimiter = ',')]
    warn: Vec<String>,
    /// Do not report these rules; `warnings` and `notes` mean all rules of that severity. Of these three options, what
    /// names a rule takes precedence over a prefix.
    #[arg(short = 'A', long, value_name = "RULE", value_delimiter = ',')]
    allow: Vec<String>,
}

impl RuleArgs {
    pub(super) fn levels(&self) -> anyhow::Result<Levels> {
        let mut levels = Levels::default();
        self.select.iter().try_for_each(|rule| levels.select(rule))?;
        self.ignore.iter().try_for_each(|rule| levels.ignore(rule))?;
        let severities =
            [(&self.allow, None), (&self.warn, Some(Severity::Warning)), (&self.deny, Some(Severity::Error))];
        for (rules, severity) in severities {
            rules.iter().try_for_each(|rule| levels.set(rule, severity))?;
        }
        Ok(levels)
    }
}
