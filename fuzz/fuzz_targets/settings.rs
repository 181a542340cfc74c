//! Any text is taken as `adapter-lint.toml` or refused with places that are in it; what is taken can be asked for every
//! file, and takes the name of a baseline.
#![no_main]

use std::path::Path;

use adapter_spec::settings::{SettingsError, SettingsFile};

const PATHS: [&str; 4] = ["adapter_config.json", "old/adapter_config.json", "a/b/c.yaml", "../\u{e4} [1]*.json"];

libfuzzer_sys::fuzz_target!(|text: &str| {
    let path = Path::new("project/adapter-lint.toml");
    match SettingsFile::parse(path, text.to_owned()) {
        Ok(settings) => {
            for path in PATHS {
                let matches = settings.matches(Path::new(path));
                let levels = settings.levels(&matches, true).expect("names of rules were looked at");
                settings.targets(&matches).expect("releases were looked at");
                let _ = (settings.model(&matches), settings.findings(true, &levels), settings.stale(&levels));
            }
            if let Some(named) = settings.with_baseline_named() {
                let again = SettingsFile::parse(path, named).expect("nothing else has changed");
                assert!(again.settings.baseline.is_some());
            }
        }
        Err(error) => {
            assert!(error.to_string().starts_with("project/adapter-lint.toml:"), "{error}");
            if let SettingsError::Unusable { problems, .. } = error {
                assert!(problems.iter().all(|problem| text.get(problem.span.start..problem.span.end).is_some()));
            }
        }
    }
});
