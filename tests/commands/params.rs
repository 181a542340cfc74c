//! `adapter-lint params` as a process.

use std::process::{Command, Output};

use adapter_spec::params::{Params, PeftParams};
use adapter_spec::schema;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapter-lint"));
    command.arg("params").args(arguments).output().expect("the program runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn table(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(code(&output), 0, "{}", errors(&output));
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// The JSON output, which its schema has to allow.
fn json(arguments: &[&str]) -> Params {
    let text = table(&[arguments, &["--output-format", "json"]].concat());
    let value = serde_json::from_str(&text).expect("the output is JSON");
    let errors: Vec<_> = schema::validator("params").iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    serde_json::from_value(value).expect("the output has the type")
}

fn names(params: &Params) -> Vec<&str> {
    params.tensors.iter().map(|tensor| tensor.name.as_str()).collect()
}

/// A model's config in a scratch folder.
fn model(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    std::fs::write(folder.path().join("config.json"), config).expect("a file");
    folder
}

#[test]
fn layers_that_are_alike_are_one_entry() {
    let expected = "\
layers 0–11: query, lora
  bert.encoder.layer.{0–11}.attention.self.query.loras.a
    lora_A  A  r×k  4×768  3,072
    lora_B  B  d×r  768×4  3,072

layers 0–11: value, lora
  bert.encoder.layer.{0–11}.attention.self.value.loras.a
    lora_A  A  r×k  4×768  3,072
    lora_B  B  d×r  768×4  3,072

147,456 parameters: 0.135 % of the 109,482,240 of bert-base-uncased
  12,288 in each of layers 0–11
";
    assert_eq!(table(&["lora", "--set", "r=4", "--model", "bert-base-uncased"]), expected);
}

#[test]
fn what_is_odd_about_a_tensor_stands_beside_it() {
    let prelu = "seq_bn[non_linearity='prelu',ln_before=True,reduction_factor=24,leave_out=[1,2,3,4]]";
    let expected = "\
layers 0, 5: output-adapters, bottleneck
  transformer.layer.{0, 5}.output_adapters.adapters.x
    adapter_down.0.weight    ln_before.weight  d    768        768  also adapter_norm_before.weight
    adapter_down.0.bias      ln_before.bias    d    768        768  also adapter_norm_before.bias
    adapter_down.1.weight    down.weight       m×d  32×768  24,576
    adapter_down.1.bias      down.bias         m    32          32
    adapter_up.weight        up.weight         d×m  768×32  24,576
    adapter_up.bias          up.bias           d    768        768
    adapter_down.2.f.weight  activation.slope  1    1            1  also non_linearity.f.weight

102,978 parameters: 0.155 % of the 66,362,880 of distilbert-base-uncased
  51,489 in each of layers 0, 5
";
    assert_eq!(table(&[prelu, "--model", "distilbert-base-uncased", "--name", "x", "--bare"]), expected);
    let vera = table(&["vera[r=2,leave_out=[1,2,3,4,5]]", "--model", "distilbert-base-uncased", "--bare"]);
    assert!(vera.contains("shared, vera\n  shared_parameters.a\n"), "{vera}");
    assert!(vera.contains("lora_A  A        r×k  2×768      1,536  frozen, not saved\n"), "{vera}");
    let prefix = table(&["prefix_tuning_flat", "--model", "gpt2"]);
    assert!(
        prefix.contains("  also transformer.h.{0–11}.attn.prefix_tuning.pool.prefix_tunings.a.self_prefix\n"),
        "{prefix}"
    );
}

#[test]
fn json_has_every_tensor_once() {
    let params = json(&["lora|seq_bn", "--model", "google-bert/bert-base-uncased"]);
    assert_eq!((params.parameters, params.trained), (294_912 + 894_528, 294_912 + 894_528));
    assert_eq!(params.tensors.len(), 12 * (4 + 4));
    assert_eq!(params.tensors.iter().map(|tensor| tensor.elements).sum::<u64>(), params.parameters);
    assert_eq!(params.per_layer.iter().map(|layer| layer.parameters).sum::<u64>(), params.parameters);
    let prefix = json(&["prefix_tuning_flat", "--model", "bert-base-uncased"]);
    let [tensor] = &prefix.tensors[..] else { panic!("{:?}", prefix.tensors) };
    assert_eq!((tensor.layer, tensor.aliases.len(), prefix.per_layer[0].layer), (None, 12, Some(0)));
}

#[test]
fn a_bare_base_model_has_shorter_names_and_loses_what_is_shared() {
    let arguments = ["compacter++", "--model", "roberta-base"];
    let (wrapped, bare) = (json(&arguments), json(&[&arguments[..], &["--bare"]].concat()));
    let short: Vec<_> =
        names(&wrapped).iter().map(|name| name.strip_prefix("roberta.").expect("the attribute")).collect();
    assert_eq!(short, names(&bare));
    assert!(wrapped.tensors.iter().all(|tensor| tensor.saved));
    let lost: Vec<_> = bare.tensors.iter().filter(|tensor| !tensor.saved).map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(lost, ["shared_parameters.a.phm_rule"]);
}

#[test]
fn an_adapter_may_be_called_like_a_part_of_its_path() {
    for name in ["adapters", "loras", "encoder", "0"] {
        let params = json(&["seq_bn", "--model", "bert-base-uncased", "--name", name]);
        let first = format!("bert.encoder.layer.0.output.adapters.{name}.adapter_down.0.weight");
        assert_eq!((params.tensors.len(), names(&params)[0]), (48, first.as_str()));
        let folded = format!("  bert.encoder.layer.{{0–11}}.output.adapters.{name}\n");
        assert!(table(&["seq_bn", "--model", "bert-base-uncased", "--name", name]).contains(&folded));
    }
    for name in ["a.b", "", "keys"] {
        let output = run(&["seq_bn", "--model", "bert-base-uncased", "--name", name]);
        assert_eq!(code(&output), 1);
        assert!(errors(&output).contains("no adapter can be called"), "{}", errors(&output));
    }
}

#[test]
fn what_the_library_refuses_exits_with_one() {
    for (spec, model, reason) in [
        ("prompt_tuning", "gpt2", "gpt2 models do not support prompt tuning"),
        ("seq_bn_inv", "google/vit-base-patch16-224", "vit models do not support invertible adapters"),
        ("dora", "gpt2", "h.0.attn.c_attn.loras.a: DoRA takes the norms of 768 rows"),
        ("compacter[phm_dim=5]", "bert-base-uncased", "multiples of `phm_dim`, 5"),
        ("nope", "bert-base-uncased", "nope"),
        ("seq_bn[leave_out=[0]]|seq_bn[leave_out=[1]]", "bert-base-uncased", "Multiple adapter definitions conflict"),
    ] {
        let output = run(&[spec, "--model", model]);
        assert_eq!(code(&output), 1, "{spec}: {}", errors(&output));
        assert!(errors(&output).contains(reason), "{}", errors(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_cannot_be_told_exits_with_two() {
    let unknown = model(r#"{"model_type": "mamba", "hidden_size": 64}"#);
    let incomplete = model(r#"{"model_type": "bert", "hidden_size": 64}"#);
    for (model, reason) in [
        (unknown.path().to_str().expect("a path"), "not known for models of type \"mamba\""),
        (incomplete.path().to_str().expect("a path"), "does not give its number of layers"),
        ("bert-base-uncasd", "did you mean"),
    ] {
        let output = run(&["lora", "--model", model]);
        assert_eq!(code(&output), 2, "{}", errors(&output));
        assert!(errors(&output).contains(reason), "{}", errors(&output));
    }
    assert_eq!(code(&run(&["missing.json", "--model", "gpt2"])), 2);
    assert_eq!(code(&run(&["lora"])), 2);
}

#[test]
fn a_models_own_config_is_read() {
    let folder = model(
        r#"{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 32, "intermediate_size": 96, "vocab_size": 10}"#,
    );
    let path = folder.path().to_str().expect("a path");
    let params = json(&["lora[r=1,attn_matrices=['q','k'],output_lora=True]", "--model", path]);
    let shapes: Vec<_> =
        params.tensors.iter().take(6).map(|tensor| (tensor.site.as_str(), &tensor.shape[..])).collect();
    let expected: [(_, &[u64]); 6] = [
        ("query", &[1, 64]),
        ("query", &[128, 1]),
        ("key", &[1, 64]),
        ("key", &[64, 1]),
        ("output", &[1, 64]),
        ("output", &[96, 1]),
    ];
    assert_eq!(shapes, expected);
    assert_eq!(params.model.parameters, None);
    assert!(table(&["lora", "--model", path]).contains("parameters\n"));
}

const PEFT: &str = "fixtures/lint/AL660-peft-tensor-missing/good";

#[test]
fn tensors_of_peft_are_listed_by_module() {
    let model = format!("{PEFT}/model.json");
    let text = table(&[PEFT, "--model", &model]);
    let wanted = "base_model.model.model.layers.{0–2}.self_attn.q_proj
  lora_A.weight  2×8  16
  lora_B.weight  8×2  16
";
    assert!(text.starts_with(wanted), "{text}");
    assert!(text.contains("168 parameters are trained at 6 modules of LlamaForCausalLM: "), "{text}");
    let text =
        table(&["peft:p_tuning", "--set", "num_virtual_tokens=4", "--set", "task_type=CAUSAL_LM", "--model", &model]);
    assert!(text.contains("248 parameters are trained") && text.contains("32 numbers are saved"), "{text}");
}

#[test]
fn a_head_of_unknown_labels_is_told_apart() {
    let text = table(&["peft:lora", "--set", "task_type=SEQ_CLS", "--model", &format!("{PEFT}/model.json")]);
    assert!(text.contains("?×8   ?\n"), "{text}");
    assert!(text.contains("LlamaForSequenceClassification, and a tensor whose size depends on more"), "{text}");
}

#[test]
fn tensors_of_peft_are_json_too() {
    let output = run(&[PEFT, "--model", &format!("{PEFT}/model.json"), "--output-format", "json"]);
    let value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    let errors: Vec<_> = schema::validator("params-peft").iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let params: PeftParams = serde_json::from_value(value).expect("the output has the type");
    assert_eq!((params.trained, params.saved), (Some(168), Some(168)));
    assert_eq!((params.tensors.len(), params.modules.len()), (12, 6));
}

#[test]
fn what_peft_does_not_adapt_is_refused() {
    let output = run(&["peft:lora", "--set", "target_modules=['nope']", "--model", &format!("{PEFT}/model.json")]);
    assert_eq!(code(&output), 1);
    assert!(errors(&output).contains("no module of the model matches `target_modules`"), "{}", errors(&output));
    let output = run(&["peft:lora", "--set", "r=-1", "--model", &format!("{PEFT}/model.json")]);
    assert_eq!((code(&output), errors(&output).lines().count()), (1, 1), "{}", errors(&output));
    let output = run(&["peft:lora", "--model", "bert-base-uncased"]);
    assert_eq!(code(&output), 2, "{}", errors(&output));
}

#[test]
fn a_model_that_can_be_read_in_part_is_refused() {
    let folder = model(
        "{\"model_type\": \"bert\", \"hidden_size\": 768,\n\"num_hidden_layers\": 2 2, \"num_attention_heads\": 12}",
    );
    let output = run(&["--model", folder.path().to_str().expect("a plain path"), "lora"]);
    assert!(code(&output) == 2 && errors(&output).contains("config.json:2: "), "{}", errors(&output));
}

/// The class is known, but not what a ResNet of two stages has in it.
#[test]
fn a_model_of_unusual_parts_is_told_as_such() {
    let model = model(
        r#"{"model_type": "resnet", "architectures": ["ResNetForImageClassification"], "depths": [1, 1],
            "hidden_sizes": [8, 16], "layer_type": "basic"}"#,
    );
    let path = model.path().to_str().expect("a plain path");
    let output = run(&[r#"{"peft_type": "LORA", "target_modules": ["convolution"]}"#, "--model", path]);
    assert_eq!(code(&output), 2);
    assert!(errors(&output).contains("sizes or parts with which its modules are not known"), "{}", errors(&output));
}
