//! Generated files are current, and schemas and pictures say what is true. `BLESS=1 cargo test --test generated` writes
//! them all anew, `BLESS=1 cargo test --test generated schemas` those of one module.

#[cfg(feature = "cli")]
mod draw;
#[cfg(feature = "oracle")]
mod methods;
mod pages;
mod peft_releases;
#[cfg(feature = "cli")]
mod schemas;
#[cfg(feature = "oracle")]
mod settings;

use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(path: &str, current: &str) {
    let path = root().join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, current).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let path = path.display();
    assert!(committed == current, "{path} is not current; `BLESS=1 cargo test --test generated` writes it anew");
}

#[test]
fn manual_of_the_rules() {
    check("docs/rules.md", &adapter_spec::lint::manual());
}
