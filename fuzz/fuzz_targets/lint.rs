//! Any bytes can be judged and reported on.
#![no_main]

use adapter_spec::dialects::Target;
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};
use adapter_spec::report::{FileReport, concise, json};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let files = [(Format::Json, "adapter_config.json"), (Format::Json, ""), (Format::Yaml, "adapters/a/b.yaml")];
    let older =
        ["adapter-transformers@2.3.0", "peft@0.12.0"].map(|target| target.parse::<Target>().expect("a known release"));
    let reports = files.map(|(format, name)| {
        let document = Document::read(bytes.to_vec(), format);
        for target in older {
            let _ = lint(&document, name, &Options { targets: target.into(), ..Options::default() });
        }
        let linted = lint(&document, name, &Options::default());
        FileReport::new(name, document, linted)
    });
    concise::write(&mut Vec::new(), &reports).expect("a vector can be written to");
    json::write(&mut Vec::new(), &reports).expect("a vector can be written to");
});
