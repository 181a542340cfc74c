//! Generated files are current. `BLESS=1` writes them anew.

use std::path::Path;

fn check(path: &str, current: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, current).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == current, "{} is not current; BLESS=1 writes it anew", path.display());
}

#[test]
fn manual_of_the_rules() {
    check("docs/rules.md", &adapter_spec::lint::manual());
}
