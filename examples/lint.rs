//! Judges a config, as an editor or a service would: `cargo run --example lint [FILE]`.

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};

#[expect(clippy::print_stdout, reason = "the findings are its output")]
fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "examples/adapter_config.json".to_owned());
    let document = Document::read(std::fs::read(&path)?, Format::Json);
    // `Options` also takes the base model and the release that the file is for.
    for finding in lint(&document, &path, &Options::default()).findings {
        let place = document.source.position(finding.span.start);
        let (severity, code) = (finding.severity.as_str(), finding.rule.code);
        println!("{path}:{}:{}: {severity} {code}: {}", place.line, place.column, finding.message);
    }
    Ok(())
}
