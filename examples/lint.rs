//! Judges a config, as an editor or a service would: `cargo run --example lint [FILE [MODEL]]`. MODEL is the `config.json` of
//! the base model.

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};
use adapter_spec::models::Model;

#[expect(clippy::print_stdout, reason = "the findings are its output")]
fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "examples/adapter_config.json".to_owned());
    let document = Document::read(std::fs::read(&path)?, Format::Json);
    let model = match std::env::args().nth(2) {
        Some(path) => Document::read(std::fs::read(path)?, Format::Json).root.as_ref().and_then(Model::from_config),
        None => None,
    };
    // `Options` also takes the releases that the file is for. The weights beside a config are judged by `lint_weights`.
    let options = Options { model, ..Options::default() };
    for finding in lint(&document, &path, &options).findings {
        let place = document.source.position(finding.span.start);
        let (severity, code) = (finding.severity.as_str(), finding.rule.code);
        println!("{path}:{}:{}: {severity} {code}: {}", place.line, place.column, finding.message);
    }
    Ok(())
}
