//! What no client should send.

use serde_json::{Value, json};

use super::editor::{Editor, position};

const URI: &str = "file:///adapter_config.json";

#[test]
fn what_is_no_message_is_refused_and_nothing_else_suffers() {
    let mut editor = Editor::new(&Value::Null);
    editor.send_raw(b"Content-Length: 5\r\n\r\n{{{{{");
    assert_eq!(editor.answer(&Value::Null).expect_err("it is no JSON")["code"], -32700);
    editor.send_raw(b"Content-Type: x\r\n\r\n");
    assert_eq!(editor.answer(&Value::Null).expect_err("it has no length")["code"], -32700);
    editor.send_raw(&Editor::frame(&json!([1, 2])));
    assert_eq!(editor.answer(&Value::Null).expect_err("it is no message")["code"], -32600);
    editor.send_raw(&Editor::frame(&json!({"id": 77, "method": 5})));
    assert_eq!(editor.answer(&json!(77)).expect_err("it is no request")["code"], -32600);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    editor.send_raw(format!("Content-Length: {}\r\n\r\n{deep}", deep.len()).as_bytes());
    assert_eq!(editor.answer(&Value::Null).expect_err("it is too deep")["code"], -32700);
    editor.send_raw(b"Content-Length: 4\r\n\r\n\xff\xfe\x00\x01");
    assert_eq!(editor.answer(&Value::Null).expect_err("it is no text")["code"], -32700);
    assert_eq!(editor.request("no/such", &json!({})).expect_err("it is unknown")["code"], -32601);
    assert_eq!(editor.request("textDocument/hover", &json!([])).expect_err("they are wrong")["code"], -32602);
    editor.notify("$/setTrace", &json!({"value": "off"}));
    editor.notify("no/such", &Value::Null);
    editor.notify("textDocument/didChange", &json!({"textDocument": 1}));
    assert!(editor.message().contains("didChange"));
    editor.notify("textDocument/didClose", &json!({"textDocument": {"uri": "file:///never-opened"}}));
    editor.replace("file:///never-opened", 3, "{}");
    editor.open(URI, "json", "{");
    assert_eq!(editor.diagnostics(URI, 1)[0]["code"], "AL101");
    assert_eq!(editor.leave(), (Some(0), String::new()));
}

#[test]
fn a_cancelled_request_is_answered_as_such() {
    let mut editor = Editor::new(&Value::Null);
    editor.open(URI, "json", "{}");
    // All in one write, so that the server finds them waiting while it is busy with the first.
    let busy = json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": "file:///a/adapter_config.json", "languageId": "json", "version": 1, "text": "[".repeat(1 << 22)
    }}});
    let hover = json!({"textDocument": {"uri": "file:///never-opened"}, "position": {"line": 0, "character": 0}});
    let ask = |id: i32| json!({"jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": hover});
    let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 501}});
    let bytes: Vec<u8> = [busy, ask(500), ask(501), ask(502), cancel].iter().flat_map(Editor::frame).collect();
    editor.send_raw(&bytes);
    assert_eq!(editor.answer(&json!(500)), Ok(Value::Null));
    match editor.answer(&json!(501)) {
        // It may have been answered before the cancellation was read.
        Ok(answer) => assert_eq!(answer, Value::Null),
        Err(error) => assert_eq!(error["code"], -32800),
    }
    assert_eq!(editor.answer(&json!(502)), Ok(Value::Null));
    editor.notify("$/cancelRequest", &json!({"id": 9999}));
    editor.notify("$/cancelRequest", &Value::Null);
    assert_eq!(editor.leave(), (Some(0), String::new()));
}

#[test]
fn of_many_edits_the_last_is_judged() {
    let mut editor = Editor::new(&Value::Null);
    editor.open(URI, "json", "{}");
    editor.diagnostics(URI, 1);
    let edits = 60;
    let bytes: Vec<u8> = (2..2 + edits)
        .flat_map(|version| {
            let text = format!("{{\"config\": {{\"architecture\": \"lora\", \"k{version}\": 1}}, \"name\": \"a\"}}");
            let params = json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": [{"text": text}]});
            Editor::frame(&json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}))
        })
        .collect();
    editor.send_raw(&bytes);
    let found = editor.diagnostics(URI, 1 + edits);
    let unknown = found.iter().find(|one| one["code"] == "AL201").expect("the key is unknown");
    assert!(unknown["message"].as_str().is_some_and(|text| text.contains("k61")), "{unknown}");
    let versions: Vec<i64> = editor.published[URI].iter().filter_map(|one| one["version"].as_i64()).collect();
    assert!(versions.is_sorted(), "{versions:?}");
}

#[test]
fn large_and_deep_texts_are_bounded() {
    let mut editor = Editor::new(&Value::Null);
    let deep = "{\"config\": ".repeat(200_000);
    editor.open(URI, "json", &deep);
    assert!(editor.diagnostics(URI, 1).iter().any(|one| one["code"] == "AL108"));
    let at = position(&deep, 12);
    editor.at("textDocument/hover", URI, &at).expect("an answer");
    editor.at("textDocument/completion", URI, &json!({"line": 0, "character": 2_000_000})).expect("an answer");
    let many = format!("{{\"config\": {{{}}}}}", "\"é\": 1, ".repeat(20_000));
    editor.replace(URI, 2, &many);
    let found = editor.diagnostics(URI, 2);
    assert!(found.len() < 5000, "{} diagnostics", found.len());
    let middle = position(&many, many.len() / 2 - many.len() / 2 % 2);
    editor.at("textDocument/completion", URI, &middle).expect("an answer");
    assert_eq!(editor.leave(), (Some(0), String::new()));
}

#[test]
fn places_outside_of_the_text_are_its_end() {
    let mut editor = Editor::new(&Value::Null);
    editor.open(URI, "json", "{}");
    let change =
        json!({"range": {"start": {"line": 7, "character": 0}, "end": {"line": 9, "character": 9}}, "text": "]"});
    let backwards =
        json!({"range": {"start": {"line": 0, "character": 2}, "end": {"line": 0, "character": 0}}, "text": ","});
    let document = json!({"uri": URI, "version": 2});
    editor.notify("textDocument/didChange", &json!({"textDocument": document, "contentChanges": [change, backwards]}));
    let edited = editor.diagnostics(URI, 2);
    editor.replace(URI, 3, "{},]");
    assert_eq!(edited, editor.diagnostics(URI, 3));
}
