//! An editor, as far as the server can tell.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// So long may the server take for anything. Machines can be slow; only a server that hangs takes it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server with one client.
pub(crate) struct Editor {
    process: Child,
    input: Option<ChildStdin>,
    output: Receiver<Value>,
    requests: i32,
    /// What was published, by document: all of it, in order.
    pub(crate) published: BTreeMap<String, Vec<Value>>,
    /// Messages for the user.
    pub(crate) messages: Vec<String>,
    /// Answers that came while others were waited for.
    answers: Vec<Value>,
}

impl Editor {
    /// A server that has not been spoken to.
    pub(crate) fn silent() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_adapter-lint"))
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stdout = process.stdout.take().expect("it is piped");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read(&mut stdout) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            input: process.stdin.take(),
            process,
            output,
            requests: 0,
            published: BTreeMap::new(),
            messages: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// A server that is initialized, with a client that can everything but snippets, and counts characters.
    pub(crate) fn new(options: &Value) -> Self {
        Self::with(&capabilities(false), options)
    }

    /// A server for a client that can what it says.
    pub(crate) fn with(capabilities: &Value, options: &Value) -> Self {
        let mut editor = Self::silent();
        let params =
            json!({"processId": null, "rootUri": null, "capabilities": capabilities, "initializationOptions": options});
        editor.request("initialize", &params).expect("it initializes");
        editor.notify("initialized", &json!({}));
        editor
    }

    /// Sends bytes as they are.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("it is open");
        input.write_all(bytes).expect("the server reads");
        input.flush().expect("the server reads");
    }

    /// A message as it is sent.
    pub(crate) fn frame(message: &Value) -> Vec<u8> {
        let text = message.to_string();
        format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send_raw(&Self::frame(&json!({"jsonrpc": "2.0", "method": method, "params": params})));
    }

    /// Sends a request and waits for its answer: the result, or the error.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        self.requests += 1;
        let id = self.requests;
        self.send_raw(&Self::frame(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})));
        self.answer(&json!(id))
    }

    /// Waits for the answer to a request.
    pub(crate) fn answer(&mut self, id: &Value) -> Result<Value, Value> {
        let of_id = |answer: &Value| answer.get("id") == Some(id);
        while !self.answers.iter().any(of_id) {
            self.receive();
        }
        let at = self.answers.iter().position(of_id).expect("it was just found");
        let answer = self.answers.remove(at);
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// Takes one message in.
    fn receive(&mut self) {
        let message = self.output.recv_timeout(PATIENCE).expect("the server answers");
        match message["method"].as_str() {
            None => self.answers.push(message),
            Some("textDocument/publishDiagnostics") => {
                let uri = message["params"]["uri"].as_str().expect("a URI").to_owned();
                self.published.entry(uri).or_default().push(message["params"].clone());
            }
            Some(_) => self.messages.push(message["params"]["message"].as_str().unwrap_or_default().to_owned()),
        }
    }

    /// Waits until the server says something to the user.
    pub(crate) fn message(&mut self) -> String {
        while self.messages.is_empty() {
            self.receive();
        }
        self.messages.remove(0)
    }

    pub(crate) fn open(&mut self, uri: &str, language: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": language, "version": 1, "text": text});
        self.notify("textDocument/didOpen", &json!({"textDocument": document}));
    }

    /// Sends the whole text anew.
    pub(crate) fn replace(&mut self, uri: &str, version: i32, text: &str) {
        let document = json!({"uri": uri, "version": version});
        self.notify("textDocument/didChange", &json!({"textDocument": document, "contentChanges": [{"text": text}]}));
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.notify("textDocument/didClose", &json!({"textDocument": {"uri": uri}}));
    }

    /// Waits for the diagnostics of a version.
    pub(crate) fn diagnostics(&mut self, uri: &str, version: i32) -> Vec<Value> {
        loop {
            let of_version = |published: &&Value| published["version"] == version;
            if let Some(found) = self.published.get(uri).and_then(|all| all.iter().rev().find(of_version)) {
                return found["diagnostics"].as_array().expect("a list").clone();
            }
            self.receive();
        }
    }

    /// Asks something about a place.
    pub(crate) fn at(&mut self, method: &str, uri: &str, position: &Value) -> Result<Value, Value> {
        self.request(method, &json!({"textDocument": {"uri": uri}, "position": position}))
    }

    /// Says goodbye, and returns the exit code and what was said on standard error.
    pub(crate) fn leave(mut self) -> (Option<i32>, String) {
        assert_eq!(self.request("shutdown", &Value::Null), Ok(Value::Null));
        self.notify("exit", &Value::Null);
        self.end()
    }

    /// Closes the pipe without a word.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        self.input = None;
        let status = self.process.wait().expect("the server ends");
        let mut talk = String::new();
        let stderr = self.process.stderr.as_mut().expect("it is piped");
        stderr.read_to_string(&mut talk).expect("it is text");
        (status.code(), talk)
    }
}

/// A client that can everything, perhaps but snippets, and counts characters.
pub(crate) fn capabilities(snippets: bool) -> Value {
    json!({
        "general": {"positionEncodings": ["utf-32"]},
        "workspace": {"workspaceEdit": {"documentChanges": true}},
        "textDocument": {
            "completion": {"completionItem": {"snippetSupport": snippets, "documentationFormat": ["markdown"]}},
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}}},
            "publishDiagnostics": {
                "relatedInformation": true, "tagSupport": {"valueSet": [1, 2]}, "versionSupport": true,
                "codeDescriptionSupport": true
            }
        }
    })
}

fn read(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            line => length = line.strip_prefix("Content-Length: ").and_then(|n| n.parse().ok()).or(length),
        }
    }
    let mut bytes = vec![0; length?];
    stdout.read_exact(&mut bytes).ok()?;
    Some(serde_json::from_slice(&bytes).expect("the server writes JSON"))
}

/// The place of a byte, in lines and characters, as the protocol counts them.
pub(crate) fn position(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let mut line = 0;
    let mut start = 0;
    for (at, c) in before.char_indices() {
        if c == '\n' || (c == '\r' && !text[at + 1..].starts_with('\n')) {
            line += 1;
            start = at + 1;
        }
    }
    json!({"line": line, "character": before[start..].chars().count()})
}

/// The byte at a place.
pub(crate) fn offset(text: &str, wanted: &Value) -> usize {
    let mut all = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    all.find(|at| position(text, *at) == *wanted).unwrap_or_else(|| panic!("{wanted} is not in {text:?}"))
}

/// A text after edits, all of them of the text as it was.
pub(crate) fn apply(text: &str, edits: &[Value]) -> String {
    let span = |edit: &Value| (offset(text, &edit["range"]["start"]), offset(text, &edit["range"]["end"]));
    let mut edits: Vec<_> = edits.iter().map(|edit| (span(edit), edit["newText"].as_str().expect("a text"))).collect();
    edits.sort_by_key(|(span, _)| *span);
    let mut edited = text.to_owned();
    for ((start, end), new) in edits.into_iter().rev() {
        edited.replace_range(start..end, new);
    }
    edited
}
