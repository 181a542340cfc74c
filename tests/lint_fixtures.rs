//! One trial for each folder of `fixtures/lint`: every file in it is judged, and the three formats are compared with
//! `expected.txt`, `expected.concise` and `expected.json`. `BLESS=1` writes them anew.
//!
//! A folder is named `<code>-<name>`. A file (or the folder in it) whose name starts with `bad` must have a finding of
//! this code, one that starts with `good` must have none. A `model.json` is the base model of all. Only findings of this
//! code are shown, so that a new rule leaves the other folders as they are; the rules of the text are shown together,
//! since they share one reader.

use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};
use adapter_spec::models::Model;
use adapter_spec::report::{FileReport, concise, full, json};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    let trials = children(&root)
        .into_iter()
        .filter(|folder| folder.is_dir())
        .map(|folder| Trial::test(shown(&folder, &root), move || run(&folder)))
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn run(folder: &Path) -> Result<(), Failed> {
    let code = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('-').next());
    let code = code.ok_or("the folder has no code")?;
    let model = folder.join("model.json");
    let model = if model.exists() { Document::read(fs::read(model)?, Format::Json).root } else { None };
    let mut options = Options { model: model.and_then(|root| Model::from_config(&root)), ..Options::default() };
    options.levels.select(if code.starts_with("AL1") { "AL1" } else { code })?;
    for other in ["AL117", "AL118"].iter().filter(|other| **other != code) {
        options.levels.ignore(other)?;
    }
    let mut reports = Vec::new();
    for input in inputs(folder) {
        let name = shown(&input, folder);
        let format = if name.ends_with(".yaml") || name.ends_with(".yml") { Format::Yaml } else { Format::Json };
        let document = Document::read(fs::read(&input)?, format);
        let linted = lint(&document, &name, &options);
        let is_found = linted.findings.iter().any(|finding| finding.rule.code == code);
        if name.starts_with("bad") && !is_found {
            return Err(format!("{name}: {code} is not found").into());
        }
        if name.starts_with("good") && is_found {
            return Err(format!("{name}: {code} is found").into());
        }
        reports.push(FileReport::new(name, document, linted));
    }
    if reports.is_empty() {
        return Err("there is no input".into());
    }
    let mut texts = [Vec::new(), Vec::new(), Vec::new()];
    let [frames, lines, data] = &mut texts;
    full::write(frames, &reports, false)?;
    concise::write(lines, &reports)?;
    json::write(data, &reports)?;
    for (name, text) in ["expected.txt", "expected.concise", "expected.json"].iter().zip(texts) {
        compare(&folder.join(name), &String::from_utf8(text)?)?;
    }
    Ok(())
}

fn compare(path: &Path, text: &str) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, text)?;
        return Ok(());
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == text {
        return Ok(());
    }
    let line = expected.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    let (old, new) = (expected.lines().nth(line).unwrap_or_default(), text.lines().nth(line).unwrap_or_default());
    Err(format!("{}:{}: differs (BLESS=1 accepts it)\n- {old}\n+ {new}", path.display(), line + 1).into())
}

/// Every file below a folder that is to be judged.
fn inputs(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in children(folder) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            files.extend(inputs(&path));
        } else if !name.starts_with("expected.") && name != "model.json" {
            files.push(path);
        }
    }
    files
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    paths
}

fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
