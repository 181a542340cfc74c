//! The language server, by speaking its protocol to the real process.

mod completion;
mod editor;
mod fixtures;
mod hostile;
mod laws;

use adapter_spec::lint::find_rule;
use editor::{Editor, apply, capabilities, position};
use serde_json::{Value, json};

const URI: &str = "file:///adapters/adapter_config.json";

const LORA: &str = r#"{"config": {"architecture": "lora", "r": 0, "phm_dim": 4, "use_gating": "x"}, "name": "a"}"#;

#[test]
fn starts_and_ends_by_the_protocol() {
    let mut editor = Editor::silent();
    let params = json!({"processId": null, "rootUri": null, "capabilities": {}});
    let result = editor.request("initialize", &params).expect("it initializes");
    let can = &result["capabilities"];
    assert_eq!(can["positionEncoding"], "utf-16");
    assert_eq!(can["textDocumentSync"], json!({"openClose": true, "change": 2, "save": true}));
    assert_eq!(can["hoverProvider"], true);
    assert_eq!(can["codeActionProvider"]["codeActionKinds"], json!(["quickfix", "source.fixAll.adapter-lint"]));
    assert!(can["completionProvider"]["triggerCharacters"].is_array());
    assert_eq!(result["serverInfo"]["name"], "adapter-lint");
    assert_eq!(editor.leave(), (Some(0), String::new()));
}

#[test]
fn leaving_without_a_word_is_a_failure() {
    let mut editor = Editor::new(&Value::Null);
    editor.notify("exit", &Value::Null);
    assert_eq!(editor.end(), (Some(1), String::new()));
    assert_eq!(Editor::silent().end(), (Some(1), String::new()));
}

#[test]
fn nothing_is_done_before_the_start_and_after_the_end() {
    let mut editor = Editor::silent();
    let hover = |editor: &mut Editor| editor.at("textDocument/hover", URI, &json!({"line": 0, "character": 0}));
    assert_eq!(hover(&mut editor).expect_err("it is refused")["code"], -32002);
    editor.request("initialize", &json!({"capabilities": {}})).expect("it initializes");
    assert_eq!(editor.request("initialize", &json!({"capabilities": {}})).expect_err("it is refused")["code"], -32600);
    assert_eq!(hover(&mut editor), Ok(Value::Null), "the file is not open");
    assert_eq!(editor.request("shutdown", &Value::Null), Ok(Value::Null));
    assert_eq!(hover(&mut editor).expect_err("it is refused")["code"], -32600);
}

#[test]
fn a_finding_has_everything() {
    let mut editor = Editor::new(&json!({"rulesPage": "https://example.org/rules"}));
    let text = "{\"a\": \"𝒳\", \"config\": {\"architecture\": \"lora\", \"r\": 0, \"r\": 4, \"rankk\": 1}}";
    editor.open(URI, "json", text);
    let found = editor.diagnostics(URI, 1);
    let of =
        |code: &str| found.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("no {code}: {found:#?}"));
    let twice = of("AL106");
    assert_eq!(twice["severity"], 2);
    assert_eq!(twice["source"], "adapter-lint");
    assert_eq!(twice["codeDescription"]["href"], "https://example.org/rules#AL106");
    let second = text.rfind("\"r\"").expect("it is there");
    assert_eq!(twice["range"]["start"], position(text, second));
    assert_eq!(twice["range"]["end"], position(text, second + 3));
    let first = text.find("\"r\"").expect("it is there");
    let related = &twice["relatedInformation"][0];
    assert_eq!(related["location"]["range"]["start"], position(text, first), "{twice:#}");
    assert_eq!(of("AL201")["tags"], json!([1]));
    editor.close(URI);
    editor.open("file:///x.json", "json", "{}");
    editor.diagnostics("file:///x.json", 1);
    assert_eq!(editor.published[URI].last().map(|last| last["diagnostics"].clone()), Some(json!([])));
}

#[test]
fn keys_of_peft_without_effect_are_marked() {
    let mut editor = Editor::new(&json!({}));
    let text = r#"{"peft_type": "LORA", "target_modules": ["q_proj"], "eva_config": {"rho": 2.0}, "runtime_config": {"ephemeral_gpu_offload": true}, "rankk": 1}"#;
    editor.open(URI, "json", text);
    let found = editor.diagnostics(URI, 1);
    for code in ["AL277", "AL283", "AL387"] {
        let one = found.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("no {code}: {found:#?}"));
        assert_eq!(one["tags"], json!([1]), "{code}");
    }
}

#[test]
fn characters_are_counted_as_agreed() {
    let text = "{\"config\": {\"architecture\": \"lora\", \"𝒳\": 1}}";
    for (encodings, agreed, width) in [
        (json!(["utf-16"]), "utf-16", 4),
        (json!(["utf-32"]), "utf-32", 3),
        (json!(["utf-16", "utf-8"]), "utf-8", 6),
        (Value::Null, "utf-16", 4),
    ] {
        let mut editor = Editor::silent();
        let mut capabilities = capabilities(false);
        capabilities["general"] = json!({"positionEncodings": encodings});
        let result = editor.request("initialize", &json!({"capabilities": capabilities})).expect("it initializes");
        assert_eq!(result["capabilities"]["positionEncoding"], agreed);
        editor.notify("initialized", &json!({}));
        editor.open(URI, "json", text);
        let found = editor.diagnostics(URI, 1);
        let unknown = found.iter().find(|one| one["code"] == "AL201").expect("the key is unknown");
        let (start, end) = (&unknown["range"]["start"], &unknown["range"]["end"]);
        assert_eq!(start["character"], 36);
        assert_eq!(end["character"], 36 + width, "{agreed}");
    }
}

#[test]
fn strangers_are_left_alone() {
    let mut editor = Editor::new(&Value::Null);
    for (uri, language, text) in [
        ("file:///package.json", "json", "{\"name\": \"x\",}"),
        ("file:///a.yaml", "yaml", "a: [1"),
        ("file:///config.json", "json", r#"{"model_type": "bert", "dropout": 0.1, "r": 4,}"#),
        ("untitled:Untitled-1", "plaintext", "hello"),
    ] {
        editor.open(uri, language, text);
        assert_eq!(editor.diagnostics(uri, 1), Vec::<Value>::new(), "{uri}");
        let position = json!({"line": 0, "character": 1});
        assert_eq!(editor.at("textDocument/completion", uri, &position), Ok(json!([])), "{uri}");
        assert_eq!(editor.at("textDocument/hover", uri, &position), Ok(Value::Null), "{uri}");
    }
}

#[test]
fn a_card_is_known_by_its_keys_or_folder() {
    let mut editor = Editor::new(&Value::Null);
    let uri = "file:///hub/adapters/me/card.yaml";
    editor.open(uri, "yaml", "type: text_task\ntask: a\nsubtask: b\nmodel_tpye: bert\n");
    let found = editor.diagnostics(uri, 1);
    assert!(found.iter().any(|one| one["code"] == "AL702"), "{found:#?}");
    let untitled = "untitled:Untitled-2";
    editor.open(untitled, "yaml", "model_type: bert\nmodel_name: b\ndefault_version: 1\nfiles: []\n");
    assert!(!editor.diagnostics(untitled, 1).is_empty());
}

#[test]
fn settings_are_taken_and_can_change() {
    let codes = |found: &[Value]| {
        found.iter().map(|one| one["code"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let mut editor = Editor::new(&json!({"rules": {"AL201": "allow", "warnings": "error"}}));
    editor.open(URI, "json", LORA);
    let found = editor.diagnostics(URI, 1);
    assert!(!codes(&found).contains(&"AL201".to_owned()) && !found.is_empty());
    assert!(found.iter().all(|one| one["severity"] != 2), "{found:#?}");
    let settings = json!({"settings": {"adapter-lint": {"select": ["unknown-key"]}}});
    editor.notify("workspace/didChangeConfiguration", &settings);
    editor.replace(URI, 2, LORA);
    assert_eq!(codes(&editor.diagnostics(URI, 2)), ["AL201"]);
    let settings = json!({"settings": {"adapter-lint": {"for": "adapters@1.0.1", "select": ["AL8"]}}});
    editor.notify("workspace/didChangeConfiguration", &settings);
    editor.replace(
        URI,
        3,
        r#"{"config": {"architecture": "lora", "use_dora": true}, "name": "a", "version": "adapters.1.3.0"}"#,
    );
    assert_eq!(codes(&editor.diagnostics(URI, 3)), ["AL801"]);
}

#[test]
fn wrong_settings_are_told() {
    for (settings, word) in [
        (json!({"select": ["AL2", "no-such-rule"]}), "no-such-rule"),
        (json!({"serverities": {}}), "serverities"),
        (json!({"model": "bert-base-uncasd"}), "bert-base-uncased"),
        (json!({"rules": {"AL201": "loud"}}), "loud"),
        (json!({"for": "adapters@1.0.11"}), "1.0.1"),
        (json!("x"), "x"),
    ] {
        let mut editor = Editor::new(&settings);
        let message = editor.message();
        assert!(message.contains(word), "{message}");
        editor.open(URI, "json", LORA);
        assert!(!editor.diagnostics(URI, 1).is_empty(), "it works all the same");
    }
}

#[test]
fn an_unknown_setting_takes_nothing_from_the_others() {
    let mut editor = Editor::new(&json!({"slect": ["AL8"], "rules": {"AL201": "allow"}}));
    let message = editor.message();
    assert!(message.contains("`slect`") && message.contains("did you mean `select`?"), "{message}");
    editor.open(URI, "json", LORA);
    assert!(editor.diagnostics(URI, 1).iter().all(|one| one["code"] != "AL201"));
}

#[test]
fn the_base_model_counts() {
    let text = r#"{"config": {"architecture": "lora", "leave_out": [40]}, "name": "a", "version": "adapters.1.3.0"}"#;
    let mut editor = Editor::new(&json!({"model": "bert-base-uncased"}));
    editor.open(URI, "json", text);
    let found = editor.diagnostics(URI, 1);
    assert!(found.iter().any(|one| one["code"] == "AL401"), "{found:#?}");
}

#[test]
fn hovers_tell_of_keys_values_and_rules() {
    let mut editor = Editor::new(&Value::Null);
    let text = "{\"config\": {\"architecture\": \"lora\", \"r\": 8, \"phm_dim\": 2}, \"name\": \"a\"}";
    editor.open(URI, "json", text);
    let mut hover = |word: &str| {
        let at = position(text, text.find(word).expect("it is there") + 1);
        editor.at("textDocument/hover", URI, &at).expect("an answer")
    };
    let key = hover("\"r\"");
    let told = key["contents"]["value"].as_str().expect("Markdown");
    assert_eq!(key["contents"]["kind"], "markdown");
    assert!(told.starts_with("### `r`") && told.contains("Config of LoRA") && !told.contains("MTL"), "{told}");
    assert_eq!(key["range"]["start"], position(text, text.find("\"r\"").expect("it is there")));
    let value = hover("lora\"");
    let told = value["contents"]["value"].as_str().expect("Markdown");
    assert!(told.starts_with("`\"lora\"`: LoRA, (IA)³") && told.contains("### `architecture`"), "{told}");
    let unknown = hover("phm_dim");
    let told = unknown["contents"]["value"].as_str().expect("Markdown");
    let rule = find_rule("AL201").expect("it is there");
    assert!(told.contains("# AL201 unknown-key") && told.contains(rule.summary()), "{told}");
    assert_eq!(hover(": {"), Value::Null);
}

#[test]
fn a_plain_client_gets_plain_text() {
    let mut editor = Editor::with(&json!({}), &Value::Null);
    editor.open(URI, "json", "{\"config\": {\"architecture\": \"lora\", \"r\": 8}}");
    let hover = editor.at("textDocument/hover", URI, &json!({"line": 0, "character": 37})).expect("an answer");
    assert_eq!(hover["contents"]["kind"], "plaintext");
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.starts_with("`r`")), "{hover}");
    let params = json!({
        "textDocument": {"uri": URI}, "context": {"diagnostics": []},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    });
    assert_eq!(editor.request("textDocument/codeAction", &params), Ok(json!([])), "it only knows commands");
}

#[test]
fn everything_safe_is_fixed_at_once() {
    let mut editor = Editor::new(&Value::Null);
    let text = "{'config': {'architecture': 'lora', 'r': 8,},}";
    editor.open(URI, "json", text);
    let whole = json!({"start": {"line": 0, "character": 0}, "end": position(text, text.len())});
    let mut ask = |only: Value| {
        let params =
            json!({"textDocument": {"uri": URI}, "range": whole, "context": {"diagnostics": [], "only": only}});
        editor.request("textDocument/codeAction", &params).expect("an answer")
    };
    for only in ["source", "source.fixAll", "source.fixAll.adapter-lint"] {
        let actions = ask(json!([only]));
        assert_eq!(actions.as_array().map(Vec::len), Some(1), "{only}");
        assert_eq!(actions[0]["kind"], "source.fixAll.adapter-lint");
        let change = &actions[0]["edit"]["documentChanges"][0];
        assert_eq!(change["textDocument"], json!({"uri": URI, "version": 1}));
        let fixed = apply(text, change["edits"].as_array().expect("edits"));
        assert_eq!(fixed, r#"{"config": {"architecture": "lora", "r": 8}}"#);
    }
    assert_eq!(ask(json!(["refactor"])), json!([]));
    let fixes = ask(json!(["quickfix"]));
    assert!(
        fixes
            .as_array()
            .is_some_and(|fixes| fixes.iter().all(|fix| fix["kind"] == "quickfix" && fix["isPreferred"] == true))
    );
}

#[test]
fn weights_are_judged_with_their_config() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint/AL503-weights-damaged/bad");
    let uri = format!("file://{}/adapter_config.json", folder.display());
    let weights = format!("file://{}/pytorch_adapter.bin", folder.display());
    let text = std::fs::read_to_string(folder.join("adapter_config.json")).expect("a config");
    let mut editor = Editor::new(&Value::Null);
    editor.open(&uri, "json", &text);
    editor.diagnostics(&uri, 1);
    let found = editor.published[&weights].last().expect("the weights come first")["diagnostics"].clone();
    assert_eq!(found[0]["code"], "AL503", "{found:#}");
    assert_eq!(found[0]["range"], json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}));
    editor.close(&uri);
    editor.open(URI, "json", "{}");
    editor.diagnostics(URI, 1);
    assert_eq!(editor.published[&weights].last().expect("published")["diagnostics"], json!([]));
}

#[test]
fn weights_that_cannot_be_judged_are_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let weights = scratch.path().join("adapter_model.safetensors");
    std::fs::copy("fixtures/checkpoints/peft-0.21.2/bert/lora_qv/adapter_model.safetensors", &weights)
        .expect("it can be copied");
    // On the disk, the config that is open is a folder.
    std::fs::create_dir(scratch.path().join("adapter_config.json")).expect("a folder");
    let uri = |name: &str| format!("file://{}", scratch.path().join(name).display());
    let mut editor = Editor::new(&Value::Null);
    editor.open(&uri("adapter_config.json"), "json", r#"{"peft_type": "LORA"}"#);
    editor.diagnostics(&uri("adapter_config.json"), 1);
    let found = editor.published[&uri("adapter_model.safetensors")].last().expect("published")["diagnostics"].clone();
    assert_eq!(found[0]["severity"], 1, "{found:#}");
    assert!(found[0]["message"].as_str().is_some_and(|text| text.contains("adapter_config.json")), "{found:#}");
}

#[test]
fn the_settings_of_the_project_hold() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("adapter_config.json");
    let settings = folder.path().join("adapter-lint.toml");
    let uri = format!("file://{}", file.display());
    let codes = |editor: &mut Editor, version| {
        let found = editor.diagnostics(&uri, version);
        found.iter().map(|one| one["code"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let mut editor = Editor::new(&Value::Null);
    editor.open(&uri, "json", LORA);
    let before = codes(&mut editor, 1);
    let first = before.first().expect("it has flaws").clone();
    std::fs::write(&settings, format!("[rules]\n{first} = \"allow\"\n")).expect("the disk has room");
    editor.notify("workspace/didChangeWatchedFiles", &json!({"changes": []}));
    editor.replace(&uri, 2, LORA);
    let after = codes(&mut editor, 2);
    assert!(!after.contains(&first) && after.len() < before.len(), "{first}: {before:?}, {after:?}");
    std::fs::write(&settings, "[rulez]\n").expect("the disk has room");
    editor.notify("textDocument/didSave", &json!({"textDocument": {"uri": uri}}));
    let told = editor.message();
    assert!(told.contains("adapter-lint.toml:1:2") && told.contains("rulez"), "{told}");
    assert_eq!(editor.leave().0, Some(0));
}
