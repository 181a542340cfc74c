//! Pictures: of every named architecture as they are committed, what they say against what the library builds, and the
//! command.

mod equations;
mod inside;
mod laws;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use adapter_spec::dialects::adapterhub::load::{Kind, Loader, Resolved};
use adapter_spec::dialects::adapterhub::presets::{Preset, Publisher};
use adapter_spec::draw::{self, Base, Scene};
use adapter_spec::models::Model;

/// Pictures in named models, beside those of all named architectures: file, config, model.
const IN_MODELS: [(&str, &str, &str); 7] = [
    ("seq_bn-in-bert", "seq_bn", "bert-base-uncased"),
    ("double_seq_bn-in-gpt2", "double_seq_bn", "gpt2"),
    ("lora-in-llama", "lora", "meta-llama/Llama-3.1-8B"),
    ("ia3-in-llama", "ia3", "meta-llama/Llama-3.1-8B"),
    ("unipelt-in-bart", "unipelt", "facebook/bart-base"),
    ("par_bn-in-gpt-j", "par_bn", "EleutherAI/gpt-j-6B"),
    ("adapter_plus-in-vit", "adapter_plus", "google/vit-base-patch16-224"),
];

fn load(kind: Kind, text: &str) -> Resolved {
    let loader = Loader { kind, ..Loader::default() };
    loader.load_text(text, &[]).expect("the library takes it").expect("there is a config")
}

fn scene(title: &str, config: &str, model: Option<&str>) -> Scene {
    let config = load(Kind::Adapter, config);
    let known = model.map(|name| Model::well_known(name).expect("a well-known model"));
    let base = model.zip(known.as_ref()).map(|(name, model)| Base { name, model });
    draw::adapter(title, &config, base).expect("it can be drawn")
}

fn pictures() -> Vec<(String, Scene)> {
    let of = |preset: &Preset| {
        let file = preset.name.replace([':', '@', '+', '/'], "-");
        let scene = match preset.publisher {
            Publisher::Fusion => draw::fusion(preset.name, &load(Kind::Fusion, preset.name)).expect("it can be drawn"),
            _ => scene(preset.name, preset.name, None),
        };
        (file, scene)
    };
    let in_models = IN_MODELS
        .map(|(file, config, model)| (file.to_owned(), scene(&format!("{config} in {model}"), config, Some(model))));
    Preset::ALL.iter().map(of).chain(in_models).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")
}

#[test]
fn committed_pictures_are_current() {
    let mut names = Vec::new();
    for (name, scene) in pictures() {
        let file = folder().join(format!("{name}.svg"));
        let current = draw::svg(&scene, &draw::lay_out(&scene), None);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &current).expect("the file can be written");
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == current,
            "{name} is not current; `BLESS=1 cargo test --test generated draw` writes it anew"
        );
        names.push(format!("{name}.svg"));
    }
    let entries = std::fs::read_dir(folder()).expect("a folder");
    for entry in entries {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(name == "README.md" || names.contains(&name), "docs/pictures/{name} is nobody's");
    }
}

#[test]
fn the_page_of_pictures_shows_all() {
    let page = std::fs::read_to_string(folder().join("README.md")).expect("the page");
    for (name, _) in pictures() {
        assert!(page.contains(&format!("({name}.svg)")), "docs/pictures/README.md does not show {name}");
    }
}

#[test]
fn pictures_can_be_read_by_machines_and_people() {
    for (name, scene) in pictures() {
        let svg = draw::svg(&scene, &draw::lay_out(&scene), None);
        laws::check_svg(&svg).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(svg.contains("prefers-color-scheme: dark"));
        laws::check_layout(&scene).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

/// What is said of sizes and of what is idle, against the tensors that `params` lists.
#[test]
fn labels_say_what_the_tensors_are() {
    let (bert, llama) = (Some("bert-base-uncased"), Some("meta-llama/Llama-3.1-8B"));
    let cases = [
        ("seq_bn[inv_adapter='glow',inv_adapter_reduction_factor=2]", bert, "each half 384 → 192 → 768, s and t"),
        ("seq_bn[inv_adapter='nice',inv_adapter_reduction_factor=2]", bert, "each half 384 → 192 → 384,"),
        ("lora[r=4,intermediate_lora=True]", bert, "A (768 → 4)"),
        ("lora[r=4,intermediate_lora=True,output_lora=True]", llama, "A (4096 or 14336 → 4)"),
        ("loreft", bert, "those of the last positions have no effect, as `suffix_positions` is 0"),
        ("loreft", bert, "tied_weights false"),
    ];
    for (config, model, said) in cases {
        let description = scene("a", config, model).description;
        assert!(description.contains(said), "{config}: {description}");
    }
    let tied = scene("a", "loreft[tied_weights=True]", bert);
    assert_eq!(tied.notes, Vec::<String>::new());
    let steps: Vec<_> = scene("a", "lora", llama).columns.remove(0).flow.steps;
    let feed_forward = steps.iter().find(|step| step.text == "Feed-forward").expect("there is one");
    let parts: Vec<&str> = feed_forward.chips.iter().map(|chip| chip.text.as_str()).collect();
    assert_eq!(parts, ["gate_proj", "up_proj", "down_proj"]);
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapter-lint"));
    command.arg("draw").args(arguments).output().expect("the program runs")
}

#[test]
fn the_command_prints_and_writes() {
    let printed = run(&["lora", "--model", "bert-base-uncased"]);
    assert_eq!(printed.status.code(), Some(0));
    let svg = String::from_utf8(printed.stdout).expect("UTF-8");
    assert!(svg.contains("768 → 8 → 768") && svg.contains("LoRA on q and v"), "{svg}");

    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (svg_file, png_file) = (at("a.svg"), at("a.PNG"));
    assert_eq!(run(&["lora", "--model", "bert-base-uncased", "-o", &svg_file]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&svg_file).expect("a file"), svg);
    assert_eq!(run(&["lora", "--scale", "1", "--output", &png_file]).status.code(), Some(0));
    let png = std::fs::read(&png_file).expect("a file");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(run(&["lora", "--scale", "1", "--theme", "dark", "--force", "-o", &png_file]).status.code(), Some(0));
    assert_ne!(std::fs::read(&png_file).expect("a file"), png, "dark is not light");
}

#[test]
fn the_command_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.svg").display().to_string();
    std::fs::write(&file, "mine").expect("a file");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["lora", "-o", &file], 2, "exists"),
        (&["lora", "-o", "a.gif"], 2, "must end in .svg or .png"),
        (&["prompt_tuning", "--model", "gpt2"], 1, "do not support prompt tuning"),
        (&["lora[r=0]"], 1, ""),
        (&["lora", "--model", "no-such-model"], 2, "no-such-model"),
        (&["no_such_name"], 1, "no_such_name"),
    ];
    for (arguments, code, said) in cases {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(said) && output.stdout.is_empty(), "{arguments:?}: {errors}");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "mine");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
}
