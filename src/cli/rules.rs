//! `adapter-lint rules`

use std::io::Write as _;

use adapter_spec::lint;

use super::CLEAN;

/// Arguments of `rules`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The format of the output.
    #[arg(long = "output-format", alias = "output", value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    output: Output,
}

/// How the rules are written.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// A table.
    Text,
    /// One JSON document.
    Json,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let rules = lint::rules();
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        match self.output {
            Output::Text => {
                let width = rules.iter().map(|rule| rule.name().len()).max().unwrap_or(0);
                for rule in rules {
                    let (name, severity) = (rule.name(), rule.severity.as_str());
                    writeln!(out, "{}  {name:width$}  {severity:7}  {}", rule.code, rule.summary())?;
                }
            }
            Output::Json => {
                let rules: Vec<_> = rules
                    .iter()
                    .map(|rule| {
                        serde_json::json!({
                            "code": rule.code,
                            "name": rule.name(),
                            "severity": rule.severity.as_str(),
                            "summary": rule.summary(),
                            "manual": rule.manual(),
                        })
                    })
                    .collect();
                serde_json::to_writer_pretty(&mut out, &serde_json::json!({ "version": 1, "rules": rules }))?;
                writeln!(out)?;
            }
        }
        out.flush()?;
        Ok(CLEAN)
    }
}
